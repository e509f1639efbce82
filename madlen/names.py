"""Names under which somebody keeps something, and finds it by an address."""

from __future__ import annotations

from madlen.errors import Unacceptable

NAME_CHARACTERS = 100


def checked(name: str, what: str) -> str:
    """The name with single spaces, for ``what`` it names. Raises ``Unacceptable`` for none, or too long."""
    name = " ".join(name.split())
    if not name:
        raise Unacceptable(f"A {what} needs a name.")
    if "/" in name:
        raise Unacceptable(f"The name of a {what} has no slash in it, for it stands in an address.")
    if len(name) > NAME_CHARACTERS:
        raise Unacceptable(f"The name of a {what} has at most {NAME_CHARACTERS} characters.")
    return name
