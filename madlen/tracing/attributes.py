"""What spans say of requests, answers and votes, as attributes. No words of either side are among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from opentelemetry.trace import Link, SpanContext, TraceFlags
from opentelemetry.util.types import AttributeValue

from madlen.tracing import names
from madlen.types import Reply, Request
from madlen.votes import Vote

Attributes = dict[str, AttributeValue]

_PORTS = {"https": 443, "http": 80}


def server(url: str) -> Attributes:
    """Where requests to an address go."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    return {names.SERVER_ADDRESS: parts.hostname or "", **({names.SERVER_PORT: port} if port else {})}


def request(request: Request, source: str, at: Mapping[str, AttributeValue]) -> Attributes:
    """What is known before a model is asked, which is when a sampler decides."""
    parameters = request.parameters
    return _known(
        {
            **identity(request, source, at),
            names.OUTPUT_TYPE: "image" if request.makes_images else "text",
            names.REQUEST_STREAM: True,
            names.CONVERSATION: request.session_id or None,
            names.REQUEST_TEMPERATURE: parameters.temperature,
            names.REQUEST_TOP_P: parameters.top_p,
            names.REQUEST_MAX_TOKENS: parameters.max_tokens,
            names.REQUEST_SEED: parameters.seed,
            names.REQUEST_STOP_SEQUENCES: list(parameters.stop) or None,
            names.REQUEST_REASONING_LEVEL: parameters.reasoning_effort,
        }
    )


def identity(request: Request, source: str, at: Mapping[str, AttributeValue]) -> Attributes:
    """What spans and metrics have in common: the operation, the provider, the model and the server."""
    return {
        names.OPERATION: names.CHAT,
        names.PROVIDER: source,
        names.REQUEST_MODEL: request.model_id,
        **at,
    }


def answer(reply: Reply, choice: names.Choice) -> Attributes:
    """What an answer was. A cut stream finishes with ``error``."""
    usage, timing = reply.usage, reply.timing
    return _known(
        {
            names.RESPONSE_ID: reply.generation_id or None,
            names.RESPONSE_MODEL: reply.model or None,
            names.RESPONSE_FINISH_REASONS: [reply.finish_reason or "error"],
            names.RESPONSE_TIME_TO_FIRST_CHUNK: timing.time_to_first_chunk,
            names.INPUT_TOKENS: usage.prompt_tokens,
            names.OUTPUT_TOKENS: usage.completion_tokens,
            names.REASONING_TOKENS: usage.reasoning_tokens,
            names.CACHE_READ_TOKENS: usage.cached_tokens,
            **dict.fromkeys(names.cache_write(choice), usage.cache_write_tokens),
            names.SERVED_BY: reply.provider or None,
            names.COST: None if usage.cost is None else float(usage.cost),
        }
    )


def evaluation(vote: Vote, reply: Reply) -> Attributes:
    """How a reply fared, from 1 for the best group down to 0 for the last; what was written is left out."""
    groups = len(vote.order)
    place = next(place for place, group in enumerate(vote.order) if reply.id in group)
    if groups == 1:
        score, label = 0.5, "tie"
    else:
        score = 1 - place / (groups - 1)
        label = "best" if place == 0 else "worst" if place == groups - 1 else "between"
    return result(names.VOTE, 0.0 if vote.bad else score, "bad" if vote.bad else label, reply)


def result(name: str, score: float, label: str, reply: Reply) -> Attributes:
    """One evaluation of a reply, with a score from 0 to 1."""
    return {
        names.EVALUATION_NAME: name,
        names.EVALUATION_SCORE: score,
        names.EVALUATION_LABEL: label,
        names.RESPONSE_ID: reply.generation_id or reply.id,
        names.REQUEST_MODEL: reply.model_id,
    }


def links(replies: Sequence[Reply]) -> list[Link]:
    """To the spans of the replies that were traced."""
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return [
        Link(
            SpanContext(int(reply.trace_id, 16), int(reply.span_id, 16), is_remote=True, trace_flags=sampled)
        )
        for reply in replies
        if reply.trace_id and reply.span_id
    ]


def _known(values: Mapping[str, AttributeValue | None]) -> Attributes:
    return {name: value for name, value in values.items() if value is not None}
