"""A pretend OpenRouter: a real HTTP server on a loopback port that answers as it is told."""

from tests.pretend_openrouter.account import (
    EXHAUSTED_KEY,
    FREE_TIER_KEY,
    MANAGEMENT_KEY,
    PRIVATE_KEY,
    UNKNOWN_KEY,
    VALID_KEY,
)
from tests.pretend_openrouter.answers import (
    START,
    Answer,
    Asked,
    Ending,
    Received,
    Scenario,
    Silence,
    generation_id,
    in_turn,
)
from tests.pretend_openrouter.listings import catalogue
from tests.pretend_openrouter.payloads import CHAT_MODEL, chunk, said
from tests.pretend_openrouter.scenarios import SCENARIOS
from tests.pretend_openrouter.server import PretendOpenRouter

__all__ = [
    "CHAT_MODEL",
    "EXHAUSTED_KEY",
    "FREE_TIER_KEY",
    "MANAGEMENT_KEY",
    "PRIVATE_KEY",
    "SCENARIOS",
    "START",
    "UNKNOWN_KEY",
    "VALID_KEY",
    "Answer",
    "Asked",
    "Ending",
    "PretendOpenRouter",
    "Received",
    "Scenario",
    "Silence",
    "catalogue",
    "chunk",
    "generation_id",
    "in_turn",
    "said",
]
