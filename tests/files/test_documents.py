"""Our own JSON: complete, the same when it is read again, and strict with what it is given."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from madlen.errors import Unacceptable
from madlen.files import imports
from madlen.files.documents import Archive
from madlen.store import open_store
from madlen.types import Status
from madlen.votes import Vote
from tests.files.archiving import COMPARISON, FAST, NOW, RED, TURN, archives, document, read, written


def by_time(votes: tuple[Vote, ...]) -> list[Vote]:
    return sorted(votes, key=lambda vote: (vote.voted_at, vote.turn_id))


def test_a_comparison_is_read_as_it_was_written() -> None:
    assert read(written(COMPARISON)) == ([COMPARISON], [])


@given(archives())
@settings(deadline=None)
def test_whatever_is_written_is_read_again(archive: Archive) -> None:
    assert read(written(archive)) == ([archive], [])


@given(archives())
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_and_kept_is_an_equal_session(tmp_path: Path, archive: Archive) -> None:
    [found] = imports.read(io.BytesIO(written(archive)), NOW)
    assert found.archive is not None
    kept = found.archive
    store = open_store(f"sqlite:///{tmp_path}/chat.db")
    store.keep(kept.session, kept.turns, votes=kept.votes)
    assert store.session(kept.session.id) == kept.session
    assert store.turns(kept.session.id) == [*kept.turns]
    assert store.votes_of(kept.session.id) == by_time(kept.votes)
    store.close()


def test_a_file_says_what_it_is_and_holds_the_bytes_of_an_image_once() -> None:
    whole = document(COMPARISON, COMPARISON)
    assert (whole["format"], whole["version"], whole["app_version"]) == ("madlen", 1, "1.0.0")
    assert len(whole["chats"]) == 2
    assert whole["chats"][0]["turns"][0]["images"] == [f"sha256:{RED.sha256}", "https://example.com/map.png"]
    assert len(whole["images"]) == 2
    assert written(COMPARISON, COMPARISON).count(whole["images"][RED.sha256]["base64"].encode()) == 1


def test_a_file_without_chats_is_one_too() -> None:
    assert read(written()) == ([], [])


def test_members_that_are_not_known_are_passed_over() -> None:
    whole = document(COMPARISON)
    whole["later"] = whole["chats"][0]["later"] = whole["chats"][0]["turns"][0]["later"] = {"x": 1}
    whole["chats"][0]["turns"][0]["replies"][0]["usage"]["later"] = 1
    assert read(json.dumps(whole).encode()) == ([COMPARISON], [])


def test_an_answer_that_was_being_written_is_cut_off() -> None:
    turn = replace(TURN, replies=(replace(FAST, status=Status.STREAMING),))
    [found], _ = read(written(Archive(COMPARISON.session, (turn,))))
    reply = found.turns[0].replies[0]
    assert reply.status is Status.INTERRUPTED
    assert reply.failure is not None
    assert "still being written" in reply.failure.sentence


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The comparison's file after something was done to its chat."""
    whole = document(COMPARISON)
    change(whole["chats"][0])
    return json.dumps(whole).encode()


WRONG: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a title that is a number": (lambda chat: chat.update(title=7), r"chats\[0\]\.title is not valid"),
    "no model": (lambda chat: chat.pop("model_id"), r"chats\[0\]\.model_id is not valid: field required"),
    "a status that is none": (
        lambda chat: chat["turns"][0]["replies"][1].update(status="glorious"),
        r"chats\[0\]\.turns\[0\]\.replies\[1\]\.status is not valid",
    ),
    "a time without offset": (
        lambda chat: chat["turns"][0].update(created_at="2026-11-23T12:00:00"),
        r"turns\[0\]\.created_at is not valid",
    ),
    "a time that is none": (lambda chat: chat.update(created_at="9999-12-31T23:59:59Z"), "1970 and 2200"),
    "a cost of a million digits": (
        lambda chat: chat["turns"][0]["replies"][0]["usage"].update(cost="1E-1000000"),
        r"usage\.cost is not valid",
    ),
    "a cost that is no number": (
        lambda chat: chat["turns"][0]["replies"][0]["usage"].update(cost="NaN"),
        r"usage\.cost is not valid",
    ),
    "a count below zero": (
        lambda chat: chat["turns"][0]["replies"][0]["usage"].update(prompt_tokens=-1),
        r"usage\.prompt_tokens is not valid",
    ),
    "a duration without end": (
        lambda chat: chat["turns"][0]["replies"][0]["timing"].update(duration=float("inf")),
        r"duration is not valid",
    ),
    "thirteen lanes": (
        lambda chat: chat.update(lanes=[{"model_id": "m", "name": str(n)} for n in range(13)]),
        r"chats\[0\]\.lanes is not valid",
    ),
    "two lanes of one name": (lambda chat: chat["lanes"].append(chat["lanes"][0]), "Two lanes have the name"),
    "two answers of one id": (
        lambda chat: chat["turns"][0]["replies"][1].update(id="r1"),
        "gives the same id to two",
    ),
    "turns that are no list": (lambda chat: chat.update(turns={}), r"chats\[0\]\.turns is not valid"),
    "half a character": (lambda chat: chat.update(title="\ud800"), r"chats\[0\] is not valid"),
    "details nested too deep": (
        lambda chat: chat["turns"][0]["replies"][0].update(
            reasoning_details=json.loads('[{"a":' + "[" * 300 + "]" * 300 + "}]")
        ),
        r"chats\[0\] is not valid",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name: str) -> None:
    change, sentence = WRONG[name]
    with pytest.raises(Unacceptable, match=sentence):
        read(changed(change))


