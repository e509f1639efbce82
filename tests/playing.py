"""Scenarios played to a whole Madlen, and what each of them has to end as."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from madlen.providers import retries
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.tracing import Tracing
from madlen.types import Lane, Reply
from tests.pretend_openrouter import CHAT_MODEL, SCENARIOS, PretendOpenRouter, Received, Scenario
from tests.pretend_openrouter.scenarios import transport

SECRET = "q7Zx9CanaryKey4Wm2"

_FAILURES = {
    "upstream-timeout": "slow_first_token slow_first_token_with_comments silent silent_with_comments "
    "silent_before_headers timed_out gateway_timeout edge_timeout edge_timeout_page",
    "interrupted": "ends_in_text ends_before_text ends_in_json cut reset reset_before_text",
    "model-gone": "bad_model_id no_endpoints free_variant_ended",
    "context-length": "context_too_long",
    "upstream-auth": "no_key no_header unknown_user",
    "out-of-credit": "out_of_credit can_only_afford prompt_too_dear in_flight_budget",
    "refused": "moderated guardrail gated region management_only",
    "spending-limit": "key_limit budget",
    "unsupported": "no_image_input no_tool_use no_such_output",
    "data-policy": "data_policy data_policy_paid data_policy_new guardrail_restriction none_of_five "
    "model_blocked no_allowed_providers",
    "too-large": "too_large images_too_large too_large_page",
    "rejected": "provider_refused invalid_argument",
    "rate-limited": "rate_limited_upstream rate_limited_upstream_json rate_limited_seconds "
    "rate_limited_date capacity",
    "rate-limited-minute": "per_minute code_in_quotes",
    "rate-limited-daily": "per_day per_day_high_balance per_day_body error_per_day",
    "overloaded": "unavailable unavailable_seconds unavailable_new unavailable_page overloaded",
    "upstream-defect": "server_error",
    "upstream": "unknown_path whitespace bad_gateway "
    "bad_gateway_page empty_gateway error_body choices_null choices_empty choices_missing "
    "choice_with_error nested_in_provider html_body error_first error_after_text "
    "error_without_done error_without_choices error_with_null_choices error_alone "
    "error_code_text error_plain_text error_metadata_null error_after_length error_for_stream",
}
KINDS = {name: kind for kind, names in _FAILURES.items() for name in names.split()}
"""The kind of failure that each scenario ends in; every other scenario is a whole answer."""

STATUSES = {
    "upstream-timeout": 504,
    "interrupted": 502,
    "model-gone": 404,
    "context-length": 400,
    "upstream-auth": 502,
    "out-of-credit": 402,
    "refused": 403,
    "spending-limit": 403,
    "rejected": 400,
    "unsupported": 400,
    "data-policy": 404,
    "too-large": 413,
    "rate-limited": 429,
    "rate-limited-minute": 429,
    "rate-limited-daily": 429,
    "overloaded": 503,
    "upstream-defect": 502,
    "upstream": 502,
}
"""The status under which the API tells each kind, from its contract."""

SENTENCES = {
    "upstream-timeout": "took too long over|did not answer in time|silent for too long",
    "interrupted": "was cut off before its end|connection broke before",
    "model-gone": "is not available",
    "context-length": "too long for .* new chat",
    "upstream-auth": "refused the API key. Check OPENROUTER_API_KEY",
    "out-of-credit": "Not enough credit",
    "refused": "refused this request: .* (Change the prompt or choose|Choose) another model",
    "spending-limit": "spending limit is reached: .* Raise it at https://openrouter.ai/settings/keys",
    "rejected": "cannot take this request .* Change the prompt",
    "unsupported": "cannot see images|cannot do what was asked",
    "data-policy": "settings at OpenRouter.* exclude every provider",
    "too-large": "too large for the provider",
    "rate-limited": "is busy: .* Try again",
    "rate-limited-minute": "free requests of this minute are used up. Try again",
    "rate-limited-daily": "free requests of today are used up; they come back at midnight UTC",
    "overloaded": "Nobody has room for .* Try again in .* or choose another model",
    "upstream-defect": "The server before .* failed .500.: .* Try again or choose another model",
    "upstream": "The provider of .* Try again or choose another model|OPENROUTER_BASE_URL",
}
"""What a person is told, by kind."""

REASONS = {
    "bad_model_id": "acme/none is not a valid model ID",
    "context_too_long": "maximum context length is 16384 tokens",
    "provider_refused": "max_tokens must be at least 16",
    "can_only_afford": "at most 3395 tokens",
    "prompt_too_dear": "230799 > 91442",
    "in_flight_budget": "other requests are in flight",
    "moderated": 'flagged for "violence"',
    "guardrail": "prompt injection patterns detected",
    "key_limit": "Key limit exceeded",
    "budget": "Budget exceeded",
    "gated": "approved agent apps",
    "region": "not available in your region",
    "management_only": "Only management keys",
    "no_image_input": "cannot see images",
    "no_tool_use": "support tool use",
    "data_policy": "https://openrouter.ai/settings/privacy",
    "model_blocked": "Model blocked by guardrail",
    "none_of_five": "0 endpoints out of 5",
    "free_variant_ended": "The free variant",
    "images_too_large": "cannot exceed 30MB",
    "invalid_argument": "Invalid argument",
    "rate_limited_upstream": "Try again in 12 seconds",
    "rate_limited_upstream_json": "temporarily rate-limited upstream",
    "per_minute": "free requests of this minute",
    "capacity": "All providers are at capacity",
    "bad_gateway": "upstream connect error",
    "bad_gateway_page": "(502): 502 Bad Gateway",
    "unavailable_page": "Worker exceeded resource limits",
    "html_body": "Sign in to the network",
    "error_code_text": "Worker local total request limit reached",
    "error_plain_text": "Upstream went away",
    "error_after_text": "Provider disconnected",
}
"""What a person is told of the provider's own reason."""

