"""Every failure in one shape: ``application/problem+json`` (RFC 9457), or OpenAI's under ``/v1``."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from madlen import tracing
from madlen.errors import MadlenError, Unacceptable
from madlen.types import Failure, Reply

_TYPE = "urn:madlen:error:"
_KINDS = {401: "unauthenticated", 403: "forbidden", 404: "not-found", 413: "too-large"}


class ReplyFailed(Exception):
    """A reply ended without being whole, before anything was sent to the caller."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.id)
        self.reply = reply


def install(app: FastAPI) -> None:
    """Makes the application answer every error in its shape. No stack trace ever leaves."""

    @app.exception_handler(MadlenError)
    async def ours(request: Request, error: MadlenError) -> Response:
        return _answer(request, of_error(error))

    @app.exception_handler(ReplyFailed)
    async def reply_failed(request: Request, error: ReplyFailed) -> Response:
        return _answer(request, of_reply(error.reply))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [{"loc": list(one["loc"]), "msg": one["msg"]} for one in error.errors()]
        first = errors[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        return _answer(
            request,
            _problem(
                Unacceptable.kind,
                Unacceptable.title,
                Unacceptable.status,
                f"The request is not valid: {where}: {first['msg']}.",
                errors=errors,
            ),
        )

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        kind = _KINDS.get(error.status_code, phrase.lower().replace(" ", "-"))
        detail = f"{request.method} {request.url.path} cannot be answered: {error.detail}."
        return _answer(request, _problem(kind, phrase, error.status_code, detail), error.headers)

    @app.exception_handler(Exception)
    async def defect(request: Request, _error: Exception) -> Response:
        detail = "Madlen failed; this is a defect. The log of the server says more."
        return _answer(request, _problem(MadlenError.kind, MadlenError.title, 500, detail))


def of_error(error: MadlenError) -> dict[str, Any]:
    return _problem(error.kind, error.title, error.status, str(error), **error.extra())


def of_reply(reply: Reply) -> dict[str, Any]:
    """The problem that ended a reply; a kept one is named, for its text so far is there."""
    failure = reply.failure or Failure(MadlenError.kind, "The answer was not completed.", 502)
    kept = {"message_id": reply.id, "session_id": reply.session_id} if reply.session_id else {}
    problem = _problem(
        failure.kind, _title(failure.kind), failure.status, failure.sentence, **failure.extra, **kept
    )
    return {**problem, **({"trace_id": reply.trace_id} if reply.trace_id else {})}


def as_openai(problem: dict[str, Any]) -> dict[str, Any]:
    """The same in the shape that OpenAI's clients read."""
    kind = problem["type"].removeprefix(_TYPE)
    return {"error": {"message": problem["detail"], "type": kind, "code": problem["status"]}}


def is_openai(path: str) -> bool:
    """Whether a path is one of OpenAI's, alone or below a prefix."""
    return "/v1/" in path


def response(problem: dict[str, Any], path: str, headers: dict[str, str] | None = None) -> Response:
    """The problem in the shape that callers of the path expect."""
    if is_openai(path):
        return JSONResponse(as_openai(problem), problem["status"], headers)
    return JSONResponse(problem, problem["status"], headers, media_type="application/problem+json")


def _answer(request: Request, problem: dict[str, Any], headers: Any = None) -> Response:
    out = dict(headers or {})
    if "retry_after" in problem:
        out["Retry-After"] = str(math.ceil(problem["retry_after"]))
    return response(problem, request.url.path, out)


def _problem(kind: str, title: str, status: int, detail: str, **more: Any) -> dict[str, Any]:
    trace_id = tracing.current_trace_id()
    return {
        "type": f"{_TYPE}{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        **({"trace_id": trace_id} if trace_id else {}),
        **more,
    }


def _title(kind: str) -> str:
    kinds = [MadlenError]
    for known in kinds:
        kinds.extend(known.__subclasses__())
    return next((known.title for known in kinds if known.kind == kind), MadlenError.title)
