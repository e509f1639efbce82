"""A judge for the answers of a run: which model, how it is asked, how far it is, how far to trust it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast, get_args

import streamlit as st

from madlen import catalogue, figures, judgements
from madlen.batch import judge as judges
from madlen.batch import judging
from madlen.batch.judge import Judge, Kind, Question
from madlen.batch.results import Result
from madlen.judgements import Judgement
from madlen.prompt_sets import Run
from madlen.providers.directory import Listing
from madlen.types import Choices
from madlen.ui import address, picker, text
from madlen.ui.attempts import attempt, clicked
from madlen.votes import Vote

EVERY = 1.0
_KINDS: Mapping[Kind, str] = {"pairwise": "Which of two is better", "rubric": "Points from 1 to 5"}
_EVERY_PAIR = "every pair"


@dataclass(frozen=True, slots=True)
class Acts:
    """What the page can do with judges, of one run."""

    progress: Callable[[], judging.Progress | None]
    left: Callable[[Judge, Sequence[Question]], list[Question]]
    begin: Callable[[Judge, Sequence[Question]], None]
    stop: Callable[[], None]


def draw(
    run: Run,
    found: Sequence[Result],
    listing: Listing,
    choices: Choices,
    acts: Acts,
    *,
    lived: bool,
) -> None:
    """Draws the set-up of a judge, and the progress of one at work.

    ``lived`` says whether one was at work before the judgements were read that the page shows: if it has
    ended since, the page is drawn anew.
    """
    progress = acts.progress()
    if progress is not None:
        lives = progress.running
        st.fragment(_panel, run_every=EVERY if lives else None)(acts, lives or lived)
    models = _models(run, listing, choices)
    if not models:
        st.caption("There is no model that could judge now.")
        return
    model_id = st.selectbox(
        "Judge", models, format_func=picker.lines(listing, choices), key=f"judge-model-{run.id}"
    )
    kinds = [kind for kind in get_args(Kind) if kind == "rubric" or len(run.lanes) > 1]
    kind = cast(
        "Kind",
        st.segmented_control(
            "It says",
            kinds,
            format_func=_KINDS.__getitem__,
            default=kinds[0],
            required=True,
            key=f"judge-kind-{run.id}",
        ),
    )
    against = ""
    if kind == "pairwise" and len(run.lanes) > 2:
        lanes = [_EVERY_PAIR, *(lane.name for lane in run.lanes)]
        wanted = st.selectbox("Compares", lanes, format_func=_compared, key=f"judge-against-{run.id}")
        against = "" if wanted == _EVERY_PAIR else wanted
    template = _template(run.id, kind)
    judge = Judge(model_id, kind, template, against)
    asked = judges.of_run(judge, found)
    left = acts.left(judge, asked)
    noun = "pair" if kind == "pairwise" else "answer"
    requests = len(left) * (2 if kind == "pairwise" else 1)
    if not left:
        st.caption("It has judged all of these answers." if asked else "There is nothing to judge yet.")
        return
    if st.button(
        f"Judge {figures.counted(len(left), noun)} with {figures.counted(requests, 'request')}",
        key="judge-begin",
        icon=":material/gavel:",
        disabled=bool(progress and progress.running),
    ):
        clicked(acts.begin, judge, left)


def draw_agreement(found: Sequence[Judgement], votes: Sequence[Vote], names: Mapping[str, str]) -> None:
    """How far each judge agrees with the votes of people on the same answers."""
    for judge_id in dict.fromkeys(one.judge for one in found):
        own = [one for one in found if one.judge == judge_id]
        agreement = judgements.agreement(own, votes)
        name = text.label(names.get(judge_id, judge_id))
        unread = sum(not one.readable for one in own)
        flipped = sum(one.flipped for one in own)
        parts = [
            f"{name}: {figures.counted(len(own), 'verdict')}",
            f"{unread:,} not readable" if unread else "",
            f"{flipped:,} went with the order and count as ties" if flipped else "",
            _agreed(agreement),
        ]
        st.caption(" · ".join(part for part in parts if part))


def _agreed(agreement: judgements.Agreement) -> str:
    if agreement.share is None:
        return "vote on some of the same answers to see how far it agrees with you"
    kappa = "" if agreement.kappa is None else f", Cohen's kappa {agreement.kappa:.2f}"
    return f"agrees with {agreement.agreed:,} of {agreement.pairs:,} votes ({agreement.share:.0%}{kappa})"


def _models(run: Run, listing: Listing, choices: Choices) -> list[str]:
    """Free ones first, and those that judge nothing of their own before the others."""
    free = catalogue.chosen_first(catalogue.matching(listing.models, free=True), choices)
    every = catalogue.chosen_first(catalogue.matching(listing.models), choices)
    own = {lane.model_id for lane in run.lanes}
    return sorted(dict.fromkeys(model.id for model in (*free, *every)), key=own.__contains__)


def _compared(name: str) -> str:
    return name if name == _EVERY_PAIR else f"all with {name}"


def _template(run_id: str, kind: Kind) -> str:
    with st.expander("The judge's prompt", icon=":material/edit_note:"):
        template = st.text_area(
            "The judge's prompt",
            judges.TEMPLATES[kind],
            key=f"judge-template-{run_id}-{kind}",
            height=320,
            max_chars=judges.TEMPLATE_CHARACTERS,
            label_visibility="collapsed",
        )
        st.caption(
            "{prompt}, {reference}, {a} and {b} stand for the material, which is fenced so that no answer "
            "can pose as an instruction. Two answers are shown in both orders. The prompt ends with:"
        )
        st.code(judges.ENDINGS[kind], language=None, wrap_lines=True)
    return template


def _panel(acts: Acts, lived: bool) -> None:
    now = acts.progress()
    if now is None or (lived and not now.running):
        address.redraw()
    ended = now.done + now.failed
    said = f"{'Judging' if now.running else 'Judged'} · {now.done:,} of {now.total:,}"
    failed = f" · {now.failed:,} failed" if now.failed else ""
    st.progress(ended / now.total if now.total else 1.0, text=f"{said}{failed}")
    if now.note:
        st.warning(text.label(now.note), icon=":material/error:")
    if now.running and st.button(
        "Stop judging", key="judge-stop", icon=":material/stop_circle:", on_click=partial(attempt, acts.stop)
    ):
        address.redraw()
