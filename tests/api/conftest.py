from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.services.wiring import Services
from tests.conftest import StartMadlen
from tests.parrot import Parrot


class Api(TestClient):
    """A client of the API, beside the Madlen that it talks to."""

    madlen: Services


OpenApi = Callable[..., Api]


@pytest.fixture
def open_api(start_madlen: StartMadlen) -> OpenApi:
    def start(parrot: Parrot | None = None, **changes: Any) -> Api:
        madlen = start_madlen(parrot, **changes)
        api = Api(Entry(create(madlen)), raise_server_exceptions=False)
        api.madlen = madlen
        return api

    return start


@pytest.fixture
def api(open_api: OpenApi) -> Api:
    return open_api()
