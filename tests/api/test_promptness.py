"""That small answers leave at once, though Streamlit's server makes its sockets as it does."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator

import anyio
import uvicorn
from starlette.applications import Starlette

from madlen.api import promptness


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[tuple[uvicorn.Server, socket.socket]]:
    """A server on a socket made without naming its protocol, as Streamlit makes it."""
    server = uvicorn.Server(uvicorn.Config(Starlette(), log_level="warning", lifespan="off"))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.bind(("127.0.0.1", 0))
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listening])
            try:
                yield server, listening
            finally:
                server.should_exit = True


def delays(one: socket.socket) -> bool:
    return not one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_connections_do_not_wait_to_fill_a_packet() -> None:
    async def play() -> None:
        async with serving() as (server, listening):
            assert delays(listening)
            await promptness.without_delay(server)
            assert not delays(listening)
            with socket.create_connection(listening.getsockname()):
                while not server.server_state.connections:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
                [connection] = server.server_state.connections
                assert not delays(connection.transport.get_extra_info("socket"))

    anyio.run(play)


def test_the_server_is_known_by_its_handler_of_signals() -> None:
    found: list[uvicorn.Server | None] = []

    async def play() -> None:
        async with serving() as (server, _):
            while not server.started:  # noqa: ASYNC110
                await anyio.sleep(0.01)
            found.append(promptness.server())
            assert found == [server]

    anyio.run(play)


def test_without_uvicorn_there_is_no_server() -> None:
    assert promptness.server() is None
