"""How far a run is, in words."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from madlen.prompt_sets import Progress, RunStatus
from madlen.ui.sets import progress


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "about 1 s left"),
        (42.4, "about 42 s left"),
        (90, "about 2 min left"),
        (3600, "about 60 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_the_time_left_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert progress.time_left(seconds) == words


def test_a_run_that_goes_on_says_how_far_it_is() -> None:
    now = Progress(RunStatus.RUNNING, waiting=1200, asking=4, done=790, failed=6, seconds_left=600)
    assert progress._said(now) == (
        "Running · 796 of 2,000 answers · 6 failed · 4 being asked · about 10 min left"
    )


def test_a_run_that_rests_names_no_time() -> None:
    now = Progress(RunStatus.PAUSED, waiting=2, asking=0, done=0, failed=0)
    assert progress._said(now) == "Paused · 0 of 2 answers"


def test_checks_that_take_a_while_say_how_far_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_MOMENT", -1.0)
    page = AppTest.from_function(_checking, default_timeout=20).run()
    assert not page.exception
    assert page.session_state["checked"] == [0.5, 1.0]
    assert not page.get("progress")


def _checking() -> None:
    from collections.abc import Iterator  # noqa: PLC0415

    import streamlit as st  # noqa: PLC0415

    from madlen.ui.sets import progress  # noqa: PLC0415

    def checks() -> Iterator[float]:
        st.session_state["checked"] = []
        for share in (0.5, 1.0):
            yield share
            st.session_state["checked"].append(share)

    progress.checking(checks())
