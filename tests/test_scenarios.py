"""Everything that OpenRouter was seen to do, through the whole of Madlen: how the reply ends, and as what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from madlen.providers import retries
from madlen.services import Services
from madlen.settings import Settings
from madlen.types import Lane, Reply, Status
from tests.pretend_openrouter import CHAT_MODEL, PretendOpenRouter
from tests.pretend_openrouter.scenarios import SCENARIOS

SECRET = "q7Zx9CanaryKey4Wm2"

FAILURES = {
    "upstream-timeout": "slow_first_token slow_first_token_with_comments silent silent_with_comments "
    "silent_before_headers timed_out gateway_timeout edge_timeout edge_timeout_page",
    "interrupted": "ends_in_text ends_before_text ends_in_json cut reset reset_before_text",
    "model-gone": "bad_model_id no_endpoints free_variant_ended unknown_path",
    "context-length": "context_too_long",
    "upstream-auth": "no_key no_header unknown_user",
    "out-of-credit": "out_of_credit can_only_afford prompt_too_dear in_flight_budget "
    "in_flight_budget_then_good",
    "refused": "moderated guardrail key_limit budget gated region management_only",
    "unsupported": "no_image_input no_tool_use no_such_output",
    "data-policy": "data_policy data_policy_paid data_policy_new guardrail_restriction none_of_five "
    "model_blocked no_allowed_providers",
    "too-large": "too_large images_too_large too_large_page",
    "rate-limited": "rate_limited_upstream rate_limited_upstream_json rate_limited_seconds rate_limited_date "
    "per_minute code_in_quotes capacity rate_limited_then_good rate_limited_upstream_then_good",
    "rate-limited-daily": "per_day per_day_high_balance per_day_body error_per_day",
    "upstream": "whitespace provider_refused invalid_argument server_error bad_gateway bad_gateway_page "
    "empty_gateway unavailable unavailable_seconds unavailable_new unavailable_page overloaded error_body "
    "choices_null choices_empty choices_missing choice_with_error nested_in_provider html_body error_first "
    "error_after_text error_without_done error_without_choices error_with_null_choices error_alone "
    "error_code_text error_plain_text error_metadata_null error_after_length error_for_stream",
}
"""The kind of failure that each scenario ends in; every other scenario is a whole answer."""

KINDS = {name: kind for kind, names in FAILURES.items() for name in names.split()}
CHATS = [name for name, scenario in SCENARIOS.items() if scenario.subject == "chat"]
PARTIAL = {"silent", "silent_with_comments", "ends_in_text", "ends_in_json", "cut", "error_after_text"}
WITHOUT_WORDS = {"tool_calls", "tool_calls_odd", "image", "empty", "content_null"}

Played = Callable[[str], Reply]


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """Asks in a scenario; gives the reply as its followers get it, which is as it is stored."""
    # A wait of seconds is for the tests of the retries; here it is not made at all.
    monkeypatch.setattr(retries, "LONGEST_SECONDS", 0.3)
    monkeypatch.setattr(retries, "_FIRST_SECONDS", 0.01)
    with PretendOpenRouter().running() as pretend:
        started: list[Services] = []

        def play(name: str) -> Reply:
            madlen = Services(
                Settings(
                    database_url=f"sqlite:///{tmp_path}/{name}.db",
                    openrouter_api_key=f"sk-or-v1-{SECRET}",
                    openrouter_base_url=pretend.at(name),
                    no_token_seconds=0.7,
                    enable_tracing=False,
                )
            )
            started.append(madlen)
            generation = madlen.chat.ask("Hello", [Lane(CHAT_MODEL)]).generations[0]
            *_, last = generation.follow(every=0)
            assert last.ended is not None
            assert madlen.store.reply(generation.id) == last.ended
            return last.ended

        yield play
        pretend.release()
        for madlen in started:
            madlen.close()


def test_every_failure_that_is_expected_is_of_a_scenario() -> None:
    assert KINDS.keys() <= set(CHATS)


@pytest.mark.parametrize("name", CHATS)
def test_a_reply_ends_as_what_it_is(played: Played, name: str) -> None:
    reply = played(name)
    assert (reply.failure.kind if reply.failure else None) == KINDS.get(name)
    if name not in KINDS:
        assert reply.status is Status.COMPLETE
        assert bool(reply.text) is (name not in WITHOUT_WORDS)
    if name in PARTIAL:
        assert reply.text
    assert SECRET not in repr(reply)


def test_a_picture_comes_whole_through_one_long_line(played: Played) -> None:
    assert len(played("image").pictures) == 1


def test_what_one_can_afford_is_told(played: Played) -> None:
    failure = played("can_only_afford").failure
    assert failure is not None
    assert failure.extra["affordable_tokens"] == 3395
