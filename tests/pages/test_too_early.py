"""A prompt that is sent while the answer that it would follow is still being written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from madlen import services
from madlen.services.wiring import Services
from madlen.tracing.inference import Inference
from madlen.types import Lane, Message, Parameters
from madlen.ui.unsent import Unsent
from tests.asking import POLLY, ask, ended
from tests.pages import opening
from tests.pages.opening import Current
from tests.pages.test_compare_page import LANES, compared
from tests.parrot import DONE, Gate, Parrot


def chat(madlen: Services) -> tuple[AppTest, Callable[[], object]]:
    return _asking(madlen, "chat", opening.chatted(madlen), [POLLY])


def comparison(madlen: Services) -> tuple[AppTest, Callable[[], object]]:
    return _asking(madlen, "compare", compared(madlen).id, LANES)


def temporary(_madlen: Services) -> tuple[AppTest, Callable[[], object]]:
    page = opening.opened("chat", temporary="one")
    page.chat_input[0].set_value("First?").run()
    return page, partial(page.session_state["temporary-one"].ask, Unsent("Second?"), POLLY)


def _asking(
    madlen: Services, page_name: str, session_id: str, lanes: Sequence[Lane]
) -> tuple[AppTest, Callable[[], object]]:
    page = opening.opened(page_name, session=session_id)
    return page, partial(madlen.chat.ask, "Second?", lanes, session_id=session_id)


@pytest.mark.parametrize("begin", [chat, temporary, comparison])
def test_a_prompt_that_comes_before_the_end_of_an_answer_stays_in_the_box(
    current: Current,
    monkeypatch: pytest.MonkeyPatch,
    begin: Callable[[Services], tuple[AppTest, Callable[[], object]]],
) -> None:
    gate = Gate()
    parrot = Parrot()
    madlen = current(parrot)
    page, second = begin(madlen)
    parrot.scripts = [["Wait ", gate, "for it.", DONE]]
    with services.using(madlen):
        second()
    draw, told = st.error, []

    def drawn(sentence: str, **more: Any) -> DeltaGenerator:
        told.append((sentence, st.session_state["prompt"]))
        gate.open()
        return draw(sentence, **more)

    # Looked at as it is drawn: a comparison is drawn anew, without the sentence, when its answers have ended.
    monkeypatch.setattr(st, "error", drawn)
    page.chat_input[0].set_value("Third?").run()
    assert not page.exception
    [(sentence, boxed)] = told
    assert "still being written" in sentence
    assert boxed == "Third?"
    assert "Third?" not in {request.messages[-1].text for request in parrot.requests}
    parrot.scripts = [["Now.", DONE]]
    page.chat_input[0].set_value("Third?").run()
    assert not page.error
    assert parrot.requests[-1].messages[-1].text == "Third?"


def test_an_answer_in_another_chat_keeps_no_prompt_waiting(current: Current) -> None:
    gate = Gate()
    parrot = Parrot(["Wait.", gate, DONE], ["At once.", DONE])
    madlen = current(parrot)
    madlen.chat.ask("Elsewhere?", [POLLY])
    assert gate.reached.wait(30)
    page = opening.opened()
    page.chat_input[0].set_value("Here?").run()
    assert not page.error
    assert parrot.requests[-1].messages[-1].text == "Here?"
    gate.open()


def test_an_answer_that_nobody_keeps_is_of_no_session(current: Current) -> None:
    gate = Gate()
    madlen = current(Parrot(["Wait.", gate, DONE]))
    made = madlen.chat.answer(POLLY.model_id, [Message("user", "Hi")], Parameters())
    assert gate.reached.wait(30)
    assert not madlen.hub.is_answering("")
    gate.open()
    ended(made)


def test_an_answer_that_is_told_to_have_ended_keeps_no_prompt_waiting(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()

    async def slowly(_inference: Inference) -> None:
        await gate.wait()

    monkeypatch.setattr(Inference, "measured", slowly)
    madlen = current(Parrot(["One.", DONE]))
    made = ask(madlen)
    ended(made)
    assert gate.reached.wait(30)
    assert madlen.hub.find(made.id) is made
    assert not madlen.hub.is_answering(made.head.session_id)
    gate.open()
