"""Answers laid over each other: what only the one says and what only the other, and what one alone says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import differences
from madlen.types import Reply
from madlen.ui import layout, text

_COLOURS = {"kept": "", "only_first": "red", "only_second": "green"}
_WORDS, _SENTENCES = "Two, word by word", "What only one says"


def draw(answers: Mapping[str, Reply], *, key: str) -> None:
    """Draws the difference of any two answers, or each with the sentences that no other has."""
    written = {lane: reply.text for lane, reply in answers.items() if reply.text}
    if len(written) < 2:
        return
    with st.expander(
        "Differences", icon=":material/difference:", key=f"{key}-differences", on_change="rerun"
    ) as place:
        if not place.open:
            return
        way = st.segmented_control(
            "What to compare",
            [_WORDS, _SENTENCES],
            default=_WORDS,
            required=True,
            key=f"{key}-way",
            label_visibility="collapsed",
        )
        if way == _SENTENCES:
            _alone(written, key)
        else:
            _two(written, key)


def _two(written: Mapping[str, str], key: str) -> None:
    left, right = st.columns(2)
    lanes = list(written)
    first = left.selectbox("From", lanes, key=f"{key}-first")
    second = right.selectbox("To", lanes, index=1, key=f"{key}-second")
    laid_over((first, written[first]), (second, written[second]))


def laid_over(first: tuple[str, str], second: tuple[str, str]) -> None:
    """Draws two texts as one, with what only the one says and what only the other; each with its name."""
    st.caption(
        f":red-background[Only {text.label(first[0])} says this] · "
        f":green-background[only {text.label(second[0])} says this]"
    )
    found = differences.segments(first[1], second[1])
    st.markdown("".join(_marked(one.text, _COLOURS[one.kind]) for one in found))


def _alone(written: Mapping[str, str], key: str) -> None:
    st.caption("Marked is what no other answer says in these or in nearly these words.")
    places = layout.places({lane: lane for lane in written}, key=f"{key}-alone", expands=False)
    for lane, answer in written.items():
        others = [other for name, other in written.items() if name != lane]
        spans = differences.only_in(answer, others)
        with places[lane]:
            number = "1 sentence" if len(spans) == 1 else f"{len(spans):,} sentences"
            st.caption(f"**{text.label(lane)}** · {number} that only {text.label(lane)} says")
            st.markdown(_with_marks(answer, spans))


def _with_marks(answer: str, spans: Sequence[differences.Span]) -> str:
    """An answer as Markdown that shows its text as it is, some of it marked."""
    pieces, at = [], 0
    for span in spans:
        pieces += [_marked(answer[at : span.start], ""), _marked(answer[span.start : span.end], "green")]
        at = span.end
    return "".join([*pieces, _marked(answer[at:], "")])


def _marked(piece: str, colour: str) -> str:
    """Text as Markdown that shows it as it is, each line marked by itself."""
    return "  \n".join(_line(line, colour) for line in piece.split("\n"))


def _line(line: str, colour: str) -> str:
    bare = line.strip()
    if not bare:
        return line
    before, after = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    shown = text.label(bare)
    return f"{before}:{colour}-background[{shown}]{after}" if colour else f"{before}{shown}{after}"
