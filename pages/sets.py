"""Prompt sets: many prompts asked of several models at once, checked, judged and summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from madlen import catalogue, services
from madlen.batch import results, summary
from madlen.batch.results import Result
from madlen.errors import NotFound
from madlen.judgements import Judgement
from madlen.prompt_sets import PromptSet, Run
from madlen.providers.directory import Listing
from madlen.types import Lane, Reply, Turn
from madlen.ui import address, attempts, grid, picker, readiness, sidebar, streaming, text, verdict
from madlen.ui.attempts import attempt, clicked
from madlen.ui.sets import comparison, editor, files, judge, library, plots, progress, setup
from madlen.ui.sets import results as table

madlen = services.current()
chat, batch, judging = madlen.chat, madlen.batch, madlen.judging


def main() -> None:
    st.set_page_config(layout="wide")
    sidebar.draw(None, here=None)
    run_id, set_id = st.query_params.get("run", ""), st.query_params.get("set", "")
    try:
        if run_id:
            _run(chat.store.run(run_id))
        elif set_id:
            _set(chat.store.prompt_set(set_id))
        else:
            _library()
    except NotFound as error:
        address.go()
        st.warning(text.label(str(error)), icon=":material/search_off:")
        _library()


def _library() -> None:
    library.draw(chat.store.prompt_sets(), chat.store.runs(), batch.save)
    files.draw_import()


def _set(opened: PromptSet) -> None:
    listing, choices = chat.models(), chat.store.choices()
    picker.notes(listing)
    _back()
    st.title(text.label(opened.name))
    runs = chat.store.runs(set_id=opened.id)
    prompts, checks, run = st.tabs(["Prompts", "Checks", "Run"])
    with prompts:
        opened = editor.draw(opened, batch.save)
    with checks:
        editor.draw_checks(opened, batch.save)
    with run:
        before = runs[0].lanes if runs else ()
        start = partial(_start, opened)
        setup.draw(opened, listing, choices, madlen.quota(), before=before, start=start)
    if runs:
        st.subheader("Runs of this set")
        for one in runs:
            library.line(one)
    with st.container(horizontal=True):
        with st.popover("Rename", icon=":material/edit:", type="tertiary"):
            name = st.text_input("Name", opened.name, key=f"name-{opened.id}", max_chars=80)
            if st.button("Rename", key="rename"):
                clicked(batch.save, replace(opened, name=name))
        delete = partial(batch.delete_set, opened.id)
        _delete("Delete the set", "Its prompts and checks are deleted; its runs stay.", delete, {})


def _start(opened: PromptSet, lanes: Sequence[Lane], name: str) -> None:
    address.go(run=batch.start(opened, lanes, name.strip()).id)


def _run(run: Run) -> None:
    listing = chat.models()
    names = {model.id: catalogue.label(model) for model in listing.models}
    _back(run.set_id)
    st.title(text.label(run.name))
    lanes = " · ".join(f"{lane.name}: {names.get(lane.model_id, lane.model_id)}" for lane in run.lanes)
    st.caption(text.label(f"{run.created_at:%Y-%m-%d %H:%M} UTC · {lanes}"))
    progress.draw(run, progress.Acts(batch.progress, batch.pause, batch.resume, batch.stop, batch.retry))
    judging_lived = judging.running(run.id)
    judgements = chat.store.judgements(run.session_id)
    votes = chat.store.votes_of(run.session_id)
    found = _results(run, judgements)
    answers, figures, judged, compared = st.tabs(["Answers", "Summary", "Judge", "Then and now"])
    with answers:
        opened = table.draw(run, found, names)
        if opened:
            _cards(run, results.by_prompt(found)[opened], names, judgements)
    with figures:
        plots.draw(summary.by_lane(run.lanes, found), names)
    with judged:
        judge.draw_agreement(judgements, votes, names)
        _judge(run, found, listing, lived=judging_lived)
    with compared:
        then = madlen.run_files.then(run)
        others = [
            one for one in chat.store.runs(set_id=run.set_id) if one.id != run.id and one.set_id == run.set_id
        ]
        others.sort(key=lambda one: one.session_id != then)
        first = bool(others) and others[0].session_id == then
        comparison.draw(run, found, others, _results_of, names, first=first)
    with st.container(horizontal=True):
        files.draw(run)
        _delete(
            "Delete the run",
            "Its answers, votes and judgements are deleted.",
            partial(batch.delete_run, run.id),
            {"set": run.set_id},
        )


def _results_of(run_id: str) -> list[Result]:
    run = chat.store.run(run_id)
    return _results(run, chat.store.judgements(run.session_id))


def _results(run: Run, judgements: Sequence[Judgement]) -> list[Result]:
    with st.spinner("Reading the answers"):
        cells = batch.results(run.id)
    progress.checking(batch.check(run, cells))
    return results.of(run, cells, judgements, batch.verdicts.of)


def _cards(
    run: Run, row: Sequence[Result], names: Mapping[str, str], judgements: Sequence[Judgement]
) -> None:
    acts = grid.Acts(
        follow=partial(madlen.hub.follow_all, every=streaming.FRAME_SECONDS),
        waiting=readiness.waiting,
        stop=partial(attempt, chat.stop),
        offer=_no_offer,
    )
    turn = table.cards(run, row, names, acts, judgements)
    if len(turn.replies) > 1:
        shown = grid.latest(turn)
        cast = table.vote_of(chat.store.votes_of(run.session_id), turn)
        answers = {reply.id: lane for lane, reply in shown.items()}
        verdict.draw(
            verdict.Ballot(turn, answers, cast, hidden=False, cast=partial(attempt, chat.vote)),
            keys=True,
            go_on=partial(_next, run, turn),
        )


def _next(run: Run, turn: Turn) -> None:
    """Goes to the next prompt of the run that has no vote, from the end to the beginning again."""
    cast = {vote.turn_id for vote in chat.store.votes_of(run.session_id)}
    turns = {cell.turn_id: cell.prompt_id for cell in chat.store.cells(run.id)}
    ids = list(turns)
    place = ids.index(turn.id)
    waiting = [one for one in (*ids[place + 1 :], *ids[:place]) if one not in cast]
    table.open_prompt(turns[waiting[0]] if waiting else "")


def _judge(run: Run, found: Sequence[Result], listing: Listing, *, lived: bool) -> None:
    acts = judge.Acts(
        progress=partial(judging.progress, run.id),
        left=judging.left,
        begin=partial(judging.begin, run.id),
        stop=partial(judging.stop, run.id),
    )
    judge.draw(run, found, listing, chat.store.choices(), acts, lived=lived)


def _no_offer(reply: Reply) -> None:
    """A cell is asked again with the others of its run that failed."""


def _back(set_id: str = "") -> None:
    st.button(
        "To the set" if set_id else "All prompt sets",
        key="back",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=address.go,
        kwargs={"set": set_id},
    )


def _delete(label: str, told: str, delete: partial[None], then: dict[str, str]) -> None:
    with st.popover(label, icon=":material/delete:", type="tertiary"):
        st.markdown(told)
        st.button("Delete", key="delete", on_click=attempt, args=(_deleted, delete, then))


def _deleted(delete: partial[None], then: dict[str, str]) -> None:
    delete()
    address.go(**then)


attempts.draw(main)
