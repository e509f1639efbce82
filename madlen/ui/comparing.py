"""Two answers laid over each other: what only the one says and what only the other."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from madlen import differences
from madlen.types import Reply
from madlen.ui import text

_COLOURS = {"kept": "", "only_first": "red", "only_second": "green"}


def draw(answers: Mapping[str, Reply], *, key: str) -> None:
    """Draws the difference of two answers that are chosen by their lanes."""
    written = {lane: reply for lane, reply in answers.items() if reply.text}
    if len(written) < 2:
        return
    with st.expander(
        "Differences", icon=":material/difference:", key=f"{key}-differences", on_change="rerun"
    ) as place:
        if not place.open:
            return
        left, right = st.columns(2)
        lanes = list(written)
        first = left.selectbox("From", lanes, key=f"{key}-first")
        second = right.selectbox("To", lanes, index=1, key=f"{key}-second")
        laid_over((first, written[first].text), (second, written[second].text))


def laid_over(first: tuple[str, str], second: tuple[str, str]) -> None:
    """Draws two texts as one, with what only the one says and what only the other; each with its name."""
    st.caption(
        f":red-background[Only {text.label(first[0])} says this] · "
        f":green-background[only {text.label(second[0])} says this]"
    )
    segments = differences.segments(first[1], second[1])
    st.markdown("".join(_marked(segment) for segment in segments))


def _marked(segment: differences.Segment) -> str:
    """A segment as Markdown that shows its text as it is, each line marked by itself."""
    colour = _COLOURS[segment.kind]
    return "  \n".join(_line(line, colour) for line in segment.text.split("\n"))


def _line(line: str, colour: str) -> str:
    bare = line.strip()
    if not bare:
        return line
    before, after = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    shown = text.label(bare)
    return f"{before}:{colour}-background[{shown}]{after}" if colour else f"{before}{shown}{after}"
