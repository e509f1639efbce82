"""The page at OpenRouter on which a person can change what made it refuse, named beside the sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from madlen.api import problems
from madlen.errors import UpstreamError
from madlen.providers.refusals import refusal
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.types import Lane
from tests.pretend_openrouter import CHAT_MODEL, PretendOpenRouter

PRIVACY = "https://openrouter.ai/settings/privacy"
KEYS = "https://openrouter.ai/settings/keys"
CREDITS = "https://openrouter.ai/settings/credits"


def refused(status: int, message: str, **metadata: Any) -> UpstreamError:
    content = {"error": {"code": status, "message": message, "metadata": metadata}}
    error = refusal(status, content, model_id="a/b")
    assert isinstance(error, UpstreamError)
    return error


@pytest.mark.parametrize(
    ("status", "message", "metadata", "page"),
    [
        (404, "No endpoints found matching your data policy (Free model training)", {}, PRIVACY),
        (404, "Model blocked by guardrail", {}, PRIVACY),
        (404, "No allowed providers are available for the selected model.", {}, PRIVACY),
        (401, "User not found.", {}, KEYS),
        (403, "Key limit exceeded (daily limit). Manage it using the settings", {}, KEYS),
        (403, "Spent", {"limit_source": "openrouter_key_limit"}, KEYS),
        (402, "Insufficient credits", {"limit_source": "openrouter_key_limit"}, KEYS),
        (402, "Insufficient credits", {"limit_source": "openrouter_credits"}, CREDITS),
        (402, "You can only afford 3395", {}, CREDITS),
    ],
)
def test_a_refusal_that_a_setting_can_change_names_its_page(
    status: int, message: str, metadata: dict[str, Any], page: str
) -> None:
    assert refused(status, message, **metadata).extra()["settings_url"] == page


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Something else"),
        (403, "Your input was flagged"),
        (404, "No endpoints found for a/b."),
        (429, "Slow down"),
        (429, "Rate limit exceeded: free-models-per-day"),
        (502, "Provider disconnected"),
    ],
)
def test_a_refusal_that_no_setting_changes_names_no_page(status: int, message: str) -> None:
    assert "settings_url" not in refused(status, message).extra()


def test_an_address_in_a_refusal_is_never_the_page() -> None:
    message = "No endpoints found matching your data policy. Configure: https://elsewhere.example/settings"
    assert refused(404, message).extra()["settings_url"] == PRIVACY


def test_a_limit_of_the_key_is_not_said_to_be_a_lack_of_credit_alone() -> None:
    sentence = str(refused(402, "Insufficient credits", limit_source="openrouter_key_limit"))
    assert f"Raise the key's limit or choose a free model: {KEYS}." in sentence


def test_the_page_stands_beside_what_one_can_afford() -> None:
    extra = refused(402, "You can only afford 3395").extra()
    assert extra == {"affordable_tokens": 3395, "settings_url": CREDITS}


def test_the_page_reaches_a_stored_reply_and_its_problem_document(tmp_path: Path) -> None:
    with PretendOpenRouter().running() as pretend:
        madlen = Services(
            Settings(
                database_url=f"sqlite:///{tmp_path}/chat.db",
                openrouter_api_key="sk-or-v1-valid",
                openrouter_base_url=pretend.at("data_policy"),
                enable_tracing=False,
            )
        )
        try:
            generation = madlen.chat.ask("Hello", [Lane(CHAT_MODEL)]).generations[0]
            assert [last.ended for last in generation.follow(every=0)][-1] is not None
            reply = madlen.store.reply(generation.id)
        finally:
            madlen.close()
    assert reply.failure is not None
    assert reply.failure.extra == {"settings_url": PRIVACY}
    problem = problems.of_reply(reply)
    assert (problem["type"], problem["settings_url"]) == ("urn:madlen:error:data-policy", PRIVACY)
