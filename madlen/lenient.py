"""Values out of JSON that may hold anything: the wanted kind, or that it is not known. Never an error."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Text that UTF-8 can carry, or none: JSON may escape the halves of a character apart.

    Two halves that meet become their character, one alone the sign for what cannot be read.
    """
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def words(value: Any) -> frozenset[str]:
    """The texts in a list."""
    return frozenset(filter(None, map(text, value))) if isinstance(value, list) else frozenset()


def clean(value: Any) -> Any:
    """The same JSON without what could not be stored or sent: half characters, NaN and infinity."""
    match value:
        case str():
            return text(value)
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [clean(item) for item in value]
        case dict():
            return {text(name): clean(item) for name, item in value.items()}
    return value


def count(value: Any) -> int | None:
    """A whole number from zero on; true and false are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def amount(value: Any) -> Decimal | None:
    """A decimal number from zero on, written as a number or as text, with an exponent or without."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None
