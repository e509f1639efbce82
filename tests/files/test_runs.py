"""Runs of prompt sets in files: everything of them comes back, and damage is told with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from madlen.errors import Unacceptable
from madlen.files import imports
from madlen.files.documents import Archive
from madlen.judgements import Judgement
from madlen.prompt_sets import Check, Prompt, Run, RunStatus
from madlen.types import Status
from tests.files.archiving import COMPARISON, FAILED, FAST, LANES, NOW, RED, TURN, document, read, written
from tests.files.hostile import HOSTILE
from tests.files.test_exports import ATTRIBUTES, TAGS, Seen, as_html, as_markdown

PROMPT = Prompt(
    "p1",
    "How many {{what}}?",
    "Seven",
    TURN.pictures,
    ("physics",),
    {"what": "colours"},
    (Check("contains", "seven"),),
)
RUN = Run(
    "run1", "s1", "Rainbows", LANES, (PROMPT,), NOW, "set1", (Check("length", limit=5),), RunStatus.DONE
)
SECOND = replace(FAILED, status=Status.COMPLETE, failure=None, text="Six.")
JUDGEMENTS = (
    Judgement("j/udge", "t1", "s1", ("r1", "r2"), NOW, "tie", reason="Alike.", flipped=True, template="ab"),
    Judgement("j/udge", "t1", "s1", ("r1",), NOW + timedelta(seconds=1), score=4.5, template="cd"),
)
WHOLE = replace(COMPARISON, turns=(replace(TURN, replies=(FAST, SECOND)),), run=RUN, judgements=JUDGEMENTS)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The file of the run after something was done to what makes it one."""
    found = document(WHOLE)
    change(found["chats"][0]["run"])
    return json.dumps(found).encode()


def test_a_run_comes_back_with_its_prompts_checks_and_judgements() -> None:
    [found], notes = read(written(WHOLE))
    assert found == WHOLE
    assert notes == []


def test_a_chat_beside_a_run_is_a_chat() -> None:
    found, _ = read(written(WHOLE, COMPARISON))
    assert [archive.run is None for archive in found] == [False, True]


def test_a_run_with_cells_that_nobody_answered_has_stopped() -> None:
    for replies in ((FAST,), (FAST, replace(SECOND, status=Status.INTERRUPTED))):
        [found], _ = read(written(replace(WHOLE, turns=(replace(TURN, replies=replies),), votes=())))
        assert found.run is not None
        assert found.run.status is RunStatus.STOPPED


def test_a_run_that_was_running_in_its_file_does_not_run_here() -> None:
    [found], _ = read(written(replace(WHOLE, run=replace(RUN, status=RunStatus.RUNNING))))
    assert found.run == RUN


def test_judgements_on_answers_that_the_file_lacks_are_left_out() -> None:
    other = replace(JUDGEMENTS[1], replies=("gone",))
    [found], _ = read(written(replace(WHOLE, judgements=(*JUDGEMENTS, other))))
    assert found.judgements == JUDGEMENTS


def test_a_run_that_is_renewed_writes_over_nothing() -> None:
    renewed = imports.renewed(WHOLE)
    assert renewed.run is not None
    assert renewed.run.id != RUN.id
    assert renewed.run.session_id == renewed.session.id != "s1"
    assert renewed.run.prompts == RUN.prompts
    [turn] = renewed.turns
    ids = [reply.id for reply in turn.replies]
    assert [one.replies for one in renewed.judgements] == [tuple(ids), (ids[0],)]
    assert {(one.turn_id, one.session_id) for one in renewed.judgements} == {(turn.id, renewed.session.id)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda run: run["prompts"].append({"id": "p2", "text": "?"}), "has 2 prompts and 1 turns"),
        (lambda run: run["checks"].append({"kind": "magic"}), "checks"),
        (lambda run: run["checks"].append({"kind": "regex", "value": "("}), "has a check that cannot work"),
        (lambda run: run["prompts"][0].pop("id"), "id"),
        (lambda run: run["judgements"][0].update(score=9), "score"),
        (lambda run: run.update(created_at="yesterday"), "created"),
    ],
)
def test_what_is_wrong_in_a_run_is_told_with_its_place(
    change: Callable[[dict[str, Any]], None], told: str
) -> None:
    with pytest.raises(Unacceptable, match=r"chats\[0\]") as refused:
        read(changed(change))
    assert told in str(refused.value)


def test_two_prompts_of_one_id_are_refused() -> None:
    twice = replace(RUN, prompts=(PROMPT, PROMPT))
    turns = (WHOLE.turns[0], replace(TURN, id="t2", replies=()))
    with pytest.raises(Unacceptable, match="same id"):
        read(written(replace(WHOLE, run=twice, turns=turns)))


def test_a_run_needs_lanes() -> None:
    alone = replace(WHOLE, session=replace(WHOLE.session, lanes=()))
    with pytest.raises(Unacceptable, match="without lanes"):
        read(written(alone))


@pytest.mark.parametrize("export", [as_markdown, as_html])
def test_a_file_for_people_tells_what_was_found_of_a_run(export: Callable[[Archive], str]) -> None:
    said = export(WHOLE).replace("\\", "")
    assert "Run of 1 prompt over 2 lanes" in said
    assert "Reference: Seven" in said
    assert "Tags: physics" in said
    assert "Passed: contains “seven”" in said
    assert "Not passed: It has 27 characters" in said
    assert "A and B tie: the verdict went with the order, says j/udge. Alike." in said
    assert "A: 4.5 of 5" in said
    assert "0% (0%–79%)" in said


def test_a_page_of_a_run_is_harmless_whatever_its_judges_and_references_say() -> None:
    for words in HOSTILE:
        check = Check("contains", words)
        prompt = replace(PROMPT, text=words, reference=words, tags=(words,), checks=(check,))
        judged = replace(JUDGEMENTS[0], judge=words, reason=words)
        page = Seen(as_html(replace(WHOLE, run=replace(RUN, prompts=(prompt,)), judgements=(judged,))))
        assert {name for name, _ in page.elements} <= TAGS
        assert {name for _, found in page.elements for name in found} <= ATTRIBUTES


def test_the_pictures_of_prompts_are_in_the_file_once() -> None:
    assert document(WHOLE)["images"].keys() == {RED.sha256, *(one.sha256 for one in FAST.pictures)}
    assert "images" not in document(WHOLE)["chats"][0]["run"]["prompts"][0]
