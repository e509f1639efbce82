"""Text files that go to a model with a prompt: read, bounded, and written into it under their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from madlen.errors import TooLarge, Unacceptable

FILE_BYTES = 400_000
MOST_FILES = 20
NAME_CHARACTERS = 100
SUFFIXES = (
    *("txt", "md", "markdown", "rst", "tex", "log", "csv", "tsv", "json", "jsonl", "ndjson", "yaml", "yml"),
    *("toml", "ini", "cfg", "conf", "xml", "html", "css", "scss", "svg", "sql", "diff", "patch", "srt"),
    *("py", "ipynb", "js", "mjs", "ts", "tsx", "jsx", "vue", "java", "kt", "swift", "c", "h", "cpp", "hpp"),
    *("cs", "go", "rs", "rb", "php", "pl", "lua", "r", "jl", "m", "scala", "dart", "hs", "ex", "clj"),
    *("sh", "bash", "zsh", "ps1", "bat", "tf", "proto", "graphql"),
)
"""What is offered; what is in a file decides whether it is one of text."""
_FENCE = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file as it goes into a prompt; its name has nothing in it that Markdown could take for markup."""

    name: str
    text: str


def read(name: str, content: bytes) -> TextFile:
    """The file with its name made harmless.

    Raises ``TooLarge`` over 400 kB, and ``Unacceptable`` for an empty one and for what is not UTF-8.
    """
    name = safe(name)
    if len(content) > FILE_BYTES:
        raise TooLarge(
            f"{name} has {len(content) / 1000:,.0f} kB; at most {FILE_BYTES // 1000} kB of a text file can "
            "be sent. Cut out what matters."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unacceptable(
            f"{name} is no text in UTF-8. If it is text, save it as UTF-8 and add it again."
        ) from error
    if "\0" in text:
        raise Unacceptable(f"{name} is no text file: it has zero bytes in it.")
    if not text.strip():
        raise Unacceptable(f"{name} is empty.")
    return TextFile(name, text.replace("\r\n", "\n"))


def safe(name: str) -> str:
    """The last part of a path in one short line, without control characters, turns of direction and ticks."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(one if one.isprintable() and one != "`" else "_" for one in last).strip()
    if len(plain) > NAME_CHARACTERS:
        # The end says of what kind it is.
        plain = f"{plain[: NAME_CHARACTERS - 11]}…{plain[-10:]}"
    return plain or "file"


def within(prompt: str, files: Sequence[TextFile]) -> str:
    """The prompt with the files after it, each in a fence that nothing in it can close."""
    return "\n\n".join(part for part in (prompt, *map(_fenced, files)) if part)


def check_number(number: int) -> None:
    """Raises ``TooLarge`` for more files than may be sent at once."""
    if number > MOST_FILES:
        raise TooLarge(f"There are {number} text files; at most {MOST_FILES} can be sent at once.")


def _fenced(file: TextFile) -> str:
    longest = max((len(found) for found in _FENCE.findall(file.text)), default=2)
    fence = "`" * (longest + 1)
    _, dot, suffix = file.name.rpartition(".")
    language = suffix.lower() if dot and suffix.lower() in SUFFIXES else ""
    return f"`{file.name}`:\n\n{fence}{language}\n{file.text.rstrip(chr(10))}\n{fence}"
