"""Metrics in the text that Prometheus comes for."""

from __future__ import annotations

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import CollectorRegistry, generate_latest


class Page:
    """What is there to be read; each ``text`` collects anew."""

    def __init__(self) -> None:
        # Of its own: the library's default one also has what others in this process measure.
        self._registry = CollectorRegistry()
        self.reader = PrometheusMetricReader(registry=self._registry, scope_info_enabled=False)

    def text(self) -> str:
        return generate_latest(self._registry).decode()
