from __future__ import annotations

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from madlen.errors import StoreUnavailable, UpstreamError
from tests.api.conftest import Api, OpenApi
from tests.parrot import Parrot
from tests.waiting import step_done


def test_the_root_says_what_runs(api: Api) -> None:
    assert api.get("/").json() == {
        "message": "Madlen AI Chat Backend",
        "version": "1.0.0",
        "status": "running",
    }


def test_the_root_speaks_the_names_of_the_settings(open_api: OpenApi) -> None:
    api = open_api(app_name="Ours", app_version="2.1.0")
    assert api.get("/").json() == {"message": "Ours Backend", "version": "2.1.0", "status": "running"}


def test_a_healthy_madlen_says_so(api: Api) -> None:
    assert api.get("/health").json() == {
        "status": "healthy",
        "service": "Madlen AI Chat",
        "version": "1.0.0",
        "tracing_enabled": True,
    }


def test_a_store_that_cannot_be_written_is_unhealthy_with_a_reason(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(api.madlen.store, "check", full)
    answer = api.get("/health")
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["reason"]) == ("unhealthy", "The disk is full.")


@pytest.mark.parametrize("path", ["/health", "/models", "/sessions", "/docs", "/redoc", "/v1/models"])
def test_every_path_answers_with_and_without_its_slash_and_never_redirects(api: Api, path: str) -> None:
    for variant in (path, f"{path}/"):
        assert api.get(variant, follow_redirects=False).status_code == 200


def test_the_free_models_are_listed_and_the_camera_marks_those_that_see(api: Api) -> None:
    models = api.get("/models/").json()
    assert [model["name"] for model in models] == ["Polly", "📷 Seer"]
    assert models[0] == {
        "id": "parrot/polly",
        "name": "Polly",
        "description": "",
        "context_length": 1000,
        "max_completion_tokens": None,
        "supports_vision": False,
        "pricing": {"prompt": "0", "completion": "0"},
        "price_varies": False,
        "free": True,
        "counts_against_quota": False,
        "provider": "parrot",
        "supported_parameters": [],
        "created": None,
    }


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("free=false", ["parrot/polly", "parrot/seer", "parrot/dear"]),
        ("vision=true", ["parrot/seer"]),
        ("q=POLL", ["parrot/polly"]),
        ("q=nothing", []),
    ],
)
def test_models_are_narrowed(api: Api, query: str, ids: list[str]) -> None:
    assert [model["id"] for model in api.get(f"/models/?{query}").json()] == ids


def test_prices_are_plain_decimals(api: Api) -> None:
    [dear] = api.get("/models/?free=false&q=dear").json()
    assert dear["pricing"] == {"prompt": "0.000001", "completion": "0.000002"}


def test_no_model_at_all_is_the_providers_failure(open_api: OpenApi) -> None:
    parrot = Parrot()
    parrot.listing_error = UpstreamError("The cage is closed.")
    answer = open_api(parrot).get("/models/")
    assert (answer.status_code, answer.json()["detail"]) == (502, "The cage is closed.")


def test_openai_clients_see_every_model(api: Api) -> None:
    listed = api.get("/v1/models").json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["parrot/polly", "parrot/seer", "parrot/dear"]


def test_an_unknown_path_is_a_problem(api: Api) -> None:
    answer = api.get("/nothing")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:madlen:error:not-found")


def test_a_wrong_method_is_a_problem(api: Api) -> None:
    answer = api.put("/sessions/")
    assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")


def test_a_defect_is_a_problem_without_its_message(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(api.madlen.store, "check", broken)
    answer = api.get("/health")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:madlen:error:internal")
    assert "secret" not in answer.text


def test_a_body_that_is_too_large_is_refused(open_api: OpenApi) -> None:
    api = open_api()
    body = b'{"model":"' + b"x" * 64_000_001 + b'"}'
    answer = api.post("/chat/", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:madlen:error:too-large")


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "null"])
def test_a_body_that_is_no_request_is_refused(api: Api, body: str) -> None:
    answer = api.post("/chat/", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_body_nested_without_end_is_refused(api: Api) -> None:
    answer = api.post("/chat/", content='{"a":' * 5000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


def test_a_body_that_does_not_say_its_size_is_cut_off(api: Api) -> None:
    pieces = (b"x" * 1_000_000 for _ in range(65))
    answer = api.post("/chat/", content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_what_somebody_searches_for_is_in_no_span(api: Api, spans: InMemorySpanExporter) -> None:
    api.get("/sessions/?q=canary")
    assert "canary" not in "".join(str(dict(span.attributes or {})) for span in spans.get_finished_spans())


def test_a_form_of_another_site_cannot_pass_as_json(api: Api) -> None:
    answer = api.post(
        "/sessions/", content='{"model_id":"parrot/polly"}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 422
    assert api.madlen.store.sessions() == []


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_loads_nothing_from_elsewhere(api: Api, path: str) -> None:
    page = api.get(path).text
    assert "https://" not in page
    assert "/static-offline-docs/" in page


def test_the_documentation_has_its_scripts(api: Api) -> None:
    assert api.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
    assert api.get("/static-offline-docs/redoc.standalone.js").status_code == 200


def test_browsers_of_other_sites_are_told_nothing_unless_they_are_let_in(open_api: OpenApi) -> None:
    asking = {"Origin": "http://localhost:5173"}
    assert "access-control-allow-origin" not in open_api().get("/health", headers=asking).headers
    let_in = open_api(cors_origins='["http://localhost:5173"]')
    assert let_in.get("/health", headers=asking).headers["access-control-allow-origin"] == asking["Origin"]


def test_a_request_is_a_span_in_the_trace_of_its_caller(
    open_api: OpenApi, spans: InMemorySpanExporter
) -> None:
    caller = "0af7651916cd43dd8448eb211c80319c"
    api = open_api(Parrot())
    answer = api.post(
        "/chat/",
        json={"model": "parrot/polly", "messages": [{"role": "user", "content": "Hi"}]},
        headers={"traceparent": f"00-{caller}-b7ad6b7169203331-01"},
    )
    step_done(api.madlen)
    assert answer.json()["trace_id"] == caller
    finished = {span.name: span for span in spans.get_finished_spans()}
    server, chat = finished["POST /chat"], finished["chat parrot/polly"]
    assert server.kind is SpanKind.SERVER
    assert chat.parent is not None
    assert server.context is not None
    assert chat.parent.span_id == server.context.span_id


def test_a_body_that_is_too_large_is_refused_in_openais_shape_under_its_paths(api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "64000001"}
    answer = api.post("/v1/chat/completions", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "too-large")
