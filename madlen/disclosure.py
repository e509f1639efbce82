"""The settings in force as they may be shown to whoever opens a page: no secret is in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from madlen import settings as settings_module
from madlen.settings import Settings

SET, NOT_SET = "set", "not set"
_ADDRESSES = {
    "openrouter_base_url",
    "app_url",
    "jaeger_endpoint",
    "otel_exporter_otlp_endpoint",
    "jaeger_ui_url",
}
_FILE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting; ``source`` says where its value is from: ``environment``, ``.env`` or ``default``."""

    name: str
    value: str
    default: str
    source: str
    meaning: str


def shown(settings: Settings) -> list[Shown]:
    """Every setting in its order. A secret is only said to be set or not."""
    return [
        Shown(
            name=name.upper(),
            value=_value(name, getattr(settings, name)),
            default=_value(name, field.default),
            source=settings_module.source(settings, name),
            meaning=(field.description or "").replace("`", ""),
        )
        for name, field in Settings.model_fields.items()
    ]


def address(url: str) -> str:
    """An address without what may be a secret in it: name and password, query and fragment."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return SET
    host = parts.hostname or ""
    return urlunsplit(
        (parts.scheme, f"[{host}]{port}" if ":" in host else f"{host}{port}", parts.path, "", "")
    )


def _value(name: str, value: Any) -> str:
    match value:
        case None | ():
            return NOT_SET
        case SecretStr():
            return SET
        case bool():
            return "true" if value else "false"
        case str() if name == "database_url":
            # libpq takes passwords in more than one place of an address.
            return value if value.startswith(_FILE) else SET
        case str() if name in _ADDRESSES:
            return address(value)
        case Sequence() if not isinstance(value, str):
            return json.dumps([str(one) for one in value], ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)
