"""How far a run is, and what can be done about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from madlen.prompt_sets import Progress, Run, RunStatus
from madlen.ui import address, text
from madlen.ui.attempts import attempt

EVERY = 1.0
"""Seconds between two looks at a run that goes on."""
_MOMENT = 0.3
_STEPS = 20
"""So many times in all the answers are drawn anew while they come."""
_WORDS = {
    RunStatus.RUNNING: "Running",
    RunStatus.PAUSED: "Paused",
    RunStatus.STOPPED: "Stopped",
    RunStatus.DONE: "Done",
}


@dataclass(frozen=True, slots=True)
class Acts:
    """What the page can do with a run; each is called with its id."""

    progress: Callable[[str], Progress]
    pause: Callable[[str], object]
    resume: Callable[[str], object]
    stop: Callable[[str], object]
    retry: Callable[[str], object]


def draw(run: Run, acts: Acts) -> None:
    """Draws the progress, and looks again by itself for as long as the run goes on."""
    begun = acts.progress(run.id)
    st.fragment(_panel, run_every=EVERY if _lives(begun) else None)(run.id, acts, begun)


def checking(done: Iterable[float]) -> None:
    """Draws how far the checks are where they take longer than a moment."""
    place, drawn = st.empty(), time.monotonic()
    for share in done:
        if time.monotonic() - drawn > _MOMENT:
            place.progress(share, text=f"Checking the answers · {share:.0%}")
            drawn = time.monotonic()
    place.empty()


def time_left(seconds: float) -> str:
    """About how long, as people say it."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


def _lives(progress: Progress) -> bool:
    return progress.status is RunStatus.RUNNING or progress.asking > 0


def _panel(run_id: str, acts: Acts, drawn: Progress) -> None:
    now = acts.progress(run_id)
    newly = now.ended - drawn.ended
    if _lives(drawn) and (not _lives(now) or newly >= max(1, now.total / _STEPS)):
        # What came meanwhile is drawn with the rest of the page.
        address.redraw()
    st.progress(now.ended / now.total if now.total else 0.0, text=text.label(_said(now)))
    if now.note:
        st.warning(text.label(now.note), icon=":material/pause_circle:")
    with st.container(horizontal=True):
        if now.status is RunStatus.RUNNING:
            _button("Pause", ":material/pause:", acts.pause, run_id)
        if now.status in {RunStatus.PAUSED, RunStatus.STOPPED} and now.waiting:
            _button("Resume", ":material/play_arrow:", acts.resume, run_id)
        if now.status in {RunStatus.RUNNING, RunStatus.PAUSED}:
            _button("Stop", ":material/stop_circle:", acts.stop, run_id)
        if now.failed:
            _button(f"Retry {now.failed:,} failed", ":material/refresh:", acts.retry, run_id)


def _button(label: str, icon: str, act: Callable[[str], object], run_id: str) -> None:
    key = f"run-{label.split(maxsplit=1)[0].lower()}"
    if st.button(label, key=key, icon=icon, on_click=attempt, args=(act, run_id)):
        # A click in a fragment draws only that again.
        address.redraw()


def _said(now: Progress) -> str:
    parts = [
        _WORDS[now.status],
        f"{now.ended:,} of {now.total:,} answers",
        f"{now.failed:,} failed" if now.failed else "",
        f"{now.asking:,} being asked" if now.asking else "",
        ""
        if now.seconds_left is None or now.status is not RunStatus.RUNNING
        else time_left(now.seconds_left),
    ]
    return " · ".join(part for part in parts if part)
