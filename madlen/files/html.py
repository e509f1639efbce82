"""Chats and comparisons as HTML that stands alone: no script, nothing loaded, fit for print.

A comparison has its lanes side by side, with the figures and the vote under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape

from madlen import figures
from madlen.files import rendering, run_telling, telling
from madlen.files.documents import Archive
from madlen.types import CHAT_LANE, Picture, Reply, Turn

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1f2422; --quiet: #5c6461; --line: #dcdfdb; --page: #fff;
  --soft: #f4f5f3; --accent: #0f6b5c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebe9; --quiet: #a3aba7; --line: #38403c;
  --page: #151817; --soft: #202523; --accent: #6fd3bf; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 110rem; color: var(--ink); background: var(--page);
  font: 16px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
h3 { font-size: .95rem; margin: 0 0 .25rem; } a { color: var(--accent); }
.quiet { color: var(--quiet); font-size: .85rem; margin: .25rem 0; font-variant-numeric: tabular-nums; }
.prompt { background: var(--soft); border-radius: .5rem; padding: .75rem 1rem; max-width: 72ch;
  white-space: pre-wrap; }
.lanes { display: grid; grid-auto-flow: column; gap: 1rem; margin-top: 1rem; overflow-x: auto;
  grid-auto-columns: minmax(min(100%, 20rem), 1fr); }
.lane { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0; }
.alone .lane { border: 0; padding: 0; max-width: 72ch; }
pre { background: var(--soft); padding: .75rem; border-radius: .375rem; overflow-x: auto; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
img { max-width: 100%; max-height: 24rem; border-radius: .375rem; }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .25rem .6rem;
  text-align: start; } .figures { margin-top: 1rem; font-variant-numeric: tabular-nums; font-size: .9rem; }
blockquote { margin-inline: 0; padding-inline-start: 1rem; border-inline-start: 3px solid var(--line); }
summary { cursor: pointer; color: var(--quiet); font-size: .85rem; }
.vote { border-inline-start: 3px solid var(--accent); padding-inline-start: .75rem; }
@media (max-width: 700px) { .lanes { grid-auto-flow: row; grid-auto-columns: auto; } }
@media print { :root { --ink: #000; --quiet: #444; --page: #fff; --soft: #f4f4f4; --line: #bbb; }
  body { padding: 0; font-size: 11pt; max-width: none; } .lane, .prompt, tr { break-inside: avoid-page; }
  .lanes { overflow: visible; grid-auto-flow: row; grid-auto-columns: auto; grid-template-columns: 1fr 1fr; }
  .alone { grid-template-columns: 1fr; } pre { white-space: pre-wrap; } }
"""


def written(archive: Archive, *, app_version: str, now: datetime) -> Iterator[str]:
    """The file, in parts; join them."""
    session = archive.session
    votes = {vote.turn_id: vote for vote in archive.votes}
    title = escape(telling.line(session.title))
    beside = run_telling.beside(archive)
    dated = f"{session.created_at:%Y-%m-%d}, exported {now:%Y-%m-%d}"
    made = f"{telling.kind(archive)}, {dated} by Madlen {app_version}"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<header>\n"
        f'<h1 dir="auto">{title}</h1>\n{_quiet(made)}'
    )
    if session.system:
        yield f'<p class="quiet">Every prompt came with:</p>\n{_words(session.system)}'
    yield "</header>\n<main>\n"
    if beside.lanes:
        yield from _table(beside.heading, beside.lanes)
    for number, turn in enumerate(archive.turns, 1):
        yield f"<section>\n<h2>Prompt {number}</h2>\n{_words(turn.text)}{_pictures(turn.pictures)}"
        yield from map(_quiet, beside.lines.get(turn.id, ()))
        yield from _answers(turn, beside.lines)
        if vote := votes.get(turn.id):
            said = escape(telling.verdict(vote, turn))
            yield f'<p class="vote" dir="auto"><strong>Vote:</strong> <bdi>{said}</bdi></p>\n'
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"


def _answers(turn: Turn, beside: Mapping[str, Sequence[str]]) -> Iterator[str]:
    lanes = telling.earlier(turn)
    if not lanes:
        return
    compared = [*lanes] != [CHAT_LANE]
    yield f'<div class="lanes{"" if compared else " alone"}">\n'
    for replies in lanes.values():
        yield '<article class="lane">\n'
        yield from _answer(replies[-1])
        yield from map(_quiet, beside.get(replies[-1].id, ()))
        if before := replies[-2::-1]:
            yield f"<details>\n<summary>Earlier answers: {len(before)}</summary>\n"
            for reply in before:
                yield from _answer(reply)
            yield "</details>\n"
        yield "</article>\n"
    yield "</div>\n"
    if compared and len(lanes) > 1:
        yield from _table(figures.COLUMNS, [figures.row(replies[-1]) for replies in lanes.values()])


def _answer(reply: Reply) -> Iterator[str]:
    yield f"<h3><bdi>{escape(telling.answerer(reply))}</bdi></h3>\n"
    if how := telling.settings(reply.parameters, reply.system):
        yield _quiet(how)
    if reply.reasoning:
        yield f"<details>\n<summary>Thinking</summary>\n{_markdown(reply.reasoning)}</details>\n"
    if reply.text:
        yield _markdown(reply.text)
    yield _pictures(reply.pictures)
    for remark in telling.remarks(reply):
        yield _quiet(remark)


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield '<table class="figures">\n<thead>'
    yield _row("th", heading)
    yield "</thead>\n<tbody>\n"
    for row in rows:
        yield _row("td", row)
    yield "</tbody>\n</table>\n"


def _row(cell: str, values: Iterable[str]) -> str:
    cells = "".join(f"<{cell}><bdi>{escape(telling.line(value))}</bdi></{cell}>" for value in values)
    return f"<tr>{cells}</tr>\n"


def _markdown(text: str) -> str:
    return f'<div dir="auto">\n{rendering.markup(text)}</div>\n'


def _words(text: str) -> str:
    """A person's words as they were typed."""
    return f'<div class="prompt" dir="auto">{escape(text)}</div>\n' if text else ""


def _quiet(text: str) -> str:
    return f'<p class="quiet"><bdi>{escape(telling.line(text))}</bdi></p>\n'


def _pictures(pictures: Iterable[Picture]) -> str:
    return "".join(map(_picture, pictures))


def _picture(picture: Picture) -> str:
    if picture.content and picture.media_type in {"image/png", "image/jpeg"}:
        return f'<p><img alt="{escape(telling.picture(picture))}" src="{escape(picture.address)}"></p>\n'
    if rendering.is_address(picture.url):
        shown = escape(telling.picture(picture))
        href = escape(picture.url)
        return f'<p><a rel="noopener noreferrer nofollow" target="_blank" href="{href}">{shown}</a></p>\n'
    return _quiet(telling.picture(picture))
