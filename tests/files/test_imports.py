"""Chats of other programs, and files that mean harm."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen.errors import MadlenError, TooLarge, Unacceptable
from madlen.files import imports
from madlen.files.documents import Archive
from madlen.files.imports import Found
from madlen.types import CHAT_LANE, Lane, Status
from tests.files.archiving import COMPARISON, JSON, NOW, written

DATA = Path(__file__).parents[1] / "data"
CHATGPT = (DATA / "chatgpt-conversations.json").read_bytes()
OPEN_WEBUI = (DATA / "open-webui-chats.json").read_bytes()


def read(content: bytes) -> list[Found]:
    return [*imports.read(io.BytesIO(content), NOW)]


def taken(content: bytes) -> list[Archive]:
    return [found.archive for found in read(content) if found.archive is not None]


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_json", ".json").replace("__", "/"), content)
    return out.getvalue()


def test_the_path_that_chatgpt_showed_becomes_a_chat() -> None:
    river = taken(CHATGPT)[0]
    assert river.session.title == "River on a map"
    assert river.session.created_at == datetime(2025, 8, 4, 9, 33, 20, 250000, UTC)
    assert [turn.text for turn in river.turns] == ["Which river is on this map?", "And how long is it?"]
    first, second = (turn.replies[0] for turn in river.turns)
    assert (first.text, first.reasoning) == (
        "That is the **Loire**, near Tours.",
        "The bend looks like the Loire.",
    )
    assert (first.model_id, first.lane, first.status) == ("gpt-5-thinking", CHAT_LANE, Status.COMPLETE)
    assert (second.text, second.model) == ("About 1,006 km.", "gpt-4o")


def test_what_of_a_chatgpt_chat_was_not_taken_is_told() -> None:
    notes = read(CHATGPT)[0].notes
    assert notes == (
        "1 message with custom instructions was not taken.",
        "1 image that the file only points at was not taken.",
        "1 call of a tool was not taken.",
        "1 message of another kind than text was not taken.",
        "1 answer of a tool was not taken.",
        "1 message on another branch was not taken.",
    )


def test_a_chat_without_title_and_end_is_taken_too() -> None:
    found = read(CHATGPT)[1]
    assert found.title == "ChatGPT"
    assert found.archive is not None
    assert found.archive.turns[0].replies[0].text == "Merhaba! 👋"


def test_a_chat_without_a_prompt_is_told_and_not_taken() -> None:
    found = read(CHATGPT)[2]
    assert found.archive is None
    assert found.notes == ("It holds no prompt, so there is no chat to keep.",)


def test_several_models_of_open_webui_become_the_lanes_of_a_comparison() -> None:
    colours = taken(OPEN_WEBUI)[0]
    assert colours.session.lanes == (Lane("llama3.2:3b", "A"), Lane("qwen3:8b", "B"))
    assert colours.session.system == "Answer in one word."
    assert [[(one.lane, one.text) for one in turn.replies] for turn in colours.turns] == [
        [("A", "Blue."), ("B", "Green.")],
        [("A", "Red."), ("B", "")],
    ]


def test_thinking_figures_and_failures_of_open_webui_are_kept() -> None:
    first, second = taken(OPEN_WEBUI)[0].turns
    assert first.replies[1].reasoning == "Any colour & shade will do."
    assert [reply.usage.completion_tokens for reply in first.replies] == [3, 9]
    failed = second.replies[1]
    assert failed.status is Status.FAILED
    assert failed.failure is not None
    assert failed.failure.sentence == "Model not found"


def test_an_image_inside_the_file_is_taken_and_one_that_is_elsewhere_is_told() -> None:
    found = read(OPEN_WEBUI)[0]
    assert found.archive is not None
    [picture] = found.archive.turns[0].pictures
    assert picture.media_type == "image/png"
    assert found.notes == (
        "1 attached file was not taken.",
        "1 image that the file only points at was not taken.",
    )


def test_an_early_chat_of_open_webui_is_a_plain_list_of_messages() -> None:
    early = taken(OPEN_WEBUI)[1]
    assert early.session.created_at.year == 2024
    assert [(turn.text, turn.replies[0].text) for turn in early.turns] == [("Hi", "Hello!")]
    assert early.session.lanes == ()


def test_one_chat_of_open_webui_may_come_alone() -> None:
    record = json.loads(OPEN_WEBUI)[0]
    assert len(taken(json.dumps(record).encode())) == 1
    assert len(taken(json.dumps(record["chat"]).encode())) == 1


def test_conversations_may_stand_in_an_object() -> None:
    assert len(taken(b'{"conversations": ' + CHATGPT + b"}")) == 2


def test_kinds_are_known_by_their_shape_also_when_they_are_mixed() -> None:
    mixed = [*json.loads(OPEN_WEBUI), *json.loads(CHATGPT), {"what": "is this?"}, 7]
    found = read(json.dumps(mixed).encode())
    assert [one.archive is not None for one in found] == [True, True, True, True, False, False, False]
    assert found[-1].notes == ("This is no chat of ChatGPT or Open WebUI.",)


def test_an_export_is_read_inside_its_zip_archive() -> None:
    content = packed(
        export__conversations_json=CHATGPT,
        user_json=b'{"id": "user-1", "email": "a@example.com"}',
        feedback_json=b'[{"id": 1}, {"id": 2}]',
        chat_html=b"<html>",
    )
    found = read(content)
    assert [one.title for one in found if one.archive] == ["River on a map", "ChatGPT"]
    assert [one.where for one in found][-2:] == ["user.json", "feedback.json"]
    assert found[0].where == "export/conversations.json, chat 1"


def test_our_own_files_are_read_inside_a_zip_archive() -> None:
    content = packed(one_json=written(COMPARISON), two_json=written(COMPARISON))
    assert [archive.session.title for archive in taken(content)] == ["Rainbows", "Rainbows"]


def test_progress_grows_to_the_whole() -> None:
    for content in (CHATGPT, packed(a_json=CHATGPT, b_json=OPEN_WEBUI)):
        done = [found.done for found in read(content)]
        assert done == sorted(done)
        assert 0.9 < done[-1] <= 1


def test_chats_come_one_by_one() -> None:
    found = imports.read(io.BytesIO(CHATGPT[:-200]), NOW)
    assert isinstance(found, Iterator)
    assert next(found).title == "River on a map"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"hello", "neither JSON nor a ZIP"),
        (b"[]", "holds no chats"),
        (b"{}", "no chats of Madlen, ChatGPT or Open WebUI"),
        (b'{"format": "madlen", "version": 1}', "no list of chats"),
        (b'{"format": "madlen", "version": 1, "chats": {}}', "no list of chats"),
        (b"PK\x03\x04 and nothing", "damaged"),
        (packed(), "no JSON file"),
        (packed(readme_txt=b"hello"), "no JSON file"),
    ],
)
def test_what_holds_no_chats_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(Unacceptable, match=sentence):
        read(content)


def test_a_damaged_archive_is_told_wherever_it_is_damaged() -> None:
    whole = packed(conversations_json=CHATGPT)
    dice = random.Random(7)  # noqa: S311
    for _ in range(200):
        broken = bytearray(whole)
        for _ in range(3):
            broken[dice.randrange(4, len(broken))] = dice.randrange(256)
        try:
            found = read(bytes(broken))
        except MadlenError:
            continue
        assert found


def test_an_archive_that_unpacks_to_gigabytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "FILE_BYTES", 2_000_000)
    bomb = packed(a_json=b" " * 30_000_000 + b"[]")
    assert len(bomb) < 100_000
    with pytest.raises(TooLarge, match="unpacks to more"):
        read(bomb)


def test_many_small_files_are_no_way_around_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "FILE_BYTES", 2_000_000)
    with pytest.raises(TooLarge, match="unpacks to more"):
        read(packed(**{f"f{n}_json": b" " * 600_000 + b"[]" for n in range(4)}))


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "ENTRIES", 2)
    with pytest.raises(TooLarge, match="holds 3 files"):
        read(packed(a=b"", b=b"", c=b""))


def test_a_file_over_the_limit_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "FILE_BYTES", 100)
    with pytest.raises(TooLarge, match="at most"):
        read(CHATGPT)


def test_chats_over_the_limit_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHATS", 2)
    found = imports.read(io.BytesIO(CHATGPT), NOW)
    assert [next(found).title, next(found).title] == ["River on a map", "ChatGPT"]
    with pytest.raises(TooLarge, match="more than 2 chats"):
        next(found)


def test_a_tree_that_is_a_circle_ends() -> None:
    chat = json.loads(CHATGPT)[1]
    chat["mapping"]["u"]["parent"] = "a"
    chat["current_node"] = "a"
    [archive] = taken(json.dumps([chat]).encode())
    assert len(archive.turns) == 1


def test_a_tree_of_too_many_messages_is_told() -> None:
    chat = {"mapping": {str(number): None for number in range(20_001)}}
    [found] = read(json.dumps([chat]).encode())
    assert "20,001 messages" in found.notes[0]


def test_half_a_character_in_a_title_is_replaced() -> None:
    chat = {**json.loads(CHATGPT)[1], "title": "Cut \ud83d"}
    [archive] = taken(json.dumps([chat]).encode())
    assert archive.session.title == "Cut \ufffd"


def test_folds_without_end_take_no_time() -> None:
    record = json.loads(OPEN_WEBUI)[1]
    record["chat"]["messages"][1]["content"] = '<details type="reasoning">' * 100_000
    [archive] = taken(json.dumps([record]).encode())
    assert archive.turns[0].replies[0].text.startswith("<details")


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in some JSON."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from places(inner, (*at, name))


SAMPLES = [json.loads(CHATGPT), json.loads(OPEN_WEBUI), json.loads(written(COMPARISON))]


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_whatever_stands_in_the_place_of_a_value_there_is_a_report_or_a_sentence(data: st.DataObject) -> None:
    sample = copy.deepcopy(data.draw(st.sampled_from(SAMPLES)))
    *way, last = data.draw(st.sampled_from([place for place in places(sample) if place]))
    inner = sample
    for step in way:
        inner = inner[step]
    inner[last] = data.draw(JSON)
    try:
        found = read(json.dumps(sample).encode())
    except MadlenError:
        return
    assert all(one.archive or one.notes for one in found)
