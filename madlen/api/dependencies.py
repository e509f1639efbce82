"""What handlers are given."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from madlen.services.wiring import Services


def _running(request: Request) -> Services:
    return cast("Services", request.app.state.services)


Running = Annotated[Services, Depends(_running)]
