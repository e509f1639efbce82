"""The end of a chat that is seen before the rest of its page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from madlen.ui import turnstile
from tests.asking import POLLY, ended, talked
from tests.pages.opening import Current, opened
from tests.parrot import DONE, Gate, Parrot
from tests.ui.test_turnstile import waiting


def page(session_id: str, **query: str) -> AppTest:
    """What is seen at first of a chat, without the rest of its page."""
    drawn = AppTest.from_function(_first_sight, default_timeout=20)
    for name, value in {"session": session_id, **query}.items():
        drawn.query_params[name] = value
    return drawn.run()


def _first_sight() -> None:
    """The body of a script, which Streamlit takes out of here."""
    from madlen import services  # noqa: PLC0415
    from madlen.ui import address, opening  # noqa: PLC0415

    opening.draw(address.session(instead=""), services.current().chat.models().models)


def said(seen: AppTest) -> list[str]:
    assert not seen.exception
    return [str(element.value) for element in seen.markdown]


def test_the_last_prompt_and_its_answer_are_seen_at_first_and_nothing_else(current: Current) -> None:
    turns = talked(current(Parrot(["First.", DONE], ["Second.", DONE])), "One", "Two")
    seen = page(turns[0].session_id)
    assert [message.name for message in seen.chat_message] == ["user", "assistant"]
    two, heading, answer = said(seen)
    assert (two, answer) == ("Two", "Second.")
    assert "Polly" in heading
    assert not seen.button


def test_of_several_answers_the_chosen_one_is_seen(current: Current) -> None:
    madlen = current(Parrot(["First.", DONE], ["Second.", DONE]))
    [turn] = talked(madlen, "One")
    ended(madlen.chat.regenerate(turn.session_id, turn.id, POLLY).generations[0])
    assert said(page(turn.session_id))[-1] == "Second."
    madlen.editing.choose(turn.id, turn.replies[0].id)
    assert said(page(turn.session_id))[-1] == "First."


def test_a_prompt_without_an_answer_is_seen_alone(current: Current) -> None:
    madlen = current()
    [turn] = talked(madlen, "One")
    madlen.store.begin(replace(turn, id="two", text="Two"), [], model_id=POLLY.model_id)
    assert said(page(turn.session_id)) == ["Two"]


def test_an_answer_in_flight_is_only_drawn_where_it_is_followed(current: Current) -> None:
    gate = Gate()
    madlen = current(Parrot(["Half", gate, " of it.", DONE]))
    made = madlen.chat.ask("One", [POLLY])
    assert said(page(made.session_id)) == []
    gate.open()
    ended(made.generations[0])
    assert said(page(made.session_id))[-1] == "Half of it."


def test_nothing_is_seen_before_a_page_that_was_opened_for_a_message(current: Current) -> None:
    turns = talked(current(), "One", "Two")
    assert said(page(turns[0].session_id, message=turns[0].id)) == []


def test_it_is_seen_once_in_a_tab(current: Current) -> None:
    [turn] = talked(current(), "One")
    seen = page(turn.session_id)
    assert said(seen)
    assert said(seen.run()) == []


@pytest.mark.parametrize("empty", ["no chat", "a chat without prompts"])
def test_nothing_is_seen_of_a_chat_in_which_nothing_was_said(current: Current, empty: str) -> None:
    madlen = current()
    session_id = "" if empty == "no chat" else madlen.chat.create_session(POLLY.model_id).id
    assert said(page(session_id)) == []


def test_other_pages_are_drawn_meanwhile(current: Current, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    aside = turnstile.aside

    def beside_another(seconds: float) -> None:
        with waiting(turnstile._pages, drawn, "other"):
            assert drawn == []
            aside(seconds)
        drawn.append("first again")

    monkeypatch.setattr(turnstile, "PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr(turnstile, "aside", beside_another)
    [turn] = talked(current(), "One")
    opened(session=turn.session_id)
    assert drawn == ["other", "first again"]


def test_it_has_gone_when_the_conversation_is_drawn(current: Current) -> None:
    turns = talked(current(Parrot(["First.", DONE], ["Second.", DONE])), "One", "Two")
    seen = opened(session=turns[0].session_id)
    assert said(seen).count("Second.") == 1
    assert [message.name for message in seen.chat_message] == ["user", "assistant"] * 2
