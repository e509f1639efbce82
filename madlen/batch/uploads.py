"""Prompts from a file, CSV or JSON, and into one again.

What is wrong is said row by row, and what is good can be taken all the same. Rows count as a
spreadsheet or an editor shows them: a CSV's first prompt stands in row 2, under the heading.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from madlen import beginnings, images, lenient
from madlen.batch import checks
from madlen.chat import PROMPT_CHARACTERS, check_prompt
from madlen.errors import MadlenError, TooLarge, Unacceptable
from madlen.prompt_sets import Prompt, variable_name
from madlen.types import Picture

MOST_ROWS = 5_000
MOST_BYTES = 20_000_000
ERRORS_TOLD = 100

_TEXT = ("prompt", "text", "question", "input")
_REFERENCE = ("reference", "expected", "answer", "output")
_TAGS, _IMAGE, _CHECKS, _VARIABLES = ("tags",), ("image", "images"), ("checks",), ("variables",)
_NONE = "\x1f"
"""What parts the cells where the heading has one only, so that commas in the prompts need no quotes."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ENCODINGS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK": "a spreadsheet or a ZIP file and not text",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """What a file holds: the prompts that are good, and a sentence for each row that is not."""

    prompts: tuple[Prompt, ...] = ()
    errors: tuple[str, ...] = ()


