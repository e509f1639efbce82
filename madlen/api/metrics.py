"""``GET /metrics``: what Prometheus comes for."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from madlen.api.dependencies import Running
from madlen.errors import NotFound

router = APIRouter(tags=["metrics"])


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
    responses={404: {"description": "OTEL_METRICS_EXPORTER does not name prometheus"}},
)
def metrics(services: Running) -> PlainTextResponse:
    """In its text format; also at `/metrics` of the server. The database is not asked for it."""
    text = services.tracing.exposition()
    if text is None:
        raise NotFound("There are no metrics here. Set OTEL_METRICS_EXPORTER=prometheus to have them.")
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")
