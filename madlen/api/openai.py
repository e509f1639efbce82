"""``/v1``: the same handlers under the paths that OpenAI's clients expect."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from madlen import catalogue
from madlen.api.chat import chat
from madlen.api.dependencies import Running

router = APIRouter(prefix="/v1", tags=["openai"])

router.post("/chat/completions", summary="OpenAI's chat completions", response_class=JSONResponse)(chat)


@router.get("/models", summary="OpenAI's model list")
def models(services: Running) -> dict[str, Any]:
    """Every model that can be asked, paid ones too."""
    found = catalogue.matching(services.chat.models().models)
    entries = [
        {"id": model.id, "object": "model", "created": model.created or 0, "owned_by": model.source}
        for model in found
    ]
    return {"object": "list", "data": entries}