def test_a_file_of_a_newer_madlen_is_left_to_it() -> None:
    whole = {**document(COMPARISON), "version": 2}
    with pytest.raises(Unacceptable, match="version '2' of Madlen's format"):
        read(json.dumps(whole).encode())


def test_one_bad_chat_does_not_take_the_others_with_it() -> None:
    whole = document(COMPARISON, COMPARISON)
    whole["chats"][0]["turns"][0]["prompt"] = None
    first, second = imports.read(io.BytesIO(json.dumps(whole).encode()), NOW)
    assert (first.title, first.archive) == ("Rainbows", None)
    assert "chats[0].turns[0].prompt" in first.notes[0]
    assert second.archive is not None
    assert second.done > first.done


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ({"media_type": "image/png", "base64": "AAAA"}, "not a PNG, JPEG, WebP or GIF"),
        ({"media_type": "image/svg+xml", "base64": "PHN2Zy8+"}, "not a PNG, JPEG, WebP or GIF"),
        ({"media_type": "image/png", "base64": "%%%"}, "base64 is broken"),
        ({"base64": 7}, "media_type is not valid"),
    ],
)
def test_an_image_that_is_none_is_told_and_the_chat_taken(image: dict[str, object], sentence: str) -> None:
    whole = document(COMPARISON)
    whole["images"][RED.sha256] = image
    [found], told = read(json.dumps(whole).encode())
    assert found.turns[0].pictures == COMPARISON.turns[0].pictures[1:]
    assert [sentence in note for note in told] == [True]
    assert told[0].startswith("chats[0].turns[0].images[0] was not taken")


@pytest.mark.parametrize(
    "reference", ["sha256:unknown", "file:///etc/passwd", "http://example.com/a.png", ""]
)
def test_an_image_that_the_file_does_not_hold_is_told(reference: str) -> None:
    found, told = read(changed(lambda chat: chat["turns"][0].update(images=[reference])))
    assert found[0].turns[0].pictures == ()
    assert len(told) == 1


def test_images_are_written_anew_so_that_nothing_rides_along() -> None:
    whole = document(COMPARISON)
    image = whole["images"][RED.sha256]
    image["base64"] = base64.b64encode(base64.b64decode(image["base64"]) + b"<script>1</script>").decode()
    [found], _ = read(json.dumps(whole).encode())
    assert found.turns[0].pictures[0] == RED


def test_a_vote_on_answers_that_there_are_not_is_told() -> None:
    found, told = read(changed(lambda chat: chat["votes"][0].update(order=[["r1"], ["r9"]])))
    assert found[0].votes == ()
    assert "votes[0] was not taken" in told[0]


def test_importing_twice_gives_two_chats_with_ids_of_their_own() -> None:
    [first], [second] = (list(imports.read(io.BytesIO(written(COMPARISON)), NOW)) for _ in range(2))
    assert first.archive is not None
    assert second.archive is not None
    ids: list[str] = []
    for archive in (COMPARISON, first.archive, second.archive):
        ids += [archive.session.id, *(turn.id for turn in archive.turns)]
        ids += [reply.id for reply in archive.turns[0].replies]
    assert len(set(ids)) == len(ids)
    [vote] = second.archive.votes
    assert vote.order == tuple((reply.id,) for reply in second.archive.turns[0].replies)


def long(turns: int) -> Archive:
    one = replace(TURN, pictures=(RED,), replies=(replace(FAST, text="word " * 400),))
    several = [
        replace(one, id=f"t{number}", replies=(replace(one.replies[0], id=f"r{number}"),))
        for number in range(turns)
    ]
    return Archive(COMPARISON.session, tuple(several))


def test_the_time_for_a_long_session_grows_with_its_length_only() -> None:
    def seconds(archive: Archive) -> float:
        began = time.process_time()
        for _ in range(3):
            written(archive)
        return time.process_time() - began

    short, tenfold = long(200), long(2000)
    seconds(short)
    assert seconds(tenfold) < 40 * seconds(short)
