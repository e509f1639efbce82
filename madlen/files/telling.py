"""What exports for people say of answers and votes, in plain text that each kind of file then escapes."""

from __future__ import annotations

import re

from madlen import figures
from madlen.files.documents import Archive
from madlen.types import CHAT_LANE, Parameters, Picture, Reply, Status, Turn
from madlen.votes import Vote

_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ENDED = {Status.STREAMING: "It was still being written.", Status.STOPPED: "It was stopped."}


def line(text: str) -> str:
    """Text on one line, without the signs that turn the direction of what stands beside it."""
    return " ".join(_CONTROLS.sub(" ", _TURNING.sub("", text)).split())


def kind(archive: Archive) -> str:
    """What the file is of."""
    lanes = figures.counted(len(archive.session.lanes), "lane")
    if archive.run is not None:
        return f"Run of {figures.counted(len(archive.run.prompts), 'prompt')} over {lanes}"
    return f"Comparison of {lanes}" if archive.session.lanes else f"Chat with {archive.session.model_id}"


def answerer(reply: Reply) -> str:
    """Who was asked, and who really answered where that is known and another."""
    real = reply.model if reply.model != reply.model_id else ""
    lane = reply.lane if reply.lane != CHAT_LANE else ""
    return line(" · ".join(part for part in (lane, reply.model_id, real, reply.provider) if part))


def settings(parameters: Parameters, system: str) -> str:
    """How an answer was asked for, where that was not left to the model."""
    values = {
        "temperature": parameters.temperature,
        "top-p": parameters.top_p,
        "at most": None if parameters.max_tokens is None else f"{parameters.max_tokens:,} tokens",
        "seed": parameters.seed,
        "effort": parameters.reasoning_effort,
        "stops at": ", ".join(map(repr, parameters.stop)) or None,
        "told": f"“{system}”" if system else None,
    }
    return line(" · ".join(f"{name} {value}" for name, value in values.items() if value is not None))


def remarks(reply: Reply) -> list[str]:
    """What a reader should know of an answer, as lines; the figures are the last one."""
    failure = reply.failure.sentence if reply.failure else _ENDED.get(reply.status, "")
    empty = "" if reply.text or reply.pictures or failure else "The model sent an empty answer."
    told = [failure, empty, *reply.notes, figures.under(reply)]
    return [line(one) for one in told if one]


def earlier(turn: Turn) -> dict[str, list[Reply]]:
    """The answers of each lane, in the order in which the lanes were asked; the last one counts."""
    lanes: dict[str, list[Reply]] = {}
    for reply in turn.replies:
        lanes.setdefault(reply.lane, []).append(reply)
    return lanes


def verdict(vote: Vote, turn: Turn) -> str:
    """What was voted, as sentences."""
    named = {reply.id: f"{reply.lane} ({reply.model_id})" for reply in turn.replies}
    groups = [" and ".join(named.get(one, "an answer that is gone") for one in group) for group in vote.order]
    if len(groups) == 1:
        said = f"{groups[0]}: {'all bad' if vote.bad else 'equally good'}."
    else:
        said = f"{', better than '.join(groups)}{', and even the best was bad' if vote.bad else ''}."
    blind = " The voter did not see who answered." if vote.blind else ""
    note = f" “{vote.note}”" if vote.note else ""
    tags = f" Tags: {', '.join(vote.tags)}." if vote.tags else ""
    return line(f"{said}{blind}{note}{tags}")


def picture(shown: Picture) -> str:
    """An image in words, for where it cannot be drawn."""
    return f"Image: {line(shown.url)}" if shown.url else f"Image {shown.sha256[:12]} ({shown.media_type})"
