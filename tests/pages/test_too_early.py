"""A prompt that is sent while the answer that it would follow is still being written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from madlen import services
from madlen.errors import MadlenError
from madlen.generation import Generation
from madlen.services.wiring import Services
from madlen.tracing.inference import Inference
from madlen.types import Lane, Message, Parameters
from madlen.ui import unsent
from madlen.ui.unsent import Unsent
from tests.pages import opening
from tests.pages.opening import Current
from tests.parrot import DEAR, DONE, POLLY, SEER, Gate, Parrot

LANE = Lane(POLLY.id)
LANES = (Lane(POLLY.id, "A"), Lane(SEER.id, "B"))


def chat(madlen: Services) -> tuple[AppTest, Callable[[], object]]:
    return _stored(madlen, [LANE])


def comparison(madlen: Services) -> tuple[AppTest, Callable[[], object]]:
    return _stored(madlen, LANES)


def temporary(_madlen: Services) -> tuple[AppTest, Callable[[], object]]:
    page = opening.opened("chat", temporary="one")
    page.chat_input[0].set_value("First?").run()
    return page, partial(page.session_state["temporary-one"].ask, Unsent("Second?"), LANE)


def _stored(madlen: Services, lanes: Sequence[Lane]) -> tuple[AppTest, Callable[[], object]]:
    session_id = _all_of(madlen.chat.ask("First?", lanes).generations)
    page = opening.opened("chat" if len(lanes) == 1 else "compare", session=session_id)
    return page, partial(madlen.chat.ask, "Second?", lanes, session_id=session_id)


def _all_of(generations: Sequence[Generation]) -> str:
    for generation in generations:
        list(generation.follow(every=0))
    return generations[0].head.session_id


@pytest.mark.parametrize("begin", [chat, temporary, comparison])
def test_a_prompt_that_comes_before_the_end_of_an_answer_stays_in_the_box(
    current: Current,
    monkeypatch: pytest.MonkeyPatch,
    begin: Callable[[Services], tuple[AppTest, Callable[[], object]]],
) -> None:
    gate = Gate()
    parrot = Parrot(models=[POLLY, SEER, DEAR])
    madlen = current(parrot)
    page, ask = begin(madlen)
    parrot.scripts = [["Wait ", gate, "for it.", DONE]]
    with services.using(madlen):
        ask()
    refuse = unsent.refuse

    def refused(written: Unsent, error: MadlenError) -> None:
        refuse(written, error)
        gate.open()

    monkeypatch.setattr(unsent, "refuse", refused)
    page.chat_input[0].set_value("Third?").run()
    assert not page.exception
    assert "still being written" in page.error[0].value
    assert page.chat_input[0].proto.value == "Third?"
    assert "Third?" not in {request.messages[-1].text for request in parrot.requests}
    parrot.scripts = [["Now.", DONE]]
    page.chat_input[0].set_value("Third?").run()
    assert not page.error
    assert parrot.requests[-1].messages[-1].text == "Third?"


def test_an_answer_in_another_chat_keeps_no_prompt_waiting(current: Current) -> None:
    gate = Gate()
    parrot = Parrot(["Wait.", gate, DONE], ["At once.", DONE])
    madlen = current(parrot)
    madlen.chat.ask("Elsewhere?", [LANE])
    assert gate.reached.wait(30)
    page = opening.opened()
    page.chat_input[0].set_value("Here?").run()
    assert not page.error
    assert parrot.requests[-1].messages[-1].text == "Here?"
    gate.open()


def test_an_answer_that_nobody_keeps_is_of_no_session(current: Current) -> None:
    gate = Gate()
    madlen = current(Parrot(["Wait.", gate, DONE]))
    made = madlen.chat.answer(POLLY.id, [Message("user", "Hi")], Parameters())
    assert gate.reached.wait(30)
    assert not madlen.hub.is_answering("")
    gate.open()
    list(made.follow(every=0))


def test_an_answer_that_is_told_to_have_ended_keeps_no_prompt_waiting(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()

    async def slowly(_inference: Inference) -> None:
        await gate.wait()

    monkeypatch.setattr(Inference, "measured", slowly)
    madlen = current(Parrot(["One.", DONE]))
    [made] = madlen.chat.ask("First?", [LANE]).generations
    list(made.follow(every=0))
    assert gate.reached.wait(30)
    assert madlen.hub.find(made.id) is made
    assert not madlen.hub.is_answering(made.head.session_id)
    gate.open()
