"""How wide a window is, as browsers say it and as Madlen takes it."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from madlen import viewport

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari"
HINT = "Sec-CH-Viewport-Width"


@pytest.fixture
def client() -> TestClient:
    async def page(_request: object) -> PlainTextResponse:
        return PlainTextResponse("page", headers={"Set-Cookie": "other=1"})

    return TestClient(Starlette(routes=[Route("/", page)], middleware=[Middleware(viewport.Viewport)]))


@pytest.mark.parametrize(
    ("cookie", "agent", "narrow"),
    [
        ("390", "", True),
        ("699", "", True),
        ("700", "", False),
        ("1280", PHONE, False),
        ("", PHONE, True),
        ("", "Mozilla/5.0 (X11; Linux x86_64)", False),
        ("wide", "", False),
        ("٣٩٠", "", False),
        ("9" * 5000, "", False),
    ],
)
def test_the_cookie_says_whether_a_window_is_narrow_and_else_the_browsers_kind(
    cookie: str, agent: str, narrow: bool
) -> None:
    assert viewport.narrow({"viewport": cookie}, {"User-Agent": agent}) is narrow


def test_a_browser_is_asked_for_the_width_and_what_it_says_is_kept(client: TestClient) -> None:
    first = client.get("/")
    assert first.headers["Accept-CH"] == HINT
    assert client.cookies.get("viewport") is None
    client.get("/", headers={HINT: "412"})
    assert client.cookies["viewport"] == "412"
    assert client.cookies["other"] == "1"


def test_the_cookie_is_set_anew_only_when_the_width_has_changed(client: TestClient) -> None:
    client.get("/", headers={HINT: "412"})
    assert "viewport" not in client.get("/", headers={HINT: "412"}).headers["set-cookie"]
    assert "viewport=900" in client.get("/", headers={HINT: "900"}).headers["set-cookie"]


@pytest.mark.parametrize("told", ["", "wide", "12; Domain=example.com", "123456"])
def test_what_is_no_width_sets_no_cookie(client: TestClient, told: str) -> None:
    assert "viewport" not in client.get("/", headers={HINT: told}).headers["set-cookie"]
