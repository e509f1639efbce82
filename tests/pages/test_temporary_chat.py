"""A temporary chat on the page: it answers, nothing of it is stored, and it can be kept."""

from __future__ import annotations

from pathlib import Path

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from streamlit.testing.v1 import AppTest

from madlen import services
from madlen.errors import OutOfCredit, RateLimited
from madlen.types import Picture
from madlen.ui.temporary import Temporary
from madlen.ui.unsent import Unsent
from tests.asking import POLLY, ended
from tests.pages.opening import Current, opened, texts
from tests.parrot import DONE, SEER, Gate, Parrot

SECRET = "Zx9CanarySecretOfMine"


def begun() -> AppTest:
    return opened().button(key="begin-temporary").click().run()


def test_a_temporary_chat_is_one_click_away_and_marked(current: Current) -> None:
    current()
    page = begun()
    assert not page.exception
    assert "Temporary chat" in texts(page)
    assert page.query_params["temporary"]


def test_it_answers_with_what_was_said_before(current: Current) -> None:
    parrot = Parrot(["One.", DONE], ["Two.", DONE])
    current(parrot)
    page = begun()
    page.chat_input[0].set_value("First?").run()
    page.chat_input[0].set_value("Second?").run()
    assert not page.exception
    assert [message.text for message in parrot.requests[-1].messages] == ["First?", "One.", "Second?"]
    page.run()
    assert [message.name for message in page.chat_message] == ["user", "assistant"] * 2
    assert "Two." in texts(page)


def test_what_was_answered_since_it_was_last_looked_at_is_known_to_the_next_prompt(current: Current) -> None:
    gate = Gate()
    parrot = Parrot([gate, "One.", DONE], ["Two.", DONE])
    madlen = current(parrot)
    with services.using(madlen):
        chat = Temporary("1")
        chat.ask(Unsent("First?"), POLLY)
        [first] = chat.flying.values()
        gate.open()
        ended(first)
        chat.ask(Unsent("Second?"), POLLY)
        ended(chat.flying[chat.turns[1].replies[0].id])
    assert [message.text for message in parrot.requests[1].messages] == ["First?", "One.", "Second?"]


def test_nothing_of_it_is_stored_or_traced(
    current: Current, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    madlen = current(Parrot([f"I keep {SECRET}", DONE]))
    page = begun()
    page.session_state["held"] = Unsent(SECRET, (Picture(url=f"https://example.com/{SECRET}.png"),))
    page.run().button(key="ask-seeing").click().run()
    assert f"I keep {SECRET}" in texts(page)
    assert madlen.store.sessions() == madlen.store.sessions(words=SECRET) == []
    assert madlen.store.choices().recent == ()
    madlen.store.check()
    files = [path.read_bytes() for path in tmp_path.glob("chat.db*")]
    assert files
    assert not any(SECRET.encode() in content for content in files)
    assert SECRET not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_it_is_asked_with_its_settings(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = begun()
    page.session_state["model-new-settings"] = True
    page.run().text_area(key="model-new-system").set_value("Be brief.").run()
    page.chat_input[0].set_value("Hi").run()
    assert [message.text for message in parrot.requests[0].messages] == ["Be brief.", "Hi"]


def test_one_click_keeps_it_after_all(current: Current) -> None:
    parrot = Parrot(["One.", DONE], ["Two.", DONE])
    madlen = current(parrot)
    page = begun()
    page.selectbox(key="model-new").set_value(SEER.id).run()
    page.chat_input[0].set_value("First?").run()
    page.button(key="keep-temporary").click().run()
    assert not page.exception
    [session] = madlen.store.sessions()
    assert (session.title, session.model_id) == ("First?", SEER.id)
    assert page.query_params["session"] == session.id
    assert "Temporary chat" not in texts(page)
    page.chat_input[0].set_value("Second?").run()
    assert [turn.replies[0].text for turn in madlen.store.turns(session.id)] == ["One.", "Two."]


def test_an_answer_that_fails_can_be_asked_again(current: Current) -> None:
    parrot = Parrot(["Half", RateLimited("Wait a moment.")], ["Whole.", DONE])
    madlen = current(parrot)
    page = begun()
    page.chat_input[0].set_value("Hi").run()
    assert "Wait a moment" in page.error[0].value
    page.run()
    [again] = [button for button in page.main.button if button.label == "Try again"]
    again.click().run()
    assert "Whole." in texts(page)
    assert not page.error
    assert [message.text for message in parrot.requests[-1].messages] == ["Hi"]
    assert madlen.store.sessions() == []


def test_what_helps_a_stored_chat_helps_a_temporary_one_too(current: Current) -> None:
    parrot = Parrot(["Half", OutOfCredit("Too dear.", affordable_tokens=3395)], ["Short.", DONE])
    madlen = current(parrot)
    page = begun()
    page.chat_input[0].set_value("Hi").run()
    page.run()
    labels = [button.label for card in page.chat_message for button in card.button]
    assert "Continue" not in labels
    [fewer] = [button for button in page.main.button if button.label == "Ask for at most 3,395 tokens"]
    fewer.click().run()
    assert "Short." in texts(page)
    assert parrot.requests[-1].parameters.max_tokens == 3395
    assert madlen.store.sessions() == []


def test_an_answer_that_was_cut_off_is_asked_for_again_as_a_whole(current: Current) -> None:
    current(Parrot(["Half"], ["Whole.", DONE]))
    page = begun()
    page.chat_input[0].set_value("Hi").run()
    page.run()
    labels = [button.label for card in page.chat_message for button in card.button]
    assert labels == ["Try again"]


def test_before_the_first_prompt_it_can_be_made_one_that_is_stored(current: Current) -> None:
    madlen = current()
    page = begun()
    page.button(key="end-temporary").click().run()
    assert "Temporary chat" not in texts(page)
    page.chat_input[0].set_value("Hi").run()
    assert len(madlen.store.sessions()) == 1


def test_a_new_chat_beside_it_is_stored_and_the_way_back_shows_it_again(current: Current) -> None:
    madlen = current()
    page = begun()
    page.chat_input[0].set_value(SECRET).run()
    chat_id = page.query_params["temporary"]
    page.button(key="new-chat").click().run()
    assert SECRET not in texts(page)
    page.query_params["temporary"] = chat_id
    assert SECRET in texts(page.run())
    assert madlen.store.sessions() == []


def test_one_that_this_tab_does_not_know_is_empty(current: Current) -> None:
    current()
    page = opened(temporary="of-another-tab")
    assert not page.exception
    assert "Temporary chat" in texts(page)
    assert not page.chat_message


def test_what_it_has_no_room_for_begins_another_that_is_temporary_too(current: Current) -> None:
    parrot = Parrot(["word " * 700, DONE], ["Fine.", DONE])
    madlen = current(parrot)
    page = begun()
    page.chat_input[0].set_value("First?").run()
    chat_id = page.query_params["temporary"]
    page.chat_input[0].set_value("tale " * 200).run()
    page.button(key="send-anew").click().run()
    assert not page.exception
    assert "Temporary chat" in texts(page)
    assert page.query_params["temporary"] != chat_id
    assert len(parrot.requests[-1].messages) == 1
    assert madlen.store.sessions() == []
