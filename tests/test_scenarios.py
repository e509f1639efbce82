"""Everything that OpenRouter was seen to do, through the whole of Madlen: how the reply ends, and as what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from madlen.types import Lane, Quota, Status
from tests import test_pretend_answers, test_pretend_openrouter
from tests.behaviours import BEHAVIOURS, BEYOND, UNPLAYED, named, number
from tests.playing import (
    CHATS,
    KINDS,
    REASONS,
    SECRET,
    SENTENCES,
    STATUSES,
    TEXTS,
    Stage,
    says,
    staged,
)
from tests.pretend_openrouter import CHAT_MODEL, SCENARIOS, generation_id
from tests.waiting import step_done

WITHOUT_WORDS = {"tool_calls", "tool_calls_odd", "image", "empty", "content_null"}
_TIMES = {
    3: "timed_out rate_limited_upstream rate_limited_upstream_json rate_limited_seconds rate_limited_date "
    "per_minute code_in_quotes capacity bad_gateway bad_gateway_page empty_gateway unavailable "
    "unavailable_seconds unavailable_new unavailable_page gateway_timeout edge_timeout edge_timeout_page "
    "overloaded in_flight_budget unavailable_twice_then_good",
    2: "server_error unavailable_then_good bad_gateway_then_good server_error_then_good overloaded_then_good "
    "rate_limited_then_good rate_limited_upstream_then_good in_flight_budget_then_good",
    1: "ordinary bad_model_id context_too_long provider_refused invalid_argument no_key unknown_user "
    "out_of_credit can_only_afford prompt_too_dear moderated guardrail key_limit budget gated region "
    "management_only no_endpoints no_image_input data_policy data_policy_new free_variant_ended "
    "unknown_path too_large too_large_page per_day per_day_high_balance per_day_body error_per_day "
    "choice_with_error error_after_text error_after_length cut ends_in_text silent",
}
TIMES = {name: times for times, names in _TIMES.items() for name in names.split()}
"""How often a question is asked before its answer is given up, or is there."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as ready:
        yield ready


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_behaviour_has_a_scenario_or_a_test_of_the_server_itself(behaviour: str) -> None:
    played = BEHAVIOURS[behaviour].split()
    assert set(played) <= SCENARIOS.keys()
    tests = UNPLAYED.get(number(behaviour), ())
    assert played or tests
    assert all(
        hasattr(test_pretend_openrouter, test) or hasattr(test_pretend_answers, test) for test in tests
    )


def test_the_behaviours_are_the_34_of_the_list() -> None:
    assert [number(behaviour) for behaviour in BEHAVIOURS] == [str(place) for place in range(1, 35)]


def test_every_scenario_is_of_a_behaviour_or_is_beyond_the_list_for_a_reason() -> None:
    listed = {name for names in BEHAVIOURS.values() for name in names.split()}
    assert listed | BEYOND.keys() == SCENARIOS.keys()
    assert not listed & BEYOND.keys()


def test_every_ending_that_is_expected_is_of_a_scenario() -> None:
    assert {*KINDS, *TEXTS, *REASONS, *TIMES, *WITHOUT_WORDS} <= set(CHATS)
    assert set(KINDS.values()) == STATUSES.keys() == SENTENCES.keys()


@pytest.mark.parametrize("name", CHATS, ids=named)
def test_a_reply_ends_as_what_it_is(stage: Stage, name: str) -> None:
    stage.play(name)
    reply = stage.reply()
    assert (reply.failure.kind if reply.failure else None) == KINDS.get(name)
    assert says(name, reply.text)
    assert SECRET not in repr(reply)
    if reply.failure is None:
        assert reply.status is Status.COMPLETE
        assert bool(reply.text) is (name not in WITHOUT_WORDS)
    else:
        assert reply.failure.status == STATUSES[reply.failure.kind]
        assert re.search(SENTENCES[reply.failure.kind], reply.failure.sentence)
        assert REASONS.get(name, "") in reply.failure.sentence


@pytest.mark.parametrize(("name", "times"), TIMES.items())
def test_a_question_is_asked_as_often_as_it_can_help(stage: Stage, name: str, times: int) -> None:
    stage.play(name)
    stage.reply()
    assert len(stage.questions) == times


def test_a_picture_comes_whole_through_one_long_line(stage: Stage) -> None:
    stage.play("image")
    assert len(stage.reply().pictures) == 1


