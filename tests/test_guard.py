import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import anyio
import pytest
import streamlit
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from madlen.guard import Guard, policy
from madlen.settings import LOOPBACK_HOSTS

HERE = "localhost:8501"
SCRIPT = "\n      window.prerenderReady = false\n    "
PAGE = f'<head><script>{SCRIPT}</script><script type="module" src="./static/js/index.js"></script></head>'
REFUSED = {"type": "websocket.close", "code": 1008, "reason": "forbidden"}


class Answering:
    """An application that says yes to everything, with the headers it is given."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["type"] == "http":
            headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"yes"})
        else:
            await send({"type": f"{scope['type']}.accept"})


class Call:
    """One request through a guard, and what came back."""

    def __init__(self, guard: Guard, kind: str = "http", path: str = "/", **request: Any) -> None:
        self.sent: list[MutableMapping[str, Any]] = []
        headers = {"host": HERE, **request.pop("headers", {})}
        scope: Scope = {
            "type": kind,
            "method": "GET",
            "path": path,
            "headers": [
                (name.encode("latin-1"), value.encode("latin-1"))
                for name, value in headers.items()
                if value is not None
            ],
            **request,
        }

        async def receive() -> Message:
            raise AssertionError("Nothing needs to be read")

        async def send(message: Message) -> None:
            self.sent.append(message)

        anyio.run(guard, scope, receive, send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> Any:
        return json.loads(self.sent[1]["body"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def scripts(self) -> str:
        """The part of the content security policy on scripts."""
        parts = self.headers["content-security-policy"].split("; ")
        (found,) = (part for part in parts if part.startswith("script-src "))
        return found


def guarding(app: Answering | None = None, **options: Any) -> Guard:
    return Guard(app or Answering(), **{"allowed_hosts": LOOPBACK_HOSTS, "page": PAGE, **options})


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8501", "[::1]", "[::1]:8501"],
)
def test_a_host_that_is_allowed_is_answered_on_any_port(host: str) -> None:
    assert Call(guarding(), headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        ":8501",
        "evil.test",
        "evil.test:8501",
        "localhost.evil.test",
        "evil.test#localhost",
        "localhost@evil.test",
        "127.0.0.1.evil.test",
        "[::2]",
        "[::1",
        "[::1].evil.test",
        "::1",
        "\xff",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_host_is_refused(host: str | None, method: str) -> None:
    app = Answering()
    call = Call(guarding(app), method=method, headers={"host": host})
    assert (call.status, app.scopes) == (403, [])


def test_a_refusal_is_a_problem_with_a_sentence() -> None:
    call = Call(guarding(), headers={"host": "evil.test"})
    assert call.headers["content-type"] == "application/problem+json"
    assert call.body == {
        "type": "urn:madlen:error:forbidden",
        "title": "Forbidden",
        "status": 403,
        "detail": "This host name is not one that Madlen answers to. Add it to ALLOWED_HOSTS, "
        'a JSON list such as ["localhost","chat.example.com"].',
    }


def test_a_refusal_does_not_repeat_what_was_asked() -> None:
    call = Call(guarding(), method="POST", headers={"origin": "http://<script>"})
    assert "<script>" not in call.body["detail"]


@pytest.mark.parametrize("host", ["chat.example.com", "CHAT.example.com:443"])
def test_a_host_can_be_added(host: str) -> None:
    assert Call(guarding(allowed_hosts=["Chat.Example.com"]), headers={"host": host}).status == 200


@pytest.mark.parametrize("host", ["anything.test", "", None])
def test_a_star_allows_any_host(host: str | None) -> None:
    assert Call(guarding(allowed_hosts=["*"]), headers={"host": host}).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.test",
        "http://localhost",
        "http://localhost:3000",
        "http://127.0.0.1:8501",
        "http://localhost:8501.evil.test",
        "http://evil.test#localhost:8501",
        "http://evil.test/localhost:8501",
        "http://localhost:8501@evil.test",
        "null",
        "",
        "localhost:8501",
        "http://[",
        "http://[x]",
    ],
)
def test_a_page_of_another_site_may_change_nothing(method: str, origin: str) -> None:
    app = Answering()
    call = Call(guarding(app), method=method, headers={"origin": origin})
    assert (call.status, app.scopes) == (403, [])


@pytest.mark.parametrize("origin", ["null", "", "file://", "http://["])
def test_a_page_of_no_site_may_change_nothing_where_every_host_is_allowed(origin: str) -> None:
    call = Call(guarding(allowed_hosts=["*"]), method="POST", headers={"origin": origin, "host": ""})
    assert call.status == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_page_of_another_site_may_look_where_cors_lets_it(method: str) -> None:
    assert Call(guarding(), method=method, headers={"origin": "http://evil.test"}).status == 200


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (HERE, f"http://{HERE}"),
        (HERE, f"https://{HERE}"),
        ("LocalHost:8501", f"http://{HERE}"),
        ("[::1]:8501", "http://[::1]:8501"),
        ("localhost", "http://localhost"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_page_of_ours_may_change_things(kind: str, host: str, origin: str) -> None:
    app = Answering()
    Call(guarding(app), kind, method="POST", headers={"host": host, "origin": origin})
    assert len(app.scopes) == 1


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_site_that_was_let_in_may_change_things(kind: str) -> None:
    app, site = Answering(), "http://localhost:5173"
    Call(guarding(app, cors_origins=[site]), kind, method="POST", headers={"origin": site})
    assert len(app.scopes) == 1


def test_a_program_needs_no_origin() -> None:
    assert Call(guarding(), method="POST").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.test"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://["},
        {"origin": "http://evil.test:8501", "host": "evil.test:8501"},
    ],
)
def test_a_websocket_is_opened_only_by_a_page_of_ours(headers: dict[str, str]) -> None:
    app = Answering()
    call = Call(guarding(app), "websocket", "/_stcore/stream", headers=headers)
    assert (call.sent, app.scopes) == ([REFUSED], [])


def test_the_lifespan_passes() -> None:
    app = Answering()
    Call(guarding(app), "lifespan")
    assert len(app.scopes) == 1


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_no_header_makes_the_guard_fail(host: str, origin: str) -> None:
    call = Call(guarding(), method="POST", headers={"host": host, "origin": origin})
    assert call.status in {200, 403}


def test_every_answer_has_the_policy() -> None:
    headers = Call(guarding(), method="POST", path="/api/chat").headers
    assert headers["content-security-policy"] == policy([SCRIPT])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_policy_that_is_there_stays() -> None:
    app = Answering(**{"Content-Security-Policy": "sandbox", "Referrer-Policy": "origin"})
    headers = Call(guarding(app)).headers
    assert headers["content-security-policy"] == "sandbox"
    assert headers["referrer-policy"] == "origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_the_answer_itself_is_left_alone() -> None:
    assert Call(guarding()).sent[1:] == [{"type": "http.response.body", "body": b"yes"}]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/"])
@pytest.mark.parametrize("root", ["", "/api"])
def test_the_documentation_may_set_itself_up(root: str, path: str) -> None:
    assert "'unsafe-inline'" in Call(guarding(), path=root + path, root_path=root).scripts


@pytest.mark.parametrize(
    "path", ["/", "/api/chat", "/x/docs", "/api/docs", "/mydocs", "/docs/more", "/x/redoc"]
)
def test_no_other_page_may_run_inline_scripts(path: str) -> None:
    scripts = Call(guarding(), path=path).scripts
    assert "'unsafe-inline'" not in scripts
    assert "'sha256-" in scripts


def test_the_hash_of_streamlits_own_script_is_the_one_that_browsers_make() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    assert "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='" in Call(guarding(page=page)).scripts


def test_the_hash_is_that_of_the_example_in_the_standard() -> None:
    # Content Security Policy Level 3, section 8.2, with the alphabet of plain base64.
    known = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    assert known in policy(["alert('Hello, world.');"])


def test_without_scripts_only_files_run() -> None:
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy(())


def test_the_policy_lets_a_page_load_from_nowhere_else() -> None:
    assert "http" not in policy([SCRIPT])
    assert "*" not in policy([SCRIPT])
    assert "default-src 'self'; " in policy([SCRIPT])
    assert policy([SCRIPT]).endswith("frame-ancestors 'none'")
