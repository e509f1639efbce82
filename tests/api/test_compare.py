from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import pytest

from madlen.errors import RateLimited, UpstreamError
from tests.api.conftest import Api, OpenApi
from tests.api.test_chat import data_url, events
from tests.api.test_hanging_up import served
from tests.asking import stored_text
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.test_following_lanes import Choir

LANES: list[dict[str, Any]] = [
    {"model": "parrot/polly", "label": "calm", "temperature": 0.1},
    {"model": "parrot/seer", "system": "Be brief.", "max_tokens": 9},
]
HELLO: dict[str, Any] = {"lanes": LANES, "prompt": "Hello there"}


def choir_lanes(names: str) -> list[dict[str, Any]]:
    return [{"model": "parrot/polly", "label": name, "system": name} for name in names]


def test_every_lane_answers_the_prompt(api: Api) -> None:
    answer = api.post("/compare/", json=HELLO).json()
    assert answer.keys() == {"session_id", "turn_id", "trace_id", "replies"}
    assert len(answer["trace_id"]) == 32
    first, second = answer["replies"]
    assert first.keys() == {
        "message_id",
        "lane",
        "model",
        "provider",
        "status",
        "content",
        "usage",
        "timing",
        "error",
    }
    assert [(one["lane"], one["model"], one["status"], one["content"]) for one in (first, second)] == [
        ("calm", "parrot/polly-real", "complete", "Hello there"),
        ("A", "parrot/seer-real", "complete", "Hello there"),
    ]
    assert first["usage"] == {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8, "cost": 0.0001}
    assert first["timing"]["time_to_first_token"] <= first["timing"]["duration"]
    assert first["error"] is None


def test_each_lane_is_asked_in_its_own_way(open_api: OpenApi) -> None:
    parrot = Parrot()
    api = open_api(parrot)
    api.post("/compare/", json=HELLO)
    first, second = sorted(parrot.requests, key=lambda request: request.model_id)
    assert (first.parameters.temperature, first.parameters.max_tokens) == (0.1, None)
    assert (second.parameters.temperature, second.parameters.max_tokens) == (None, 9)
    assert [message.text for message in second.messages] == ["Be brief.", "Hello there"]


def test_a_comparison_is_kept_with_the_names_of_its_lanes(api: Api) -> None:
    answer = api.post("/compare/", json=HELLO).json()
    session = api.get(f"/sessions/{answer['session_id']}").json()
    prompt, *replies = session["messages"]
    assert (prompt["id"], prompt["content"], session["title"]) == (
        answer["turn_id"],
        "Hello there",
        "Hello there",
    )
    assert [one["extra_metadata"]["lane"] for one in replies] == ["calm", "A"]
    assert [one["id"] for one in replies] == [one["message_id"] for one in answer["replies"]]


def test_a_comparison_goes_on_in_its_session_each_lane_with_its_own_words(open_api: OpenApi) -> None:
    choir = Choir(X=["from x", DONE], Y=["from y", DONE])
    api = open_api(choir)
    first = api.post("/compare/", json={"lanes": choir_lanes("XY"), "prompt": "One?"}).json()
    wanted = {"lanes": choir_lanes("XY"), "prompt": "Two?", "session_id": first["session_id"]}
    second = api.post("/compare/", json=wanted).json()
    assert second["session_id"] == first["session_id"]
    heard = sorted([message.text for message in request.messages] for request in choir.requests[2:])
    assert heard == [["X", "One?", "from x", "Two?"], ["Y", "One?", "from y", "Two?"]]


def test_the_failure_of_one_lane_is_its_own(open_api: OpenApi) -> None:
    api = open_api(
        Choir(X=["Half", UpstreamError("Down.")], Y=["Whole", DONE], Z=[RateLimited("Slow down.")])
    )
    response = api.post("/compare/", json={"lanes": choir_lanes("XYZ"), "prompt": "Hi"})
    assert response.status_code == 200
    half, whole, none = response.json()["replies"]
    assert (half["status"], half["content"], half["error"]["detail"]) == ("failed", "Half", "Down.")
    assert (whole["status"], whole["error"]) == ("complete", None)
    assert none["error"]["type"] == "urn:madlen:error:rate-limited"


