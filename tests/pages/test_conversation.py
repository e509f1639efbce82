"""The turns of a chat on its page, run without a browser: what can be done about answers, and links."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from madlen.errors import StoreUnavailable
from madlen.services.wiring import Services
from madlen.types import Lane, Quota, Reply, Turn
from tests.asking import POLLY, ended, talked
from tests.pages.opening import Current, looked_at, opened, texts
from tests.parrot import DONE, SEER, Gate, Parrot


def another(madlen: Services, turn: Turn, lane: Lane = POLLY) -> Reply:
    return ended(madlen.chat.regenerate(turn.session_id, turn.id, lane).generations[0])


def labels(page: AppTest) -> str:
    return "\n".join(button.label for button in page.main.button)


def test_an_answer_is_given_once_more_and_both_can_be_looked_at(current: Current) -> None:
    madlen = current(Parrot(["First.", DONE], ["Second.", DONE]))
    [turn] = talked(madlen, "One")
    page = opened(session=turn.session_id)
    page.button(key=f"regenerate-{turn.replies[0].id}").click().run()
    assert not page.exception
    assert "Second." in texts(page)
    assert "2 / 2" in texts(page)
    page.button(key=f"switch-{turn.id}-chevron_left").click().run()
    assert "First." in texts(page)
    assert "1 / 2" in texts(page)
    assert madlen.store.remarks(turn.session_id).chosen == {turn.id: turn.replies[0].id}
    assert "First." in texts(opened(session=turn.session_id))


def test_what_stands_beside_an_answer_is_there_also_where_it_cannot_be_followed(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Gate()
    madlen = current(Parrot([held, DONE]))
    session_id = madlen.chat.ask("One", [POLLY]).session_id

    def gone(*_: object, **__: object) -> None:
        raise StoreUnavailable("The database chat.db cannot be opened.")

    monkeypatch.setattr(madlen.hub, "follow", gone)
    page = looked_at(opened(session=session_id), f"export-{session_id}")
    held.open()
    assert "cannot be opened" in page.error[0].value
    assert page.main.download_button


def test_what_may_still_be_asked_counts_the_prompt_that_was_just_sent(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    parrot = Parrot()
    parrot.preparing = asked_for = Gate()
    madlen = current(parrot)
    page = opened()

    def left() -> Quota:
        now = Quota(minute_limit=20, minute_left=20 - len(parrot.requests))
        # The prompt is on its way and not yet counted.
        asked_for.open()
        return now

    monkeypatch.setattr(madlen, "quota", left)
    # However long the first word takes here.
    monkeypatch.setattr("madlen.ui.streaming._SILENT_SECONDS", 30.0)
    page.chat_input[0].set_value("Hello").run()
    assert "19 of 20 this minute" in page.main.caption.values


def test_the_only_answer_has_no_switcher(current: Current) -> None:
    [turn] = talked(current(), "One")
    assert "1 / 1" not in texts(opened(session=turn.session_id))


def test_another_model_answers_the_same_prompt(current: Current) -> None:
    parrot = Parrot()
    [turn] = talked(current(parrot), "One")
    page = opened(session=turn.session_id)
    page.button(key=f"other-{turn.replies[0].id}").click().run()
    choice = page.selectbox(key="other-model")
    assert not [option for option in choice.options if option.startswith("Polly")]
    choice.set_value(SEER.id)
    page.button(key="other-go").click().run()
    assert [request.model_id for request in parrot.requests] == ["parrot/polly", SEER.id]


def test_an_answer_can_be_copied_as_it_was_written(current: Current) -> None:
    [turn] = talked(current(Parrot(["**Bold**", DONE])), "One")
    page = opened(session=turn.session_id)
    page.button(key=f"copy-{turn.replies[0].id}").click().run()
    assert "**Bold**" in [code.value for code in page.code]


def test_a_prompt_that_is_edited_is_asked_in_a_chat_of_its_own(current: Current) -> None:
    parrot = Parrot()
    madlen = current(parrot)
    one, two = talked(madlen, "One", "Two")
    page = opened(session=one.session_id)
    page.button(key=f"edit-{two.id}").click().run()
    assert page.text_area(key="edit-text").value == "Two"
    page.text_area(key="edit-text").set_value("Zwei")
    page.button(key="edit-go").click().run()
    assert not page.exception
    assert [message.text for message in parrot.requests[-1].messages] == ["One", "One", "Zwei"]
    [forked] = madlen.store.forks(one.session_id)
    assert page.query_params["session"] == forked.session_id
    assert len(madlen.store.turns(one.session_id)) == 2


def test_an_edited_prompt_that_cannot_be_asked_leads_nowhere(current: Current) -> None:
    madlen = current()
    [turn] = talked(madlen, "One")
    page = opened(session=turn.session_id)
    page.button(key=f"edit-{turn.id}").click().run()
    page.text_area(key="edit-text").set_value(" ")
    page.button(key="edit-go").click().run()
    assert not page.exception
    assert len(madlen.store.sessions()) == 1
    assert page.query_params["session"] == turn.session_id


def test_a_fork_and_its_original_lead_to_one_another(current: Current) -> None:
    madlen = current()
    one, two = talked(madlen, "One", "Two")
    made = madlen.editing.fork(one.session_id, two.id, "Zwei")
    ended(made.generations[0])
    page = opened(session=one.session_id)
    page.button(key=f"fork-{made.session_id}").click().run()
    assert page.query_params["session"] == made.session_id
    assert page.button(key="came-from").label == "Forked from One"
    page.button(key="came-from").click().run()
    assert page.query_params["session"] == one.session_id
    assert page.query_params["message"] == two.id


def test_a_fork_whose_original_was_deleted_says_so(current: Current) -> None:
    madlen = current()
    [turn] = talked(madlen, "One")
    made = madlen.editing.fork(turn.session_id, turn.id, "Uno")
    ended(made.generations[0])
    madlen.chat.delete_session(turn.session_id)
    assert "has been deleted" in texts(opened(session=made.session_id))


def test_a_turn_is_deleted_after_a_second_click(current: Current) -> None:
    madlen = current()
    one, two = talked(madlen, "One", "Two")
    page = opened(session=one.session_id)
    page.button(key=f"more-{two.id}").click().run()
    assert len(madlen.store.turns(one.session_id)) == 2
    page.button(key="delete-go").click().run()
    assert not page.exception
    assert [turn.id for turn in madlen.store.turns(one.session_id)] == [one.id]


def test_the_link_and_the_trace_of_an_answer_can_be_copied(current: Current) -> None:
    [turn] = talked(current(), "One")
    page = opened(session=turn.session_id)
    page.button(key=f"more-{turn.id}").click().run()
    shown = [code.value for code in page.code]
    reply = turn.replies[0]
    assert f"http://localhost:8501/?session={turn.session_id}&message={reply.id}" in shown
    assert reply.trace_id in shown


def test_a_thumb_is_kept_and_shown_again(current: Current) -> None:
    madlen = current()
    [turn] = talked(madlen, "One")
    reply = turn.replies[0]
    page = opened(session=turn.session_id)
    page.feedback(key=f"thumbs-{reply.id}").set_value(0).run()
    assert madlen.store.remarks(turn.session_id).ratings == {reply.id: "down"}
    page = opened(session=turn.session_id)
    assert page.feedback(key=f"thumbs-{reply.id}").value == 0
    page.feedback(key=f"thumbs-{reply.id}").set_value(None).run()
    assert madlen.store.remarks(turn.session_id).ratings == {}


def test_a_thumb_that_cannot_be_kept_is_said_to_be(current: Current, monkeypatch: pytest.MonkeyPatch) -> None:
    madlen = current()
    [turn] = talked(madlen, "One")
    page = opened(session=turn.session_id)

    def full(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(madlen.store, "rate", full)
    page.feedback(key=f"thumbs-{turn.replies[0].id}").set_value(1).run()
    assert "The disk is full" in page.toast[0].value


def test_where_another_model_takes_over_is_said(current: Current) -> None:
    madlen = current()
    [turn] = talked(madlen, "One")
    assert "From here on" not in texts(opened(session=turn.session_id))
    made = madlen.chat.ask("Two", [Lane(SEER.id)], session_id=turn.session_id)
    ended(made.generations[0])
    assert "From here on: 📷 Seer, no longer Polly" in texts(opened(session=turn.session_id))


def test_a_linked_message_is_drawn_though_it_is_not_among_the_newest(current: Current) -> None:
    turns = talked(current(), *(f"Prompt {number}" for number in range(14)))
    page = opened(session=turns[0].session_id, message=turns[1].replies[0].id)
    assert [message.name for message in page.chat_message] == ["user", "assistant"] * 2
    assert "Linked" in texts(page)
    page.button(key="later").click().run()
    assert "message" not in page.query_params
    assert "Prompt 13" in texts(page)
    assert "Linked" not in texts(page)


def test_a_link_shows_the_reply_that_it_names(current: Current) -> None:
    madlen = current(Parrot(["First.", DONE], ["Second.", DONE]))
    [turn] = talked(madlen, "One")
    another(madlen, turn)
    page = opened(session=turn.session_id, message=turn.replies[0].id)
    assert "First." in texts(page)
    page.button(key=f"switch-{turn.id}-chevron_right").click().run()
    assert "Second." in texts(page)


def test_a_link_to_a_message_that_has_gone_shows_the_newest(current: Current) -> None:
    [turn] = talked(current(), "One")
    page = opened(session=turn.session_id, message="nothing")
    assert not page.exception
    assert "One" in texts(page)
    assert "Linked" not in texts(page)


def test_a_new_prompt_leaves_the_link(current: Current) -> None:
    turns = talked(current(), "One", "Two")
    page = opened(session=turns[0].session_id, message=turns[0].id)
    page.chat_input[0].set_value("Three").run()
    assert "message" not in page.query_params
    assert [message.name for message in page.chat_message] == ["user", "assistant"] * 3
