"""What the page offers about an answer that is not whole."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from madlen.conversation import GO_ON
from madlen.errors import (
    ContextLength,
    DailyLimit,
    DataPolicy,
    Interrupted,
    MadlenError,
    MinuteLimit,
    ModelGone,
    OutOfCredit,
    RateLimited,
    Refused,
    SpendingLimit,
    Unsupported,
    UpstreamAuth,
    UpstreamError,
)
from madlen.store.library import sqlite3
from madlen.types import Lane, Model
from tests.pages.opening import Current, chatted, opened, texts
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot

COUNTED = replace(POLLY, id="parrot/polly:free", name="Counted")
ROUTED = replace(POLLY, id="parrot/cheap", name="Cheap")
ROOMY = replace(POLLY, id="parrot/roomy", name="Roomy", context_length=100_000)
PRIVACY = "https://openrouter.ai/settings/privacy"


def failed_with(current: Current, error: MadlenError) -> AppTest:
    """The page after an answer that failed so, opened anew."""
    madlen = current(Parrot([error], ["Whole.", DONE]))
    return opened(session=chatted(madlen))


def offered(page: AppTest) -> list[str]:
    """The labels of the buttons in the cards; what can be done about any answer is icons alone."""
    return [button.label for card in page.chat_message for button in card.button if button.label]


def test_a_busy_provider_is_counted_down(current: Current) -> None:
    page = failed_with(current, RateLimited("Busy.", retry_after=60))
    [countdown] = [button for button in page.main.button if button.label.startswith("Try again in ")]
    assert countdown.disabled
    assert "Try again" not in offered(page)


def test_a_wait_that_is_over_can_be_ended_by_trying(current: Current) -> None:
    assert "Try again" in offered(failed_with(current, RateLimited("Busy.", retry_after=0)))


def test_too_little_credit_offers_fewer_tokens(current: Current) -> None:
    parrot = Parrot([OutOfCredit("Too dear.", affordable_tokens=3395)], ["Short.", DONE])
    madlen = current(parrot)
    page = opened(session=chatted(madlen))
    [fewer] = [button for button in page.main.button if button.label == "Ask for at most 3,395 tokens"]
    fewer.click().run()
    assert parrot.requests[-1].parameters.max_tokens == 3395
    assert "Short." in texts(page)


def test_the_prompt_can_go_to_the_model_that_is_picked_instead(current: Current) -> None:
    parrot = Parrot([UpstreamError("Down.")], ["Whole.", DONE])
    madlen = current(parrot)
    page = opened(session=chatted(madlen))
    page.selectbox[0].set_value(SEER.id).run()
    [swap] = [button for button in page.main.button if button.label.endswith(" instead")]
    swap.click().run()
    assert parrot.requests[-1].model_id == SEER.id
    assert "Whole." in texts(page)


def instead(page: AppTest) -> list[str]:
    return [label for label in offered(page) if label.endswith(" instead")]


def test_the_end_of_the_daily_limit_is_told_on_the_readers_clock(current: Current) -> None:
    page = failed_with(current, DailyLimit("Used up."))
    assert "New free requests come at" in "".join(page.main.caption.values)
    assert "Try again" not in offered(page)


def test_once_the_day_is_over_the_same_model_can_be_asked_again(current: Current) -> None:
    madlen = current(Parrot([DailyLimit("Used up.")], ["Whole.", DONE]))
    session_id = chatted(madlen)
    [turn] = madlen.store.turns(session_id)
    yesterday = turn.replies[0].created_at - timedelta(days=1)
    with closing(sqlite3.connect(str(madlen.settings.database_url).removeprefix("sqlite:///"))) as raw, raw:
        raw.execute("UPDATE messages SET timestamp = ? WHERE role = 'assistant'", [yesterday.isoformat()])
    page = opened(session=session_id)
    assert "New free requests come at" not in "".join(page.main.caption.values)
    [again] = [button for button in page.main.button if button.label == "Try again"]
    again.click().run()
    assert "Whole." in texts(page)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (UpstreamError("Down."), SEER.name),
        (ModelGone("Gone."), SEER.name),
        (DataPolicy("Excluded."), SEER.name),
        (Refused("Flagged."), SEER.name),
        (Unsupported("Blind."), SEER.name),
        (RateLimited("Busy."), SEER.name),
        (DailyLimit("Used up."), ROUTED.name),
        (ContextLength("Too long."), ROOMY.name),
    ],
    ids=lambda value: type(value).__name__,
)
def test_another_model_is_one_click_away_without_choosing_it(
    current: Current, error: MadlenError, named: str
) -> None:
    listed: dict[type[MadlenError], list[Model]] = {
        DailyLimit: [COUNTED, ROUTED],
        ContextLength: [POLLY, SEER, ROOMY],
    }
    models = listed.get(type(error), [POLLY, SEER])
    parrot = Parrot([error], ["Whole.", DONE], models=models)
    madlen = current(parrot)
    made = madlen.chat.ask("Hello there", [Lane(models[0].id)])
    list(made.generations[0].follow(every=0))
    page = opened(session=made.session_id)
    [swap] = [button for button in page.main.button if button.label.endswith(" instead")]
    assert named in swap.label
    swap.click().run()
    assert "Whole." in texts(page)
    assert [message.text for message in parrot.requests[-1].messages] == ["Hello there"]


@pytest.mark.parametrize(
    "error",
    [Interrupted("Cut."), UpstreamAuth("No key."), SpendingLimit("Spent."), OutOfCredit("Owing.")],
)
def test_no_model_is_offered_where_none_of_them_would_do_better(current: Current, error: MadlenError) -> None:
    assert instead(failed_with(current, error)) == []


def test_without_credit_for_a_paid_model_a_free_one_is_offered(current: Current) -> None:
    madlen = current(Parrot([OutOfCredit("Too dear.")], models=[DEAR, POLLY]))
    made = madlen.chat.ask("Hello there", [Lane(DEAR.id)])
    list(made.generations[0].follow(every=0))
    assert instead(opened(session=made.session_id)) == ["Ask Polly instead"]


def test_where_the_key_is_refused_a_model_of_another_source_is_offered(current: Current) -> None:
    local = replace(SEER, source="local")
    madlen = current(Parrot([UpstreamAuth("No key.")], models=[POLLY, local]))
    [label] = instead(opened(session=chatted(madlen)))
    assert local.name in label


def test_an_answer_that_was_cut_off_can_go_on_with_its_words(current: Current) -> None:
    parrot = Parrot(["Once upon "], ["a time.", DONE])
    madlen = current(parrot)
    page = opened(session=chatted(madlen, "A story"))
    [go_on] = [button for button in page.main.button if button.label == "Continue"]
    go_on.click().run()
    assert "Once upon a time." in texts(page)
    said = [(message.role, message.text) for message in parrot.requests[-1].messages]
    assert said == [("user", "A story"), ("assistant", "Once upon "), ("user", GO_ON)]


@pytest.mark.parametrize(
    "error",
    [
        DailyLimit("Used up."),
        MinuteLimit("Used up."),
        RateLimited("Busy."),
        OutOfCredit("Too dear."),
        SpendingLimit("Spent."),
    ],
)
def test_what_the_same_model_cannot_do_now_is_not_offered(current: Current, error: MadlenError) -> None:
    madlen = current(Parrot(["Once upon ", error]))
    assert "Continue" not in offered(opened(session=chatted(madlen)))


def test_nothing_is_continued_where_no_word_came(current: Current) -> None:
    assert "Continue" not in offered(failed_with(current, UpstreamError("Down.")))


def test_a_setting_at_openrouter_that_is_in_the_way_is_one_click_away(current: Current) -> None:
    page = failed_with(current, DataPolicy("Nobody may answer.", settings_url=PRIVACY))
    [link] = page.main.get("link_button")
    assert link.proto.url == PRIVACY
