"""The FastAPI application for given services: routers, error shape, CORS, documentation."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from madlen.api import (
    archives,
    chat,
    compare,
    edits,
    judgements,
    lane_sets,
    messages,
    metrics,
    models,
    openai,
    presets,
    problems,
    runs,
    sessions,
    sets,
    traces,
    usage,
    votes,
)
from madlen.api.dependencies import Running
from madlen.api.entry import BODY_BYTES
from madlen.errors import StoreUnavailable
from madlen.services.wiring import Services


def create(services: Services) -> FastAPI:
    """The application; its documentation pages load nothing from elsewhere."""
    settings = services.settings
    middleware = []
    if settings.cors_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.cors_origins),
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "traceparent"],
            )
        )
    app: FastAPI = FastAPIOffline(
        title=settings.app_name,
        version=settings.app_version,
        summary="Chat with AI models and compare them.",
        middleware=middleware,
        redirect_slashes=False,
        max_body_size=BODY_BYTES,
        # The instrumentation below makes the spans, in our own provider.
        telemetry={"tracing": False},
    )
    app.state.services = services
    problems.install(app)
    app.get("/", summary="What runs here")(root)
    app.get(
        "/health",
        summary="Whether it can work",
        responses={503: {"description": "The database cannot be written"}},
    )(health)
    for module in (
        models,
        archives,
        sessions,
        chat,
        compare,
        lane_sets,
        presets,
        messages,
        edits,
        votes,
        sets,
        runs,
        judgements,
        traces,
        metrics,
        usage,
        openai,
    ):
        app.include_router(module.router)
    services.tracing.instrument_api(app)
    return app


def root(services: Running) -> dict[str, str]:
    settings = services.settings
    return {
        "message": f"{settings.app_name} Backend",
        "version": settings.app_version,
        "status": "running",
    }


def health(services: Running) -> Any:
    """503 with a reason when the database cannot be written."""
    settings = services.settings
    state = {
        "status": "healthy",
        "service": settings.app_name,
        "version": settings.app_version,
        "tracing_enabled": settings.enable_tracing,
    }
    try:
        services.store.check()
    except StoreUnavailable as error:
        return JSONResponse({**state, "status": "unhealthy", "reason": str(error)}, 503)
    return state
