from __future__ import annotations

from typing import Any

import pytest

from madlen.errors import RateLimited
from madlen.traces import Wanted
from tests.api.conftest import Api, OpenApi
from tests.parrot import DONE, Parrot
from tests.traces.making import kept, trace
from tests.traces.test_otlp import parsed


@pytest.fixture
def traced(open_api: OpenApi) -> Api:
    """An API whose spans are kept."""
    api = open_api(Parrot(["Hello", DONE]))
    kept(api.madlen)
    return api


def asked(api: Api, model: str = "parrot/polly", **more: Any) -> dict[str, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": "canary-prompt"}], **more}
    found: dict[str, Any] = api.post("/chat/", json=body).json()
    return found


def test_an_answer_leads_to_its_trace(traced: Api) -> None:
    trace_id = asked(traced)["trace_id"]
    [listed] = traced.get("/traces/").json()
    assert (listed["trace_id"], listed["models"], listed["cost"]) == (trace_id, ["parrot/polly"], 0.0001)
    assert (listed["prompt_tokens"], listed["completion_tokens"], listed["error"]) == (3, 5, None)
    found = traced.get(f"/traces/{trace_id}").json()
    first, *_ = found["spans"]
    assert (first["name"], first["kind"], first["depth"], first["at"]) == ("POST /chat", "server", 0, 0)
    [answer] = found["answers"]
    assert answer["model"] == "parrot/polly"
    assert answer["dominant"] in answer["parts"]
    assert sum(answer["parts"].values()) == pytest.approx(answer["duration"], abs=1e-4)
    [chat] = [span for span in found["spans"] if span["name"] == "chat parrot/polly"]
    assert [event["name"] for event in chat["events"]] == ["madlen.first_chunk", "madlen.first_visible_text"]
    assert chat["attributes"]["gen_ai.usage.output_tokens"] == 5
    assert "canary" not in str(found)


def test_the_trace_of_a_session_knows_it(traced: Api) -> None:
    session = traced.post("/sessions/", json={"model_id": "parrot/polly"}).json()["id"]
    asked(traced)
    mine = asked(traced, session_id=session)["trace_id"]
    assert [one["trace_id"] for one in traced.get("/traces/", params={"session_id": session}).json()] == [
        mine
    ]
    assert traced.get(f"/traces/{mine}").json()["session_id"] == session


def test_a_failure_can_be_listed_alone(open_api: OpenApi) -> None:
    api = open_api(Parrot([RateLimited("Wait.")], ["Hello", DONE]))
    kept(api.madlen)
    asked(api)
    asked(api)
    assert len(api.get("/traces/").json()) == 2
    [failed] = api.get("/traces/", params={"failed": True}).json()
    assert failed["error"] == "rate-limited"


def test_what_lost_a_vote_can_be_listed_alone(traced: Api) -> None:
    lanes = [{"model": "parrot/polly"}, {"model": "parrot/seer"}]
    made = traced.post("/compare/", json={"lanes": lanes, "prompt": "Hello"}).json()
    asked(traced)
    assert traced.get("/traces/", params={"voted_down": True}).json() == []
    ids = [reply["message_id"] for reply in made["replies"]]
    traced.put(f"/turns/{made['turn_id']}/vote", json={"order": [[one] for one in ids]})
    [listed] = traced.get("/traces/", params={"voted_down": True}).json()
    assert (listed["trace_id"], listed["models"]) == (made["trace_id"], ["parrot/polly", "parrot/seer"])


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({"model": "parrot/polly"}, 2),
        ({"model": "parrot/seer"}, 1),
        ({"slower_than": 1000}, 0),
        ({"dearer_than": 0}, 3),
        ({"dearer_than": 1}, 0),
        ({"since": "2026-01-01"}, 3),
        ({"since": "2999-01-01T00:00:00"}, 0),
        ({"until": "2026-01-01T00:00:00+02:00"}, 0),
        ({"limit": 2}, 2),
        ({"limit": 2, "offset": 2}, 1),
    ],
)
def test_filters_and_pages_narrow_the_list(traced: Api, wanted: dict[str, Any], number: int) -> None:
    for model in ("parrot/polly", "parrot/seer", "parrot/polly"):
        asked(traced, model)
    assert len(traced.get("/traces/", params=wanted).json()) == number


def test_requests_that_asked_no_model_are_listed_where_they_are_asked_for(traced: Api) -> None:
    traced.get("/models/")
    assert traced.get("/traces/").json() == []
    names = [one["name"] for one in traced.get("/traces/", params={"everything": True}).json()]
    assert "GET /models" in names


def test_a_trace_comes_as_otlp(traced: Api) -> None:
    trace_id = asked(traced)["trace_id"]
    response = traced.get(f"/traces/{trace_id}", params={"format": "otlp"})
    found = parsed(response.text)
    spans = [
        one for resource in found.resource_spans for scope in resource.scope_spans for one in scope.spans
    ]
    assert {one.trace_id.hex() for one in spans} == {trace_id}
    assert {"POST /chat", "chat parrot/polly"} <= {one.name for one in spans}


@pytest.mark.parametrize(("trace_id", "said"), [(trace(9), "not here"), ("nonsense", "no id of a trace")])
def test_a_trace_that_is_not_there_is_not_found(traced: Api, trace_id: str, said: str) -> None:
    asked(traced)
    answer = traced.get(f"/traces/{trace_id}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"slower_than": -1}, {"since": "yesterday"}, {"offset": -1}])
def test_a_filter_that_makes_no_sense_is_refused(traced: Api, wrong: dict[str, Any]) -> None:
    assert traced.get("/traces/", params=wrong).status_code == 422


def test_where_none_are_kept_the_list_is_empty_and_a_trace_says_why(open_api: OpenApi) -> None:
    api = open_api(traces_kept=0)
    trace_id = asked(api)["trace_id"]
    assert api.get("/traces/").json() == []
    assert "TRACES_KEPT is 0" in api.get(f"/traces/{trace_id}").json()["detail"]


def test_numbers_without_end_are_json_too(traced: Api) -> None:
    with traced.madlen.tracing.span("odd", up=float("inf"), none=float("nan"), list=[1.0, 2.0]):
        pass
    [listed] = traced.madlen.traces.listed(Wanted(everything=True))
    [span] = traced.get(f"/traces/{listed.trace_id}").json()["spans"]
    assert span["attributes"] == {"up": "inf", "none": "nan", "list": [1.0, 2.0]}
