"""What Madlen measures: answers, tokens, money and the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation
from opentelemetry.util.types import AttributeValue

from madlen.tracing import names
from madlen.tracing.attributes import Attributes
from madlen.types import Reply

SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
"""Upper ends of the buckets of durations; those of the GenAI conventions, as are those of tokens."""
TOKENS = [4**power for power in range(14)]
STORE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
"""Those of the database conventions."""
_BILLED = "Tokens as they were billed"
MOST_GAPS = 100
"""So many waits between chunks are recorded of one answer, evenly spread: each costs as much as its chunk."""


class Instruments:
    """The instruments of one meter. ``dropped`` tells how many spans never reached their collector."""

    def __init__(self, meter: Meter, choice: names.Choice, dropped: Callable[[], int]) -> None:
        named = names.metrics(choice)
        self._duration = _seconds(meter, named.duration, "How long an answer took, retries included")
        self._first_chunk = _seconds(meter, named.time_to_first_chunk, "From the request to the first chunk")
        self._gap = _seconds(meter, named.time_per_output_chunk, "From one chunk of an answer to the next")
        count = _TokenCounters if named.by_type else _TokenUsage
        self._tokens = count(meter, named.tokens)
        self._cost = meter.create_counter(names.SPENT, "USD", "What providers billed")
        self._in_flight = meter.create_up_down_counter(
            names.IN_FLIGHT, "{generation}", "Answers that are being made"
        )
        self._store = meter.create_histogram(
            names.STORE_DURATION,
            "s",
            "How long the database took",
            explicit_bucket_boundaries_advisory=STORE_SECONDS,
        )

        def observed(_options: CallbackOptions) -> list[Observation]:
            return [Observation(dropped())]

        meter.create_observable_counter(
            names.SPANS_DROPPED, [observed], "{span}", "Spans that never reached their collector"
        )

    def begun(self, identity: Attributes) -> None:
        self._in_flight.add(1, identity)

    def over(self, identity: Attributes) -> None:
        self._in_flight.add(-1, identity)

    def answered(self, reply: Reply, identity: Attributes, seconds: float) -> None:
        """Counts an answer as it ended; of one that failed the tokens are not known."""
        told = {**identity, **({names.RESPONSE_MODEL: reply.model} if reply.model else {})}
        failed = {names.ERROR_TYPE: reply.failure.kind} if reply.failure else {}
        self._duration.record(seconds, {**told, **failed})
        if reply.timing.time_to_first_chunk is not None:
            self._first_chunk.record(reply.timing.time_to_first_chunk, told)
        usage = reply.usage
        self._tokens.add("input_tokens", usage.prompt_tokens, told)
        self._tokens.add("output_tokens", usage.completion_tokens, told)
        if usage.cached_tokens:
            self._tokens.add("cache_read.input_tokens", usage.cached_tokens, told)
        if usage.cache_write_tokens:
            self._tokens.add("cache_write.input_tokens", usage.cache_write_tokens, told)
        if usage.reasoning_tokens:
            self._tokens.add("reasoning.output_tokens", usage.reasoning_tokens, told)
        if usage.cost:
            self._cost.add(float(usage.cost), told)

    def gaps(self, seconds: Sequence[float], identity: Attributes) -> None:
        """Records the waits between the chunks of one answer."""
        for gap in seconds[:: -(-len(seconds) // MOST_GAPS) or 1]:
            self._gap.record(gap, identity)

    def stored(self, operation: str, seconds: float, at: dict[str, AttributeValue], error: str = "") -> None:
        failed = {names.ERROR_TYPE: error} if error else {}
        self._store.record(seconds, {**at, names.DATABASE_OPERATION: operation, **failed})


class _TokenCounters:
    """A counter for each type of token."""

    def __init__(self, meter: Meter, prefix: str) -> None:
        self._meter = meter
        self._prefix = prefix
        self._counters: dict[str, Counter] = {}

    def add(self, kind: str, tokens: int | None, told: Attributes) -> None:
        counter = self._counters.get(kind)
        if counter is None:
            counter = self._meter.create_counter(f"{self._prefix}{kind}", "{token}", _BILLED)
            self._counters[kind] = counter
        counter.add(tokens or 0, {**told, names.TOKEN_MODALITY: "unknown" if tokens is None else "text"})


class _TokenUsage:
    """One histogram, of input and output alone."""

    def __init__(self, meter: Meter, name: str) -> None:
        self._histogram = meter.create_histogram(
            name, "{token}", _BILLED, explicit_bucket_boundaries_advisory=TOKENS
        )

    def add(self, kind: str, tokens: int | None, told: Attributes) -> None:
        if tokens is not None and kind in {"input_tokens", "output_tokens"}:
            self._histogram.record(tokens, {**told, names.TOKEN_TYPE: kind.removesuffix("_tokens")})


def _seconds(meter: Meter, name: str, description: str) -> Histogram:
    return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=SECONDS)