def read(content: bytes, name: str = "") -> Upload:
    """The prompts of a CSV, JSON or JSONL file; its name or its first character tells which it is.

    A column or key is the prompt, the reference, the tags, the image or the checks by its name; any other
    is a variable. Raises ``TooLarge`` over 20 MB, and ``Unacceptable`` for what cannot be read at all.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge(
            f"The file is {len(content) / 1e6:.1f} MB; at most {MOST_BYTES // 1_000_000} MB can be taken."
        )
    text = _decoded(content)
    is_json = name.lower().endswith((".jsonl", ".ndjson", ".json")) or (
        not name.lower().endswith((".csv", ".tsv")) and text.lstrip()[:1] in {"{", "["}
    )
    prompts: list[Prompt] = []
    errors: list[str] = []
    for number, row in _objects(text) if is_json else _records(text):
        if len(prompts) == MOST_ROWS:
            errors.append(f"Row {number:,}: a set has at most {MOST_ROWS:,} prompts; the rest was left out.")
            break
        try:
            prompts.append(_prompt(row if isinstance(row, Mapping) else _raised(row)))
        except MadlenError as error:
            errors.append(f"Row {number:,}: {_lowered(str(error))}")
    if not prompts and not errors:
        raise Unacceptable("There is no prompt in the file.")
    if (more := len(errors) - ERRORS_TOLD) > 0:
        errors[ERRORS_TOLD:] = [
            f"{more:,} more rows cannot be taken." if more > 1 else "One more row cannot."
        ]
    return Upload(tuple(prompts), tuple(errors))


def as_csv(prompts: Sequence[Prompt]) -> str:
    """The prompts as CSV that ``read`` takes; no cell of it is a formula to a spreadsheet."""
    names = list(dict.fromkeys(name for prompt in prompts for name in prompt.variables))
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["prompt", "reference", "tags", "image", "checks", *map(_cell, names)])
    for prompt in prompts:
        cells = [
            prompt.text,
            prompt.reference,
            json.dumps(prompt.tags, ensure_ascii=False) if prompt.tags else "",
            " ".join(picture.address for picture in prompt.pictures),
            json.dumps([checks.as_json(one) for one in prompt.checks], ensure_ascii=False)
            if prompt.checks
            else "",
            *(prompt.variables.get(name, "") for name in names),
        ]
        writer.writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def as_jsonl(prompts: Iterable[Prompt]) -> str:
    """The prompts as one JSON object a line, which ``read`` takes."""
    lines = []
    for prompt in prompts:
        row = {
            "prompt": prompt.text,
            "reference": prompt.reference,
            "tags": prompt.tags,
            "images": [picture.address for picture in prompt.pictures],
            "variables": dict(prompt.variables),
            "checks": [checks.as_json(one) for one in prompt.checks],
        }
        kept = {name: part for name, part in row.items() if part or name == "prompt"}
        lines.append(json.dumps(kept, ensure_ascii=False) + "\n")
    return "".join(lines)


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = next((name for mark, name in _ENCODINGS.items() if content.startswith(mark)), "")
        line = content[: error.start].count(b"\n") + 1
        raise Unacceptable(
            f"The file is {kind or f'not UTF-8 (see line {line:,})'}; save it as UTF-8 text and try again."
        ) from error
    if "\0" in text:
        raise Unacceptable("The file is not text in UTF-8; save it as CSV or JSONL and try again.")
    return text


def _records(text: str) -> Iterator[tuple[int, dict[str, Any] | Unacceptable]]:
    """The rows of a CSV by the names in its heading; commas, semicolons or tabs part the cells."""
    first = text.lstrip("\r\n").partition("\n")[0]
    # A process-wide limit that is shorter than a prompt may be; the size of the file is the bound.
    csv.field_size_limit(MOST_BYTES)
    delimiter = max(f"{_NONE},;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    heading: list[str] = []
    for number, cells in enumerate(_numbered(reader), start=1):
        if not any(cell.strip() for cell in cells):
            continue
        if not heading:
            heading = _heading(cells)
        elif len(cells) > len(heading) and any(cell.strip() for cell in cells[len(heading) :]):
            yield number, Unacceptable(f"It has {len(cells)} cells and the heading {len(heading)}.")
        else:
            row = {name: _uncelled(cell) for name, cell in zip(heading, cells, strict=False) if cell.strip()}
            yield number, row


def _numbered(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise Unacceptable(f"The file is no CSV that can be read: {error}.") from error


def _heading(cells: Sequence[str]) -> list[str]:
    names = [_uncelled(cell.strip()) for cell in cells]
    if not _named(dict.fromkeys(names, ""), _TEXT):
        raise Unacceptable(
            "The first row must name the columns, one of them “prompt” (or text, question, input)."
        )
    if twice := next((name for name in names if name and names.count(name) > 1), None):
        raise Unacceptable(f"Two columns are named “{twice[:50]}”; give each a name of its own.")
    return names


def _objects(text: str) -> Iterator[tuple[int, dict[str, Any] | Unacceptable]]:
    """The objects of a JSON list, or of one JSON value a line."""
    if text.lstrip()[:1] == "[":
        try:
            parsed = from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise Unacceptable(f"The file is no JSON that can be read: {error}.") from error
        for number, value in enumerate(parsed, start=1):
            yield number, value if isinstance(value, dict) else Unacceptable("It is no JSON object.")
        return
    # Not splitlines: U+2028 and its like may stand inside JSON.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = from_json(line, allow_inf_nan=False)
        except ValueError as error:
            yield number, Unacceptable(f"It is no JSON: {error}.")
        else:
            yield number, value if isinstance(value, dict) else Unacceptable("It is no JSON object.")


def _prompt(row: Mapping[str, Any]) -> Prompt:
    """Raises ``MadlenError`` with a sentence for a row that cannot be a prompt."""
    text, reference = _named(row, _TEXT), _named(row, _REFERENCE)
    taken = [found for names in (_TAGS, _IMAGE, _CHECKS, _VARIABLES) if (found := _named(row, names))]
    variables = {name: value for name, value in row.items() if name not in {text, reference, *taken}}
    prompt = Prompt(
        id=beginnings.fresh_id(),
        text=_words(row.get(text), text) if text else "",
        reference=_words(row.get(reference), reference) if reference else "",
        pictures=_pictures(row.get(_named(row, _IMAGE))),
        tags=_tags(row.get(_named(row, _TAGS))),
        variables=_variables(row.get(_named(row, _VARIABLES)), variables),
        checks=tuple(map(checks.from_json, _listed(row.get(_named(row, _CHECKS)), "checks"))),
    )
    if not prompt.text.strip() and not prompt.pictures:
        raise Unacceptable("The prompt is empty.")
    if max(len(prompt.text), len(prompt.reference)) > PROMPT_CHARACTERS:
        raise TooLarge(f"It has more than {PROMPT_CHARACTERS:,} characters.")
    check_prompt(prompt.asked, prompt.pictures)
    return prompt


def _named(row: Mapping[str, Any], names: Sequence[str]) -> str:
    """The key of a row that is the first of these names, however it is written; else nothing."""
    return next((key for name in names for key in row if key.strip().casefold() == name), "")


def _words(value: Any, name: str) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | int() | float():
            return json.dumps(value)
    raise Unacceptable(f"“{name[:50]}” is no text.")


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) and not value.lstrip().startswith("["):
        listed: list[Any] = re.split(r"[,;]", value)
    else:
        listed = _listed(value, "tags")
    return tuple(dict.fromkeys(found for one in listed if (found := _words(one, "tags").strip())))


def _pictures(value: Any) -> tuple[Picture, ...]:
    listed = value.split() if isinstance(value, str) else _listed(value, "image")
    return tuple(images.from_url(_words(one, "image")) for one in listed)


def _variables(value: Any, others: Mapping[str, Any]) -> dict[str, str]:
    if isinstance(value, str):
        value = _parsed(value, "variables")
    if value is not None and not isinstance(value, dict):
        raise Unacceptable("“variables” is no JSON object.")
    found: dict[str, str] = {}
    for name, part in {**others, **(value or {})}.items():
        if name.strip():
            variable, words = variable_name(name) or "_", _words(part, name)
            if found.setdefault(variable, words) != words:
                raise Unacceptable(
                    f"“{name.strip()[:50]}” is not the only one for the variable {variable[:50]}."
                )
    return found


def _listed(value: Any, name: str) -> list[Any]:
    if isinstance(value, str):
        value = _parsed(value, name)
    if value is not None and not isinstance(value, list):
        raise Unacceptable(f"“{name}” is no JSON list.")
    return value or []


def _parsed(text: str, name: str) -> Any:
    try:
        return lenient.clean(from_json(text, allow_inf_nan=False))
    except ValueError as error:
        raise Unacceptable(f"“{name}” is no JSON: {error}.") from error


def _raised(error: Unacceptable) -> Mapping[str, Any]:
    raise error


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: the quote before it is taken away by ``_uncelled``."""
    return f"'{text}" if text.lstrip("'")[:1] in _FORMULA else text


def _uncelled(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'")[:1] in _FORMULA else cell