_TEXTS = {
    "Hello there": "ordinary comments newlines_before_json gzip json_for_stream unavailable_then_good "
    "unavailable_twice_then_good bad_gateway_then_good server_error_then_good overloaded_then_good "
    "rate_limited_then_good rate_limited_upstream_then_good in_flight_budget_then_good junk_text "
    "junk_object junk_fields debug",
    "Hello": "usage_without_finish usage_without_choices usage_with_finish usage_nowhere "
    "usage_without_cost usage_twice without_id finish_length finish_content_filter finish_null finish_empty "
    "silent silent_with_comments ends_after_finish ends_in_text ends_in_json cut",
    "A red square.": "reasoning reasoning_encrypted",
    transport.WORDS: "byte_by_byte split_letters split_fields one_write crlf crlf_split cr bom data_lines "
    "no_space",
    "a\u2028b\u2029c\u0085d": "line_ends_in_text",
    "Hal": "choice_with_error error_after_text error_without_done error_without_choices "
    "error_with_null_choices error_alone error_code_text error_plain_text error_metadata_null "
    "error_after_length",
}
TEXTS = {name: text for text, names in _TEXTS.items() for name in names.split()}
"""The words of each scenario, whole or as far as they came; every other one has none."""

_PATIENCE_SECONDS = 30.0
"""How long a model may be silent: on a busy machine the quickest takes seconds."""
_SILENCES = {
    **dict.fromkeys(["slow_first_token", "slow_first_token_with_comments", "silent_before_headers"], 0.5),
    **dict.fromkeys(["silent", "silent_with_comments"], 4.0),
}
"""The same where silences are played, of which the last two begin behind a word that must have come."""
CHATS = [name for name, scenario in SCENARIOS.items() if scenario.subject == "chat"]


def says(name: str, text: str) -> bool:
    """Whether these are the words of the scenario."""
    match name:
        case "echo":
            return bool(json.loads(text)["parts"] == ["text"])
        case "reset":
            # A reset throws away what its reader has not read yet.
            return text in {"", "Hello"}
        case _:
            return text == TEXTS.get(name, "")


@dataclass(frozen=True)
class Stage:
    """A pretend OpenRouter and the Madlen that asks it."""

    pretend: PretendOpenRouter
    madlen: Services

    def play(self, scenario: str | Scenario) -> None:
        """Sets what is answered from here on, from the scenario's first step."""
        self.pretend.play(scenario)
        self.pretend.received.clear()
        silence = _SILENCES.get(str(scenario), _PATIENCE_SECONDS)
        self.madlen.hub.deadlines = replace(self.madlen.hub.deadlines, silence=silence)

    def reply(self, model_id: str = CHAT_MODEL) -> Reply:
        """The reply to a question, as its followers get it, which is as it is stored."""
        generation = self.madlen.chat.ask("Hello", [Lane(model_id)]).generations[0]
        *_, last = generation.follow(every=0)
        assert last.ended is not None
        assert self.madlen.store.reply(generation.id) == last.ended
        return last.ended

    @property
    def questions(self) -> list[Received]:
        """What came for a model since the scenario was set."""
        return [received for received in self.pretend.received if received.method == "POST"]


@contextmanager
def staged(folder: Path, *scenarios: str, tracing: Tracing | None = None, **changes: Any) -> Iterator[Stage]:
    """A stage with the scenarios played from its start; waits before a next try are not made."""
    with pytest.MonkeyPatch.context() as patched, PretendOpenRouter().running() as pretend:
        for name in Settings.model_fields:
            patched.delenv(name.upper(), raising=False)
        # A wait of seconds is for the tests of the retries.
        patched.setattr(retries, "pause", lambda *_: 0.0)
        for name in scenarios:
            pretend.play(name)
        values = {
            "database_url": f"sqlite:///{folder}/chat.db",
            "openrouter_api_key": f"sk-or-v1-{SECRET}",
            "openrouter_base_url": pretend.base_url,
            "no_token_seconds": _PATIENCE_SECONDS,
            "enable_tracing": False,
            **changes,
        }
        # The developer's .env is in the folder that the tests were started in.
        with patched.context() as there:
            there.chdir(folder)
            madlen = Services(Settings(**values), tracing=tracing)
        try:
            yield Stage(pretend, madlen)
        finally:
            pretend.release()
            madlen.close()
