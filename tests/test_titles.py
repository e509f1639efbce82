"""Titles that a model gives, where a setting names one."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from madlen import titles
from madlen.services.wiring import Services
from madlen.types import Lane
from tests.conftest import StartMadlen
from tests.parrot import DONE, POLLY, SEER, Gate, Parrot
from tests.test_archives import until


def asked(madlen: Services, text: str = "How many colours?", **more: Any) -> str:
    made = madlen.chat.ask(text, [Lane(POLLY.id)], **more)
    list(made.generations[0].follow(every=0))
    return made.session_id


def test_without_the_setting_a_title_is_the_first_prompt_and_nothing_more_is_asked(
    start_madlen: StartMadlen,
) -> None:
    parrot = Parrot(["Seven.", DONE])
    madlen = start_madlen(parrot)
    session_id = asked(madlen)
    assert madlen.store.session(session_id).title == "How many colours?"
    assert len(parrot.requests) == 1


def test_a_chat_has_the_title_of_the_model_in_the_end(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["“Colours of the rainbow”\n", DONE])
    madlen = start_madlen(parrot, title_model=SEER.id)
    session_id = asked(madlen)
    until(lambda: madlen.store.session(session_id).title == "Colours of the rainbow")
    [request] = [one for one in parrot.requests if one.model_id == SEER.id]
    assert request.messages[-1].text.endswith("How many colours?")
    assert request.parameters.max_tokens == 32
    assert len(madlen.store.turns(session_id)[0].replies) == 1


def test_the_first_title_stands_at_once(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([gate, "Colours", DONE]), title_model=SEER.id)
    made = madlen.chat.ask("How many colours?", [Lane(POLLY.id)])
    assert madlen.store.session(made.session_id).title == "How many colours?"


def test_only_the_prompt_that_begins_a_chat_names_it(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["Colours", DONE])
    madlen = start_madlen(parrot, title_model=SEER.id)
    session_id = asked(madlen)
    until(lambda: madlen.store.session(session_id).title == "Colours")
    asked(madlen, "And of clouds?", session_id=session_id)
    assert [one.model_id for one in parrot.requests].count(SEER.id) == 1


def test_a_title_that_a_person_gave_meanwhile_stays(start_madlen: StartMadlen) -> None:
    gate, named = Gate(), threading.Event()
    madlen = start_madlen(Parrot([gate, "Colours", DONE]), title_model=SEER.id)
    entitle = madlen.store.entitle

    def heard(*args: Any, **more: Any) -> bool:
        done = entitle(*args, **more)
        named.set()
        return done

    madlen.store.entitle = heard  # type: ignore[method-assign]
    made = madlen.chat.ask("How many colours?", [Lane(POLLY.id)])
    madlen.chat.rename_session(made.session_id, "My rainbow")
    gate.open()
    assert named.wait(10)
    assert madlen.store.session(made.session_id).title == "My rainbow"


def test_a_model_that_cannot_be_asked_leaves_the_title_as_it_is(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Seven.", DONE]), title_model="parrot/dodo")
    assert madlen.store.session(asked(madlen)).title == "How many colours?"


def test_a_picture_without_words_is_not_named_by_a_model(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["A cat", DONE])
    madlen = start_madlen(parrot, title_model=POLLY.id)
    madlen.chat.begun(madlen.chat.create_session(POLLY.id, "Image"), "  ")
    assert parrot.requests == []


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Rainbows", "Rainbows"),
        ('\n\n"Rainbows and rain."\nI hope you like it!', "Rainbows and rain"),
        ("**Title: Rainbows**", "Rainbows"),
        ("<think>Hm, a title\nof six words</think>\nRainbows", "Rainbows"),
        ("<think>Hm, a title that never", ""),
        ("", ""),
        ("word " * 100, "word " * 15 + "word…"),
    ],
)
def test_the_title_in_an_answer_is_its_first_line_without_quotes(answer: str, title: str) -> None:
    assert titles.words(answer) == title
