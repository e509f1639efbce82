"""Sessions are exported, taken from files and asked once more."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from madlen.errors import NotFound
from madlen.files.kinds import KINDS, Kind, file_name
from madlen.origins import Origin
from madlen.services.wiring import Services
from madlen.types import Lane, Parameters, Session, Status
from madlen.votes import Vote, best
from tests.conftest import StartMadlen
from tests.files.archiving import NOW

DATA = Path(__file__).parent / "data"
LANES = [
    Lane("parrot/polly", "A", Parameters(temperature=0.1), "Be brief."),
    Lane("parrot/seer", "B", Parameters(seed=7)),
]


def asked(madlen: Services, *prompts: str, lanes: list[Lane] | None = None) -> Session:
    """A session with prompts that all lanes have answered."""
    session_id = ""
    for prompt in prompts:
        made = madlen.chat.ask(prompt, lanes or LANES, session_id=session_id)
        session_id = made.session_id
        for generation in made.generations:
            list(generation.follow(every=0))
    return madlen.store.session(session_id)


def until(true: Callable[[], bool]) -> None:
    """Waits until something holds, five seconds at most."""
    end = time.monotonic() + 5
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    assert true()


def settled(madlen: Services, session_id: str, turns: int) -> None:
    def whole() -> bool:
        found = madlen.store.turns(session_id)
        return len(found) == turns and all(
            reply.status is not Status.STREAMING for turn in found for reply in turn.replies
        )

    until(whole)


def exported(madlen: Services, session_id: str) -> io.BytesIO:
    return io.BytesIO(madlen.archives.export(session_id, "json").content)


@pytest.mark.parametrize(
    ("kind", "begins", "media_type"),
    [
        ("json", b'{"format": "madlen", "version": 1', "application/json"),
        ("markdown", b"# Hi there", "text/markdown"),
        ("html", b"<!doctype html>", "text/html"),
    ],
)
def test_a_session_is_exported(start_madlen: StartMadlen, kind: Kind, begins: bytes, media_type: str) -> None:
    madlen = start_madlen()
    file = madlen.archives.export(asked(madlen, "Hi there").id, kind)
    assert file.content.startswith(begins)
    assert file.media_type == media_type


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_session_cannot_be_exported(start_madlen: StartMadlen, kind: Kind) -> None:
    with pytest.raises(NotFound):
        start_madlen().archives.export("nobody", kind)


@pytest.mark.parametrize(
    "title",
    [
        "../../etc/passwd",
        "a\0b",
        "CON",
        'x"; rm',
        "\u202egnp.exe",
        "C:\\x",
        "..",
        "",
        "x" * 500,
        "çay 🫖",
        "a\r\nb",
    ],
)
def test_the_name_of_a_file_is_safe_whatever_the_title(title: str) -> None:
    session = Session("0123456789abcdef", title, "m", NOW, NOW)
    name = file_name(session, "markdown")
    assert re.fullmatch(r"[\w-]{1,80}-01234567\.md", name)
    assert not name.startswith("-")


def test_many_sessions_are_packed_each_in_a_file_of_its_own(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    ids = [asked(madlen, "Same title").id for _ in range(3)]
    out = io.BytesIO()
    assert list(madlen.archives.bundle([*ids, ids[0]], "html", out)) == [1 / 3, 2 / 3, 1.0]
    names = zipfile.ZipFile(out).namelist()
    assert sorted(names) == sorted(f"Same-title-{session_id[:8]}.html" for session_id in ids)


def test_a_session_that_is_gone_is_left_out_of_the_bundle(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = asked(madlen, "Hi")
    out = io.BytesIO()
    list(madlen.archives.bundle(["gone", session.id], "json", out))
    assert len(zipfile.ZipFile(out).namelist()) == 1
    with pytest.raises(NotFound, match="None of these chats"):
        list(madlen.archives.bundle(["gone"], "json", io.BytesIO()))


def test_what_was_packed_is_taken_again_with_its_votes(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = asked(madlen, "Hi")
    [turn] = madlen.store.turns(session.id)
    ids = [reply.id for reply in turn.replies]
    madlen.store.vote(Vote(turn.id, session.id, best(ids, ids[1]), NOW, note="Clear.", tags=("x",)))
    out = io.BytesIO()
    list(madlen.archives.bundle([session.id], "json", out))
    [taken] = madlen.archives.take(out)
    assert taken.session is not None
    again = madlen.store.session(taken.session.id)
    assert replace(again, id=session.id) == session
    [copy] = madlen.store.turns(again.id)
    assert copy.id != turn.id
    assert [replace(reply, id="", session_id="", turn_id="") for reply in copy.replies] == [
        replace(reply, id="", session_id="", turn_id="") for reply in turn.replies
    ]
    [vote] = madlen.store.votes_of(again.id)
    assert (vote.order[0], vote.note) == ((copy.replies[1].id,), "Clear.")
    assert madlen.store.origin(again.id) == Origin("import", session.id)


def test_the_chats_of_other_programs_are_kept_and_can_be_gone_on_with(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    for name, kept in (("chatgpt-conversations.json", 2), ("open-webui-chats.json", 2)):
        with (DATA / name).open("rb") as file:
            taken = list(madlen.archives.take(file))
        assert sum(1 for one in taken if one.session) == kept
    river = next(one for one in madlen.store.sessions() if one.title == "River on a map")
    made = madlen.chat.ask("And its source?", [Lane("parrot/polly")], session_id=river.id)
    list(made.generations[0].follow(every=0))
    assert [turn.text for turn in madlen.store.turns(river.id)][-1] == "And its source?"


def test_importing_is_told_one_by_one(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    content = (DATA / "chatgpt-conversations.json").read_bytes()
    taking = madlen.archives.take(io.BytesIO(content))
    first = next(taking)
    assert first.session is not None
    assert 0 < first.found.done < 1
    assert [one.id for one in madlen.store.sessions()] == [first.session.id]
