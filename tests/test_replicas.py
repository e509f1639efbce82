"""Two Madlens on one database: what one makes, the other shows and stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from madlen import replicas
from madlen.errors import Interrupted, NotFound, StoreUnavailable
from madlen.services.wiring import Services
from madlen.transcript import Update
from madlen.types import Picture, Reply, Status, Turn
from tests import postgres
from tests.asking import POLLY, ask, ended, stored_text, told
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.postgres import Postgres

LONG = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres.running() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The ``DATABASE_URL`` of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/chat.db"
    else:
        running: Postgres = request.getfixturevalue("server")
        with running.database() as name:
            yield running.url(name)


@pytest.fixture
def start(address: str, start_madlen: StartMadlen) -> Callable[..., Services]:
    return lambda parrot=None: start_madlen(parrot, database_url=address)


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Followers look for themselves too seldom for a test: only being told helps them."""
    monkeypatch.setattr(replicas, "POLL_SECONDS", LONG)


def eventually(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def collected(madlen: Services, reply_id: str) -> tuple[threading.Thread, list[Update]]:
    """Everything that a follower in a thread of its own is told."""
    seen: list[Update] = []

    thread = threading.Thread(target=lambda: seen.extend(madlen.hub.follow(reply_id, every=0)))
    thread.start()
    return thread, seen


def test_an_answer_is_followed_at_the_other_from_its_first_word_to_its_last(
    start: Callable[..., Services], seldom: None
) -> None:
    gates = [Gate(), Gate()]
    maker = start(Parrot(["Hello ", gates[0], "there, ", gates[1], "you", DONE]))
    watcher = start()
    reply_id = ask(maker).id
    thread, seen = collected(watcher, reply_id)
    assert eventually(lambda: told(seen) == "Hello ")
    gates[0].open()
    assert eventually(lambda: told(seen) == "Hello there, ")
    gates[1].open()
    thread.join(10)
    assert told(seen) == "Hello there, you"
    assert seen[-1].ended == maker.store.reply(reply_id)


def test_a_handler_follows_an_answer_of_the_other(start: Callable[..., Services], seldom: None) -> None:
    gate = Gate()
    maker, watcher = start(Parrot(["Hello ", gate, "there", DONE])), start()
    reply_id = ask(maker).id

    async def follow() -> str:
        seen = []
        async with aclosing(watcher.hub.afollow(reply_id)) as updates:
            async for update in updates:
                seen.append(update)
                if told(seen) == "Hello ":
                    gate.open()
        return told(seen)

    with start_blocking_portal() as portal:
        assert portal.call(follow) == "Hello there"


def test_stop_at_the_other_ends_the_answer_where_it_is_made_and_keeps_the_text(
    start: Callable[..., Services], seldom: None
) -> None:
    gate, parrot = Gate(), Parrot()
    parrot.scripts = [["Hello ", gate, "there", DONE]]
    maker, other = start(parrot), start()
    generation = ask(maker)
    assert stored_text(maker, generation.id, "Hello ") == "Hello "
    other.chat.stop(generation.id)
    reply = ended(generation)
    assert (reply.text, reply.status, reply.failure) == ("Hello ", Status.STOPPED, None)
    assert other.store.reply(reply.id) == reply
    assert parrot.closed_streams == 1


def test_a_handler_that_stops_gets_the_reply_as_it_ended(start: Callable[..., Services]) -> None:
    maker, other = start(Parrot(["Hello ", Gate(), "there", DONE])), start()
    generation = ask(maker)
    assert stored_text(maker, generation.id, "Hello ") == "Hello "
    with start_blocking_portal() as portal:
        reply = portal.call(other.hub.astop, generation.id)
        assert reply == portal.call(maker.hub.astop, generation.id)
        with pytest.raises(NotFound):
            portal.call(other.hub.astop, "nothing")
    assert (reply.status, reply.text) == (Status.STOPPED, "Hello ")


def test_a_handler_stops_an_answer_of_its_own_process(start: Callable[..., Services]) -> None:
    madlen = start(Parrot([Gate(), DONE]))
    with start_blocking_portal() as portal:
        assert portal.call(madlen.hub.astop, ask(madlen).id).status is Status.STOPPED


def test_stopping_an_answer_that_ended_leaves_it_as_it_is(start: Callable[..., Services]) -> None:
    maker, other = start(Parrot(["Hello", DONE])), start()
    reply = ended(ask(maker))
    other.chat.stop(reply.id)
    assert other.store.reply(reply.id) == reply


def test_deleting_a_chat_at_the_other_ends_its_answers(start: Callable[..., Services]) -> None:
    maker, other = start(Parrot(["Hello ", Gate(), "there", DONE])), start()
    generation = ask(maker)
    assert stored_text(maker, generation.id, "Hello ") == "Hello "
    other.chat.delete_session(generation.head.session_id)
    assert ended(generation).status is Status.STOPPED
    assert other.store.sessions() == []


@pytest.mark.usefixtures("seldom")
def test_a_follower_whose_loop_has_closed_keeps_no_news_from_the_others(
    start: Callable[..., Services],
) -> None:
    gate = Gate()
    maker, watcher = start(Parrot(["Hello ", gate, "there", DONE])), start()
    reply_id = ask(maker).id

    def closed() -> None:
        raise RuntimeError("Event loop is closed")

    with watcher.hub._replicas._waking(reply_id, closed):
        thread, seen = collected(watcher, reply_id)
        assert eventually(lambda: told(seen) == "Hello ")
        gate.open()
        thread.join(10)
    assert told(seen) == "Hello there"


def test_a_process_that_ends_lets_go_who_follows_another_s_answer(start: Callable[..., Services]) -> None:
    gate = Gate()
    maker, watcher = start(Parrot(["Hello ", gate, DONE])), start()
    reply_id = ask(maker).id
    following = watcher.hub.follow(reply_id, every=0)
    next(following)
    watcher.hub.interrupt()
    with pytest.raises(Interrupted, match="shutting down"):
        list(following)

    async def follow() -> list[Reply | None]:
        return [update.ended async for update in watcher.hub.afollow(reply_id)]

    with start_blocking_portal() as portal:
        assert portal.call(follow) == [None]
    gate.open()


def test_nothing_is_listened_to_while_nothing_is_in_flight(start: Callable[..., Services]) -> None:
    gate = Gate()
    madlen = start(Parrot(["Hello ", gate, DONE]))
    assert not madlen.hub._replicas._hearing
    generation = ask(madlen)
    assert eventually(lambda: madlen.hub._replicas._hearing)
    gate.open()
    ended(generation)
    assert eventually(lambda: not madlen.hub._replicas._hearing)


def test_a_chat_is_one_and_the_same_at_both(start: Callable[..., Services]) -> None:
    one, other = start(), start()
    picture = Picture(sha256="ab" * 32, media_type="image/png", content=b"\x89PNG")
    first = one.chat.ask("Is it seven or 7\0?", [POLLY])
    ended(first.generations[0])
    ended(other.chat.ask("And then?", [POLLY], session_id=first.session_id).generations[0])
    ended(other.chat.regenerate(first.session_id, first.turn.id, POLLY).generations[0])
    one.store.begin(
        Turn("t3", first.session_id, "Look", first.turn.created_at, (picture,)), [], model_id="parrot/seer"
    )
    assert one.store.turns(first.session_id) == other.store.turns(first.session_id)
    assert [len(turn.replies) for turn in one.store.turns(first.session_id)] == [2, 1, 0]
    assert one.store.turns(first.session_id)[2].pictures == (picture,)
    assert [session.id for session in other.store.sessions(words="seve 7")] == []
    assert [session.id for session in other.store.sessions(words="seven 7")] == [first.session_id]
    one.chat.delete_session(first.session_id)
    assert other.store.sessions() == []


class TestOnPostgres:
    """What only a server that can go away does to two Madlens on it."""

    @pytest.fixture
    def address(self, server: Postgres) -> Iterator[str]:
        with server.database() as name:
            yield server.url(name)

    @pytest.mark.usefixtures("seldom")
    def test_a_cut_line_of_news_is_made_anew(self, start: Callable[..., Services], server: Postgres) -> None:
        gate = Gate()
        maker, watcher = start(Parrot(["Hello ", gate, "there", DONE])), start()
        reply_id = ask(maker).id
        thread, seen = collected(watcher, reply_id)
        assert eventually(lambda: told(seen) == "Hello ")
        assert server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
        )
        gate.open()
        thread.join(10)
        assert told(seen) == "Hello there"

    def test_nobody_keeps_a_line_open_for_nothing(
        self, start: Callable[..., Services], server: Postgres
    ) -> None:
        ended(ask(start(Parrot(["Hello", DONE]))))
        assert eventually(
            lambda: not server.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")
        )