def test_what_one_can_afford_is_told_and_is_enough(stage: Stage) -> None:
    stage.play("can_only_afford")
    failure = stage.reply().failure
    assert failure is not None
    assert failure.extra["affordable_tokens"] == 3395


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("finish_length", "length"),
        ("finish_content_filter", "content_filter"),
        ("finish_null", "stop"),
        ("finish_empty", "stop"),
        ("tool_calls", "tool_calls"),
    ],
    ids=str,
)
def test_the_finish_reason_is_kept(stage: Stage, name: str, reason: str) -> None:
    stage.play(name)
    assert stage.reply().finish_reason == reason


@pytest.mark.parametrize(
    ("name", "cost", "tokens"),
    [
        ("usage_without_finish", Decimal("0.000071"), 13),
        ("usage_without_choices", Decimal("0.000071"), 13),
        ("usage_with_finish", Decimal("0.000071"), 13),
        ("usage_twice", Decimal("0.000071"), 13),
        ("usage_without_cost", None, 13),
        ("usage_nowhere", None, None),
        ("empty", Decimal(0), 9),
        ("error_after_length", Decimal("0.000071"), 13),
    ],
    ids=str,
)
def test_usage_is_kept_from_wherever_it_comes(
    stage: Stage, name: str, cost: Decimal | None, tokens: int | None
) -> None:
    stage.play(name)
    usage = stage.reply().usage
    assert (usage.cost, usage.total_tokens) == (cost, tokens)


def test_reasoning_is_kept_with_what_its_model_wants_back(stage: Stage) -> None:
    stage.play("reasoning")
    reply = stage.reply()
    assert reply.reasoning == "One flat shape."
    [thought] = reply.reasoning_details
    assert (thought["text"], thought["signature"]) == ("One flat shape.", "c2lnbmVk")


def test_who_answered_is_known_from_the_headers_alone(stage: Stage) -> None:
    stage.play("without_id")
    reply = stage.reply()
    assert (reply.provider, reply.generation_id[:4]) == ("Google AI Studio", "gen-")


def test_ids_and_the_log_are_the_same_in_every_run(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    seen = []
    for _ in range(2):
        with staged(tmp_path_factory.mktemp("run")) as stage:
            replies = [stage.reply(), stage.reply()]
            paths = [question.path for question in stage.questions]
            seen.append(([reply.generation_id for reply in replies], paths))
    assert seen[0] == seen[1] == ([generation_id(1), generation_id(2)], ["/api/v1/chat/completions"] * 2)


@pytest.mark.parametrize(
    ("scenario", "known"),
    [
        ("key_exhausted", (0, 1000, Decimal(0))),
        ("key_free_tier", (38, 50, None)),
        ("key_unknown", None),
    ],
    ids=str,
)
def test_what_the_account_may_still_do_is_known(
    tmp_path_factory: pytest.TempPathFactory,
    scenario: str,
    known: tuple[int, int, Decimal | None] | None,
) -> None:
    with staged(tmp_path_factory.mktemp("key"), scenario) as stage:
        quota = settled_quota(stage)
    assert (quota and (quota.free_left, quota.free_limit, quota.credit_left)) == known


def settled_quota(stage: Stage) -> Quota | None:
    """The quota once the account has been asked."""
    account = stage.madlen._account
    assert account is not None
    stage.madlen.portal.call(account.refresh)
    return stage.madlen.quota()


@pytest.mark.parametrize(
    ("scenario", "cost"), [("generation_late", Decimal("0.000071")), ("generation_never", None)]
)
def test_the_cost_of_a_stopped_answer_is_asked_for_until_it_is_known(
    tmp_path_factory: pytest.TempPathFactory, scenario: str, cost: Decimal | None
) -> None:
    with staged(tmp_path_factory.mktemp("stopped"), "silent", scenario) as stage:
        generation = stage.madlen.chat.ask("Hello", [Lane(CHAT_MODEL)]).generations[0]
        updates = generation.follow(every=0)
        assert any(update.text for update in updates)
        generation.stop()
        *_, last = generation.follow(every=0)
        assert stage.pretend.hung_up.wait(5)
        step_done(stage.madlen)
        for _ in range(4):
            stage.madlen.portal.call(stage.madlen.hub.settle)
        reply = stage.madlen.store.reply(generation.id)
    assert last.ended is not None
    assert (reply.status, reply.text, reply.usage.cost) == (Status.STOPPED, "Hello", cost)
    assert reply.notes == ("Google AI Studio bills the whole answer even when it is stopped.",)
