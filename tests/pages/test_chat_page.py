"""The chat page, run without a browser."""

from __future__ import annotations

import pytest

from madlen.errors import (
    RateLimited,
    StoreUnavailable,
    UpstreamError,
)
from madlen.types import Lane, Picture, Quota, Reasoning
from tests.pages.opening import Current, chatted, looked_at, opened, texts
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot
from tests.waiting import step_done


def test_an_empty_page_says_what_it_is_for_and_offers_a_first_step(current: Current) -> None:
    current()
    page = opened()
    assert not page.exception
    assert "What would you like to ask?" in texts(page)
    assert "OPENROUTER_API_KEY" in texts(page)
    assert "Write a haiku about the sea." in page.button_group(key="suggestion").options


def test_a_prompt_is_answered_and_its_session_is_in_the_address(current: Current) -> None:
    madlen = current(Parrot(["Hello **there**", DONE]))
    page = opened()
    page.chat_input[0].set_value("Hi").run()
    assert not page.exception
    assert "Hello **there**" in texts(page)
    [session] = madlen.store.sessions()
    assert page.query_params["session"] == session.id


def test_the_figures_stand_under_the_answer(current: Current) -> None:
    current()
    page = opened()
    page.chat_input[0].set_value("Hi").run()
    figures = "".join(page.main.caption.values)
    assert "to first token" in figures
    assert "3 tokens in, 5 out" in figures
    assert "0\\.0001" in figures


def test_a_session_in_the_address_is_shown_whole(current: Current) -> None:
    madlen = current(Parrot(["Hello there", DONE]))
    page = opened(session=chatted(madlen, "Say hello"))
    assert [message.name for message in page.chat_message] == ["user", "assistant"]
    assert "Say hello" in texts(page)
    assert "Hello there" in texts(page)


def test_the_conversation_goes_on_in_the_same_session(current: Current) -> None:
    parrot = Parrot(["One.", DONE], ["Two.", DONE])
    madlen = current(parrot)
    page = opened()
    page.chat_input[0].set_value("First?").run()
    page.chat_input[0].set_value("Second?").run()
    assert [message.text for message in parrot.requests[-1].messages] == ["First?", "One.", "Second?"]
    assert len(madlen.store.sessions()) == 1


def test_an_unknown_session_is_said_to_be_gone_and_a_new_chat_offered(current: Current) -> None:
    current()
    page = opened(session="nothing")
    assert "no such chat" in page.warning[0].value
    assert "session" not in page.query_params
    assert "What would you like to ask?" in texts(page)


