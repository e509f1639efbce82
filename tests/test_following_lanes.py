"""Several answers followed at once, made here, made elsewhere, or long done."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from madlen.errors import Interrupted, NotFound, UpstreamError
from madlen.services.wiring import Services
from madlen.transcript import Update
from madlen.types import Lane, Reply, Request, Status
from tests.asking import ask, ended, stored_text, told
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.test_replicas import eventually

LANES = [Lane("parrot/polly", name, system=name) for name in "ABC"]


class Choir(Parrot):
    """A parrot that says to each lane what is its, whoever asks first; lanes are told their names."""

    def __init__(self, **songs: list[object]) -> None:
        super().__init__()
        self._songs = songs

    def _script(self, request: Request) -> list[object]:
        return self._songs[request.messages[0].text]


class Watched:
    """Everything that a follower of several replies in a thread of its own is told."""

    def __init__(self, madlen: Services, reply_ids: list[str]) -> None:
        self.seen: list[dict[str, Update]] = []
        self.error: Exception | None = None
        self._following = madlen.hub.follow_all(reply_ids, every=0)
        self.thread = threading.Thread(target=self._follow)
        self.thread.start()

    def _follow(self) -> None:
        try:
            self.seen.extend(self._following)
        except (Interrupted, NotFound) as error:
            self.error = error

    def of(self, reply_id: str) -> list[Update]:
        return [updates[reply_id] for updates in tuple(self.seen) if reply_id in updates]

    def text(self, reply_id: str) -> str:
        return told(self.of(reply_id))

    def over(self, reply_id: str) -> bool:
        return any(update.ended for update in self.of(reply_id))


def test_the_end_of_a_lane_is_told_at_once_however_seldom_words_are(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Choir(A=["quick ", gate, "and done", DONE]))
    [asked] = madlen.chat.ask("Sing", LANES[:1]).generations
    following = madlen.hub.follow_all([asked.id], every=3600)
    assert gate.reached.wait(10)
    assert next(following)[asked.id].text == "quick "
    gate.open()
    *_, last = following
    assert (last[asked.id].text, last[asked.id].ended) == ("and done", madlen.store.reply(asked.id))


def test_each_lane_is_told_at_its_own_pace_and_left_out_when_it_ended(start_madlen: StartMadlen) -> None:
    gates = [Gate(), Gate()]
    choir = Choir(
        A=["quick", DONE], B=["slow ", gates[0], "but sure", DONE], C=["long ", gates[1], "last", DONE]
    )
    madlen = start_madlen(choir)
    a, b, c = (one.id for one in madlen.chat.ask("Sing", LANES).generations)
    watched = Watched(madlen, [a, b, c])
    assert eventually(lambda: watched.over(a) and watched.text(b) == "slow " and watched.text(c) == "long ")
    gates[1].open()
    assert eventually(lambda: watched.over(c))
    assert not watched.over(b)
    gates[0].open()
    watched.thread.join(10)
    assert [watched.text(one) for one in (a, b, c)] == ["quick", "slow but sure", "long last"]
    for one in (a, b, c):
        *before, last = watched.of(one)
        assert last.ended == madlen.store.reply(one)
        assert not any(update.ended for update in before)
    assert watched.seen[-1].keys() == {b}


def test_a_lane_that_fails_does_not_end_the_others(start_madlen: StartMadlen) -> None:
    gate = Gate()
    choir = Choir(A=["half", UpstreamError("Down.")], B=["one ", gate, "two", DONE], C=["three", DONE])
    madlen = start_madlen(choir)
    a, b, c = (one.id for one in madlen.chat.ask("Sing", LANES).generations)
    watched = Watched(madlen, [a, b, c])
    assert eventually(lambda: watched.over(a) and watched.over(c))
    gate.open()
    watched.thread.join(10)
    failed = watched.of(a)[-1].ended
    assert failed is not None
    assert (failed.status, failed.text, watched.text(b)) == (Status.FAILED, "half", "one two")


def test_a_reply_that_ended_before_is_told_whole_beside_one_in_flight(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["done before", DONE], ["now ", gate, "too", DONE]))
    old = ended(ask(madlen))
    new = ask(madlen)
    watched = Watched(madlen, [old.id, new.id, new.id])
    assert eventually(lambda: watched.text(new.id) == "now ")
    assert [update.ended for update in watched.of(old.id)] == [old]
    gate.open()
    watched.thread.join(10)
    assert (watched.text(old.id), watched.text(new.id)) == ("done before", "now too")


def test_nothing_to_follow_is_the_end(start_madlen: StartMadlen) -> None:
    assert list(start_madlen().hub.follow_all([], every=0)) == []


def test_an_unknown_reply_is_not_found(start_madlen: StartMadlen) -> None:
    with pytest.raises(NotFound):
        list(start_madlen().hub.follow_all(["nothing"], every=0))


def test_silent_lanes_still_give_a_sign_of_life(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot([Gate(), DONE]))
    generation = ask(madlen)
    following = madlen.hub.follow_all([generation.id], every=0)
    assert [next(following) for _ in range(3)] == [{generation.id: Update()}] * 3


class TestBesideAnother:
    """With a second Madlen on the same database."""

    @pytest.fixture
    def address(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/shared.db"

    def test_a_reply_of_another_process_is_followed_beside_our_own(
        self, start_madlen: StartMadlen, address: str
    ) -> None:
        gates = [Gate(), Gate()]
        maker = start_madlen(Parrot(["their ", gates[0], "words", DONE]), database_url=address)
        watcher = start_madlen(Parrot(["our ", gates[1], "words", DONE]), database_url=address)
        theirs, ours = ask(maker).id, ask(watcher).id
        watched = Watched(watcher, [theirs, ours])
        assert eventually(lambda: watched.text(theirs) == "their " and watched.text(ours) == "our ")
        gates[0].open()
        assert eventually(lambda: watched.over(theirs))
        assert not watched.over(ours)
        gates[1].open()
        watched.thread.join(10)
        assert (watched.text(theirs), watched.text(ours)) == ("their words", "our words")
        assert watched.of(theirs)[-1].ended == maker.store.reply(theirs)

    def test_the_database_is_not_read_whenever_somebody_asks_for_news(
        self, start_madlen: StartMadlen, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = Gate()
        maker = start_madlen(Parrot(["their ", gate, "words", DONE]), database_url=address)
        watcher = start_madlen(database_url=address)
        theirs = ask(maker).id
        assert stored_text(maker, theirs, "their ") == "their "
        reads: list[str] = []
        read = watcher.store.reply

        def counted(reply_id: str) -> Reply:
            reads.append(reply_id)
            return read(reply_id)

        monkeypatch.setattr(watcher.store, "reply", counted)
        with watcher.hub._replicas.tail(theirs, lambda: None) as tail:
            assert tail().text == "their "
            assert [tail() for _ in range(100)] == [Update()] * 100
        assert len(reads) <= 2
        gate.open()

    def test_a_process_that_ends_lets_go_who_follows(self, start_madlen: StartMadlen, address: str) -> None:
        gate = Gate()
        maker = start_madlen(Parrot(["their ", gate, DONE]), database_url=address)
        watcher = start_madlen(database_url=address)
        theirs = ask(maker).id
        watched = Watched(watcher, [theirs])
        assert eventually(lambda: watched.text(theirs) == "their ")
        watcher.hub.interrupt()
        watched.thread.join(10)
        assert isinstance(watched.error, Interrupted)
        gate.open()
