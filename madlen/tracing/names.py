"""Every name under which something leaves Madlen: of spans, events, attributes and metrics.

``gen_ai.*`` names are those of the GenAI semantic conventions (open-telemetry/semantic-conventions-genai).
Some were renamed after v1.41, the last release of the core conventions that had them; ``Choice`` says
which of both are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Choice = Literal["legacy", "current", "both"]
"""The renamed names of v1.41, today's, or both: attributes then have both, and metrics today's alone,
for whoever adds up two metrics of one thing counts everything twice."""

ASK = "ask"
VOTE = "vote"
RATING = "rating"
CHAT = "chat"
STORE = "store"

FIRST_CHUNK = "madlen.first_chunk"
FIRST_VISIBLE_TEXT = "madlen.first_visible_text"
STOPPED = "madlen.stopped"
RETRYING = "madlen.retrying"
CHECKPOINT_MISSED = "madlen.checkpoint_missed"
EVALUATION = "gen_ai.evaluation.result"
EXCEPTION = "exception"

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
CONVERSATION = "gen_ai.conversation.id"
OUTPUT_TYPE = "gen_ai.output.type"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_STREAM = "gen_ai.request.stream"
REQUEST_TEMPERATURE = "gen_ai.request.temperature"
REQUEST_TOP_P = "gen_ai.request.top_p"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
REQUEST_SEED = "gen_ai.request.seed"
REQUEST_STOP_SEQUENCES = "gen_ai.request.stop_sequences"
REQUEST_REASONING_LEVEL = "gen_ai.request.reasoning.level"
RESPONSE_ID = "gen_ai.response.id"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"
EVALUATION_NAME = "gen_ai.evaluation.name"
EVALUATION_SCORE = "gen_ai.evaluation.score.value"
EVALUATION_LABEL = "gen_ai.evaluation.score.label"
TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105
TOKEN_MODALITY = "gen_ai.token.modality"  # noqa: S105
ERROR_TYPE = "error.type"
EXCEPTION_TYPE = "exception.type"
EXCEPTION_STACKTRACE = "exception.stacktrace"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
SESSION = "session.id"
DATABASE = "db.system.name"
DATABASE_OPERATION = "db.operation.name"
SERVED_BY = "openrouter.provider"
COST = "madlen.cost_usd"
REPLY = "madlen.reply.id"
LANES = "madlen.lanes"
BLIND = "madlen.blind"
WAIT_SECONDS = "madlen.wait_seconds"

STORE_DURATION = "db.client.operation.duration"
SPENT = "madlen.cost"
IN_FLIGHT = "madlen.generations.in_flight"
SPANS_DROPPED = "madlen.spans.dropped"

_CACHE_WRITE: dict[Choice, tuple[str, ...]] = {
    "legacy": ("gen_ai.usage.cache_creation.input_tokens",),
    "current": ("gen_ai.usage.cache_write.input_tokens",),
}


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of inference that were renamed, and how tokens are counted under either name."""

    duration: str
    time_to_first_chunk: str
    time_per_output_chunk: str
    tokens: str
    """One histogram for tokens of every type, or what the names of one counter for each type begin with."""
    by_type: bool


_METRICS: dict[Choice, Metrics] = {
    "legacy": Metrics(
        "gen_ai.client.operation.duration",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.operation.time_per_output_chunk",
        "gen_ai.client.token.usage",
        by_type=False,
    ),
    "current": Metrics(
        "gen_ai.client.inference.duration",
        "gen_ai.client.inference.time_to_first_chunk",
        "gen_ai.client.inference.time_per_output_chunk",
        "gen_ai.client.inference.usage.",
        by_type=True,
    ),
}


def cache_write(choice: Choice) -> tuple[str, ...]:
    """The attributes for tokens that were written into a prompt cache."""
    return _CACHE_WRITE.get(choice) or _CACHE_WRITE["legacy"] + _CACHE_WRITE["current"]


def metrics(choice: Choice) -> Metrics:
    return _METRICS.get(choice) or _METRICS["current"]