def test_a_model_that_is_gone_fails_in_its_lane(api: Api) -> None:
    lanes = [{"model": "parrot/polly"}, {"model": "parrot/dodo"}]
    there, gone = api.post("/compare/", json={**HELLO, "lanes": lanes}).json()["replies"]
    assert there["status"] == "complete"
    assert (gone["status"], gone["error"]["type"]) == ("failed", "urn:madlen:error:model-gone")


def test_lanes_see_the_images(open_api: OpenApi) -> None:
    parrot = Parrot()
    api = open_api(parrot)
    lanes = [{"model": "parrot/seer"}, {"model": "parrot/seer", "temperature": 1}]
    api.post("/compare/", json={"lanes": lanes, "prompt": "What is it?", "images": [data_url()]})
    assert [len(request.messages[-1].pictures) for request in parrot.requests] == [1, 1]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"lanes": LANES[:1]}, 422),
        ({"lanes": [{"model": "parrot/polly"}] * 13}, 422),
        ({"lanes": [{"model": "parrot/polly", "label": "twice"}] * 2}, 422),
        ({"prompt": "  "}, 422),
        ({"images": ["file:///secret"]}, 422),
        ({"session_id": "nothing"}, 404),
        ({"lanes": [{"model": "parrot/dodo"}] * 2}, 404),
    ],
)
def test_what_cannot_be_compared_is_a_problem_and_keeps_nothing(
    api: Api, change: dict[str, Any], status: int
) -> None:
    response = api.post("/compare/", json={**HELLO, **change})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"]
    assert api.get("/sessions/").json() == []


def test_twelve_lanes_of_one_model_are_told_apart_by_letters(api: Api) -> None:
    lanes = [{"model": "parrot/polly", "seed": number} for number in range(12)]
    replies = api.post("/compare/", json={**HELLO, "lanes": lanes}).json()["replies"]
    assert "".join(reply["lane"] for reply in replies) == "ABCDEFGHIJKL"
    assert {reply["status"] for reply in replies} == {"complete"}


def test_a_stream_tells_what_each_lane_says_and_how_it_ended(open_api: OpenApi) -> None:
    api = open_api(Choir(X=["Hel", "lo", DONE], Y=["Bro", UpstreamError("Down.")]))
    wanted = {"lanes": choir_lanes("XY"), "prompt": "Hi", "stream": True}
    response = api.post("/compare/", json=wanted)
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response.text)
    said = {
        lane: "".join(data["text"] for name, data in found if name == "delta" and data["lane"] == lane)
        for lane in "XY"
    }
    assert said == {"X": "Hello", "Y": "Bro"}
    replies = {data["lane"]: data for name, data in found if name == "reply"}
    assert (replies["X"]["status"], replies["X"]["content"]) == ("complete", "Hello")
    assert (replies["Y"]["status"], replies["Y"]["error"]["detail"]) == ("failed", "Down.")
    name, done = found[-1]
    assert (name, done.keys()) == ("done", {"session_id", "turn_id", "trace_id"})
    kept = api.get(f"/sessions/{done['session_id']}").json()["messages"]
    assert {one["content"] for one in kept} == {"Hi", "Hello", "Bro"}


def streamed(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Name and data of each event, as it comes."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def test_no_lane_of_a_stream_waits_for_another(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Choir(X=["slow ", gate, "one", DONE], Y=["quick", DONE]))
    wanted = {"lanes": choir_lanes("XY"), "prompt": "Hi", "stream": True}
    ends = []
    with (
        served(madlen) as url,
        httpx2.stream("POST", f"{url}/compare/", json=wanted, timeout=10) as response,
    ):
        for name, data in streamed(response.iter_lines()):
            if name == "reply":
                ends.append((data["lane"], data["content"]))
                gate.open()
    assert ends == [("Y", "quick"), ("X", "slow one")]


def test_a_comparison_runs_on_when_its_caller_hangs_up(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Choir(X=["slow ", gate, "one", DONE], Y=["quick", DONE]))
    wanted = {"lanes": choir_lanes("XY"), "prompt": "Hi", "stream": True}
    with served(madlen) as url:
        with httpx2.stream("POST", f"{url}/compare/", json=wanted, timeout=10) as response:
            next(streamed(response.iter_lines()))
        gate.open()
        [session] = madlen.store.sessions()
        slow, quick = madlen.store.turns(session.id)[0].replies
        assert stored_text(madlen, slow.id, "slow one") == "slow one"
        assert stored_text(madlen, quick.id, "quick") == "quick"