def test_a_suggestion_asks_itself(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = opened()
    page.button_group(key="suggestion").set_value("Write a haiku about the sea.").run()
    assert parrot.requests[0].messages[0].text == "Write a haiku about the sea."
    assert not page.exception


def test_a_prompt_that_cannot_be_sent_goes_back_into_the_box(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = current()
    page = opened()

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(madlen.store, "begin", full)
    page.chat_input[0].set_value("My long letter").run()
    assert "The disk is full" in page.error[0].value
    assert page.chat_input[0].proto.value == "My long letter"
    assert madlen.store.sessions() == []


def test_a_failed_answer_keeps_its_text_and_offers_to_try_again(current: Current) -> None:
    parrot = Parrot(["Half an ", RateLimited("Wait a moment.")], ["Whole.", DONE])
    current(parrot)
    page = opened()
    page.chat_input[0].set_value("Hi").run()
    assert "Half an" in texts(page)
    assert "Wait a moment" in page.error[0].value
    page.run()
    [again] = [button for button in page.button if button.label == "Try again"]
    again.click().run()
    assert "Whole." in texts(page)
    assert not page.error


def test_free_models_come_first_and_paid_ones_when_asked_for(current: Current) -> None:
    current()
    page = opened()
    assert [option.split(" · ")[0] for option in page.selectbox[0].options] == ["Polly", "📷 Seer"]
    assert "2 of 3 models shown" in texts(page)
    page.toggle[0].set_value(False).run()
    assert page.selectbox[0].options[-1] == "Dear · $1.00 in, $2.00 out per million tokens · parrot/dear"


def test_the_chosen_model_answers(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = opened()
    page.selectbox[0].set_value(SEER.id).run()
    page.chat_input[0].set_value("Hi").run()
    assert parrot.requests[0].model_id == SEER.id


def test_a_session_opens_with_the_model_it_was_last_asked_with(current: Current) -> None:
    madlen = current()
    made = madlen.chat.ask("Hi", [Lane(DEAR.id)])
    list(made.generations[0].follow(every=0))
    assert opened(session=made.session_id).selectbox[0].value == DEAR.id


def test_a_session_whose_model_has_gone_still_opens_and_says_so(current: Current) -> None:
    parrot = Parrot(models=[POLLY, SEER])
    madlen = current(parrot)
    made = madlen.chat.ask("Hi", [Lane(SEER.id)])
    list(made.generations[0].follow(every=0))
    parrot._models.remove(SEER)
    step_done(madlen)
    current(Parrot(models=[POLLY]))
    page = opened(session=made.session_id)
    assert not page.exception
    assert page.selectbox[0].options[0] == "parrot/seer (not listed now)"


def test_a_provider_that_is_down_is_said_to_be(current: Current) -> None:
    parrot = Parrot()
    parrot.listing_error = UpstreamError("The cage is closed.")
    current(parrot)
    page = opened()
    assert not page.exception
    assert "The cage is closed" in page.warning[0].value


def test_titles_are_shown_as_they_are_and_load_nothing(current: Current) -> None:
    madlen = current()
    chatted(madlen, "![x](http://example.com/beacon.png)")
    page = opened()
    [label] = [button.label for button in page.sidebar.button if str(button.key).startswith("open-")]
    assert "\\!\\[x\\]\\(http\\:" in label


def test_thinking_is_folded_away_from_the_answer(current: Current) -> None:
    madlen = current(Parrot([Reasoning("Hm, a greeting."), "Hello", DONE]))
    page = opened(session=chatted(madlen))
    [thinking] = page.main.expander
    assert (thinking.label, thinking.markdown[0].value) == ("Thinking", "Hm, a greeting.")


def test_an_empty_answer_is_said_to_be_one(current: Current) -> None:
    madlen = current(Parrot([DONE]))
    assert "empty answer" in "".join(opened(session=chatted(madlen)).main.caption.values)


def test_without_any_model_the_page_says_so_and_takes_no_prompt(current: Current) -> None:
    current(Parrot(models=[]))
    page = opened()
    assert not page.exception
    assert "no model to ask" in page.warning[0].value
    assert page.chat_input[0].disabled


def test_what_the_account_may_still_do_stands_where_one_chooses(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = current()
    left = Quota(12, 50, 38, minute_limit=20, minute_left=0, minute_wait=12.0)
    monkeypatch.setattr(madlen, "quota", lambda: left)
    page = opened()
    said = "".join(page.main.caption.values)
    assert "38 of 50 free requests left today · 0 of 20 this minute" in said
    assert "Free requests are taken again in 12 s" in said
    [meter] = page.main.get("progress")
    assert meter.proto.value == 76


def test_a_note_stands_under_its_answer(current: Current) -> None:
    madlen = current(Parrot(["A cat.", DONE], ["Yes.", DONE]))
    made = madlen.chat.ask("Look", [Lane(SEER.id)], pictures=[Picture(url="https://example.com/cat.png")])
    list(made.generations[0].follow(every=0))
    again = madlen.chat.ask("Sure?", [Lane(POLLY.id)], session_id=made.session_id)
    list(again.generations[0].follow(every=0))
    assert "1 earlier image was left out" in "".join(opened(session=made.session_id).main.caption.values)


def test_a_database_that_goes_away_is_a_sentence(current: Current, monkeypatch: pytest.MonkeyPatch) -> None:
    madlen = current()

    def gone(**_: object) -> None:
        raise StoreUnavailable("The database chat.db cannot be opened.")

    monkeypatch.setattr(madlen.store, "sessions", gone)
    page = opened()
    assert not page.exception
    assert "cannot be opened" in page.error[0].value


def test_a_long_chat_opens_with_its_newest_prompts_and_shows_earlier_ones_when_asked(
    current: Current,
) -> None:
    madlen = current(Parrot(["Fine.", DONE]))
    session_id = chatted(madlen, "Prompt 0")
    for number in range(1, 15):
        made = madlen.chat.ask(f"Prompt {number}", [Lane(POLLY.id)], session_id=session_id)
        list(made.generations[0].follow(every=0))
    page = opened(session=session_id)
    assert [message.name for message in page.chat_message] == ["user", "assistant"] * 6
    assert "Prompt 8" not in texts(page).split("\n")
    [earlier] = [button for button in page.main.button if "earlier" in button.label]
    assert earlier.label == "Show 9 earlier prompts of 9"
    earlier.click().run()
    assert "Prompt 0" in texts(page)
    assert not [button for button in page.main.button if "earlier" in button.label]


def test_the_page_says_how_a_program_asks_the_same_model(current: Current) -> None:
    current()
    page = opened()
    assert not page.sidebar.code
    [code] = looked_at(page, "programs").sidebar.code
    assert code.language == "bash"
    assert "/api/chat/" in code.value
    assert '"model": "parrot/polly"' in code.value
