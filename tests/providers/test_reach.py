from __future__ import annotations

import socket
from collections.abc import Iterator

import anyio
import pytest

from madlen.providers import reach


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def listens(address: str) -> bool:
    return anyio.run(reach.listens, address)


def test_somebody_who_listens_is_there(listening: int) -> None:
    assert listens(f"http://127.0.0.1:{listening}")


def test_a_path_and_the_name_of_the_machine_change_nothing(listening: int) -> None:
    assert listens(f"http://localhost:{listening}/v1/traces")


def test_a_port_where_nobody_listens_is_not_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert not listens(f"http://127.0.0.1:{closed.getsockname()[1]}")


def test_what_names_no_machine_is_not_there() -> None:
    assert not listens("localhost")


def test_somebody_who_says_nothing_is_given_up_in_time() -> None:
    async def main() -> bool:
        return await reach.listens("http://127.0.0.1:9", seconds=0)

    assert not anyio.run(main)
