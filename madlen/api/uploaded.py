"""A file that comes with a request, as its body or in a form."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Any

from fastapi import Request
from starlette.datastructures import UploadFile

from madlen.errors import Unacceptable

_AT_ONCE = 1_000_000
_BINARY = {"type": "string", "format": "binary"}


def body(*media_types: str) -> dict[str, Any]:
    """How OpenAPI describes such a request."""
    form = {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
    content: dict[str, Any] = {
        "application/json": {"schema": {"type": "object"}},
        **{media_type: {"schema": _BINARY} for media_type in media_types},
        "multipart/form-data": {"schema": form},
    }
    return {"requestBody": {"required": True, "content": content}}


@asynccontextmanager
async def file(request: Request) -> AsyncIterator[tuple[IO[bytes], str]]:
    """The file in a request, on disk where it is large, and its name where it has one."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=10) as form:
            found = form.get("file")
            if not isinstance(found, UploadFile):
                raise Unacceptable("The form has no file; send one in the field `file`.")
            yield found.file, found.filename or ""
        return
    with tempfile.SpooledTemporaryFile(max_size=_AT_ONCE) as whole:
        async for chunk in request.stream():
            whole.write(chunk)
        whole.seek(0)
        yield whole, ""
