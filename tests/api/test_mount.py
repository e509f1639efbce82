"""What stands beside the pages on the same server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from madlen.api import ahead, mount
from tests.api.test_ahead import PAGE


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=mount.routes(page=PAGE))) as client:
        yield client


def test_the_first_page_is_streamlits_and_is_asked_for_each_time(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.content == PAGE.read_bytes()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_the_script_is_served_as_javascript(client: TestClient) -> None:
    answer = client.get("/ahead.js")
    assert answer.text == ahead.script(PAGE)
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/", "/ahead.js"])
def test_both_can_only_be_read(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == 200
    assert client.head(path).content == b""
    assert client.post(path).status_code == 405
