"""Two runs laid beside each other: what became better, and what worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from madlen.batch import results as found
from madlen.batch.results import Change, Result
from madlen.prompt_sets import Run
from madlen.ui import comparing

_ORDER: Sequence[Change] = ("worse", "better", "new", "gone", "same")
_SHOWN = 200


def draw(
    run: Run,
    now: Sequence[Result],
    others: Sequence[Run],
    results_of: Callable[[str], Sequence[Result]],
    names: Mapping[str, str],
    *,
    first: bool = False,
) -> None:
    """Draws the choice of an earlier run and what is different since; with ``first`` that is chosen."""
    if not others:
        st.caption("There is no other run of these prompts yet. Run the set again to see what changed.")
        return
    by_id = {one.id: one for one in others}
    chosen = st.selectbox(
        "Compare with",
        list(by_id),
        index=0 if first else None,
        format_func=lambda run_id: f"{by_id[run_id].name} · {by_id[run_id].created_at:%Y-%m-%d %H:%M} UTC",
        key=f"compare-with-{run.id}",
        placeholder="another run",
    )
    if chosen is None:
        return
    changes = found.differences(results_of(chosen), now)
    count = Counter(one.change for one in changes)
    st.markdown(" · ".join(f"**{count[change]:,}** {change}" for change in _ORDER if count[change]))
    wanted = st.segmented_control(
        "Which",
        [change for change in _ORDER if count[change]],
        key=f"compare-which-{run.id}",
        label_visibility="collapsed",
    )
    shown = [one for one in changes if one.change == wanted or (wanted is None and one.change != "same")]
    if not shown:
        st.caption("Nothing else changed." if wanted is None else "")
        return
    shown.sort(key=lambda one: _ORDER.index(one.change))
    st.dataframe(
        [
            {
                "Change": one.change,
                "Prompt": _short(one.prompt.asked),
                "Lane": f"{one.lane.name} · {names.get(one.lane.model_id, one.lane.model_id)}",
                "Then": _answer(one.then),
                "Now": _answer(one.now),
            }
            for one in shown
        ],
        hide_index=True,
        alt="What changed between the two runs",
    )
    titles = {place: f"{one.lane.name}: {_short(one.prompt.asked)[:80]}" for place, one in enumerate(shown)}
    place = st.selectbox(
        "Read one", list(titles), index=None, format_func=titles.__getitem__, key=f"compare-read-{run.id}"
    )
    if place is not None:
        one = shown[place]
        sides = {"then": one.then and one.then.reply, "now": one.now and one.now.reply}
        comparing.draw(
            {name: reply for name, reply in sides.items() if reply}, key=f"then-now-{run.id}-{place}"
        )


def _answer(one: Result | None) -> str:
    if one is None:
        return ""
    if one.reply is None or one.failed:
        return "✗ failed"
    mark = {True: "✓ ", False: "✗ ", None: ""}[one.passed]
    return f"{mark}{_short(one.reply.text)}"


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
