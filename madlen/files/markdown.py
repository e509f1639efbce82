"""Chats and comparisons as Markdown that a person reads: prompts quoted, answers as they were written.

What a viewer of Markdown might run or load is made text: raw HTML and images, which become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from markdown_it import MarkdownIt
from markdown_it.token import Token

from madlen import figures
from madlen.files import rendering, run_telling, telling
from madlen.files.documents import Archive
from madlen.types import Reply

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&@=])")
_LOUD = re.compile(r"\\.|(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)|<|!(?=\[)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)")
_BACKTICKS = re.compile("`{3,}")
_LATER = "\n\nlater"
_RUNS = {"html_block", "html_inline", "image"}


def written(archive: Archive, *, app_version: str, now: datetime) -> Iterator[str]:
    """The file, in parts; join them."""
    session = archive.session
    votes = {vote.turn_id: vote for vote in archive.votes}
    yield f"# {plain(session.title)}\n\n"
    beside = run_telling.beside(archive)
    made = f"{session.created_at:%Y-%m-%d}, exported {now:%Y-%m-%d} by Madlen {app_version}"
    yield f"*{plain(f'{telling.kind(archive)}, {made}')}*\n"
    if session.system:
        yield f"\nEvery prompt came with:\n\n{_quoted(session.system)}\n"
    if beside.lanes:
        yield from _table(beside.heading, beside.lanes)
    for number, turn in enumerate(archive.turns, 1):
        yield f"\n## Prompt {number}\n\n{_quoted(turn.text)}\n"
        for picture in turn.pictures:
            yield f"\n{plain(telling.picture(picture))}\n"
        yield from _lines(beside.lines.get(turn.id, ()))
        for replies in telling.earlier(turn).values():
            yield from _answer(replies[-1])
            yield from _lines(beside.lines.get(replies[-1].id, ()))
            for reply in replies[-2::-1]:
                yield from _answer(reply, earlier=True)
        if session.lanes and len(turn.replies) > 1:
            yield from _table(
                figures.COLUMNS, [figures.row(one[-1]) for one in telling.earlier(turn).values()]
            )
        if vote := votes.get(turn.id):
            yield f"\n**Vote:** {plain(telling.verdict(vote, turn))}\n"


def plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", telling.line(text))


def inert(text: str) -> str:
    """Markdown without raw HTML, images and links that run something, that ends where it ends.

    Where a viewer would still see one of them the text is shown as it was typed, as code.
    """
    if len(text) <= rendering.RENDERED_CHARACTERS:
        silenced = _silenced(text)
        if _is_inert(silenced):
            return silenced
    fence = max(("```", *(found + "`" for found in _BACKTICKS.findall(text))), key=len)
    return f"{fence}\n{text}\n{fence}"


def _answer(reply: Reply, *, earlier: bool = False) -> Iterator[str]:
    yield f"\n### {'Earlier answer: ' if earlier else ''}{plain(telling.answerer(reply))}\n"
    if how := telling.settings(reply.parameters, reply.system):
        yield f"\n{plain(how)}\n"
    if reply.reasoning:
        yield f"\nThinking:\n\n{_quoted(reply.reasoning)}\n"
    if reply.text:
        yield f"\n{inert(reply.text)}\n"
    for picture in reply.pictures:
        yield f"\n{plain(telling.picture(picture))}\n"
    yield from _lines(telling.remarks(reply))


def _lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"\n*{plain(line)}*\n"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The first column is of words, the others are of figures."""
    yield f"\n| {' | '.join(heading)} |\n"
    yield f"| --- |{' ---: |' * (len(heading) - 1)}\n"
    for row in rows:
        yield f"| {' | '.join(plain(cell) for cell in row)} |\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in inert(text).split("\n"))


def _silenced(text: str) -> str:
    """The text with what is loud escaped outside of code, and its last fence closed."""
    lines, fence = [], ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        found = _FENCE.match(line)
        if fence:
            lines.append(line)
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found and not (found[1][0] == "`" and "`" in found[2]):
            fence = found[1]
            lines.append(line)
        else:
            lines.append(_LOUD.sub(lambda one: f"\\{one[0]}" if one[0] in {"<", "!"} else one[0], line))
    return "\n".join([*lines, fence] if fence else lines)


def _is_inert(text: str) -> bool:
    tokens = _parser.parse(text + _LATER)
    outside = [token for token in tokens if token.level == 0]
    ends = bool(outside) and outside[-1].type == "paragraph_close" and tokens[-2].content == _LATER.strip()
    return ends and not any(map(_is_loud, tokens))


def _is_loud(token: Token) -> bool:
    if token.type == "link_open":
        return not rendering.is_address(str(token.attrs.get("href", "")))
    return token.type in _RUNS or any(map(_is_loud, token.children or ()))


def _any_link(url: str) -> bool:  # noqa: ARG001
    return True


def _made() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # All links are looked at here, also those that the parser would leave out.
    parser.validateLink = _any_link  # type: ignore[method-assign]
    return parser


_parser = _made()