def test_an_answer_outlives_a_server_that_goes_away_and_comes_back(start_madlen: StartMadlen) -> None:
    gates = [Gate(), Gate()]
    with postgres.running(durable=True) as server:
        address = server.url()
        maker = start_madlen(
            Parrot(["Hello ", gates[0], "there, ", gates[1], "you", DONE]), database_url=address
        )
        watcher = start_madlen(database_url=address)
        generation = ask(maker)
        assert stored_text(maker, generation.id, "Hello ") == "Hello "
        thread, seen = collected(watcher, generation.id)
        assert eventually(lambda: told(seen) == "Hello ")
        server.stop()
        gates[0].open()
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            watcher.store.check()
        assert eventually(lambda: "cannot be reached" in seen[-1].note)
        server.start()
        gates[1].open()
        reply = ended(generation)
        thread.join(20)
        assert told(seen) == reply.text == "Hello there, you"
        assert eventually(lambda: maker.store.reply(generation.id).status is Status.COMPLETE)
        ended(ask(watcher, "Once more"))
        maker.close()
        watcher.close()


def test_the_end_of_an_answer_is_stored_once_the_server_is_back(start_madlen: StartMadlen) -> None:
    gate = Gate()
    with postgres.running(durable=True) as server:
        madlen = start_madlen(Parrot(["Hello ", gate, "there", DONE]), database_url=server.url())
        generation = ask(madlen)
        assert stored_text(madlen, generation.id, "Hello ") == "Hello "
        server.stop()
        gate.open()
        reply = ended(generation)
        assert reply.text == "Hello there"
        assert reply.failure is not None
        assert "cannot be reached" in reply.failure.sentence
        server.start()
        assert eventually(lambda: madlen.store.reply(reply.id).status is Status.COMPLETE)
        assert madlen.store.reply(reply.id).text == "Hello there"
        madlen.close()
