"""Where spans and metrics go: to a collector, to Prometheus, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.resources import Resource

from madlen.tracing import names
from madlen.tracing.metrics import Instruments

if TYPE_CHECKING:
    from madlen.tracing.export import Protocol, Queue
    from madlen.tracing.prometheus import Page


@dataclass(frozen=True, slots=True)
class Outlets:
    """Addresses of OTLP collectors for spans and for metrics, and whether Prometheus may come for metrics."""

    spans: str | None = None
    metrics: str | None = None
    protocol: Protocol = "grpc"
    prometheus: bool = False


class Measuring:
    """The exporters of one process. ``instruments`` are ``None`` where nobody wants metrics."""

    def __init__(self, resource: Resource, outlets: Outlets, choice: names.Choice, *, spans: bool) -> None:
        self.queues: list[Queue] = []
        self.instruments: Instruments | None = None
        self._page: Page | None = None
        self._provider: Any = None
        if spans and outlets.spans is not None:
            from madlen.tracing import export  # noqa: PLC0415

            self.queues.append(export.queue(outlets.spans, outlets.protocol))
        if outlets.metrics is not None or outlets.prometheus:
            self._measure(resource, outlets, choice)

    def _measure(self, resource: Resource, outlets: Outlets, choice: names.Choice) -> None:
        from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider  # noqa: PLC0415

        readers: list[Any] = []
        if outlets.prometheus:
            from madlen.tracing.prometheus import Page  # noqa: PLC0415

            self._page = Page()
            readers.append(self._page.reader)
        # Last: they are shut down in turn, and a collector that hangs would leave no time for the other.
        if outlets.metrics is not None:
            from madlen.tracing import export  # noqa: PLC0415

            readers.append(export.reader(outlets.metrics, outlets.protocol))
        self._provider = MeterProvider(
            readers, resource, exemplar_filter=AlwaysOffExemplarFilter(), shutdown_on_exit=False
        )
        meter = self._provider.get_meter("madlen")
        self.instruments = Instruments(meter, choice, lambda: sum(queue.dropped for queue in self.queues))

    def exposition(self) -> str | None:
        return None if self._page is None else self._page.text()

    def close(self, seconds: float) -> None:
        """Exports the last figures, which takes so long at most."""
        if self._provider is not None:
            self._provider.shutdown(timeout_millis=seconds * 1000)
