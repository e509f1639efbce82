"""The answers of a run: all of them in a table, and those to one prompt as cards side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st

from madlen import figures, judgements
from madlen.batch import checks
from madlen.batch import results as found
from madlen.batch.results import Result
from madlen.judgements import Judgement
from madlen.prompt_sets import CellState, Run
from madlen.types import Turn
from madlen.ui import address, grid, layout, text
from madlen.votes import Vote

Filter = Literal["All", "Different", "Failed", "Slow"]
_FILTERS: Mapping[Filter, Callable[[Sequence[Result]], set[str]]] = {
    "All": lambda results: {one.prompt.id for one in results},
    "Different": found.different,
    "Failed": found.failed,
    "Slow": found.slow,
}
_HELP = (
    "Different: the answers are not the same words. Failed: an answer is missing or did not pass its checks. "
    "Slow: an answer took twice as long as the middle one of the run."
)
_SHOWN = 200
_STATES = {CellState.WAITING: "waiting", CellState.ASKING: "being asked", CellState.FAILED: "✗ failed"}


def draw(run: Run, results: Sequence[Result], names: Mapping[str, str]) -> str:
    """Draws the table by a filter and gives the id of the prompt that is open in it, or nothing."""
    chosen = st.segmented_control(
        "Show", list(_FILTERS), default="All", required=True, key="run-filter", help=_HELP
    )
    wanted = _FILTERS[chosen or "All"](results)
    by_prompt = {prompt_id: row for prompt_id, row in found.by_prompt(results).items() if prompt_id in wanted}
    of_all = f"{len(by_prompt):,} of {figures.counted(len(run.prompts), 'prompt')}"
    st.caption(f"{of_all}. Choose a row to read its answers.")
    opened = st.query_params.get("prompt", "")
    if not by_prompt:
        return ""
    ids = list(by_prompt)
    key = f"run-table-{chosen}-{st.session_state.get('run-table-round', 0)}"
    st.dataframe(
        [_row(row, names) for row in by_prompt.values()],
        hide_index=True,
        height="auto",
        key=key,
        on_select=lambda: _select(key, ids),
        selection_mode="single-row",
        column_config={"Prompt": st.column_config.TextColumn(width="medium", pinned=True)},
        alt="The answers to each prompt, one column for each lane",
    )
    if opened not in by_prompt:
        return ""
    _steps(ids, opened)
    return opened


def turn_of(run: Run, row: Sequence[Result]) -> Turn:
    """The answers to one prompt as the turn of a comparison."""
    prompt = row[0].prompt
    replies = tuple(one.reply for one in row if one.reply is not None)
    return Turn(row[0].cell.turn_id, run.session_id, prompt.asked, run.created_at, prompt.pictures, replies)


def cards(
    run: Run,
    row: Sequence[Result],
    names: Mapping[str, str],
    acts: grid.Acts,
    judged: Sequence[Judgement],
) -> Turn:
    """Draws the answers to one prompt with their checks and what judges said of them."""
    turn = turn_of(run, row)
    grid.draw(turn, grid.latest(turn), names, acts)
    if any(one.verdicts for one in row):
        with st.container(horizontal=True, wrap=False, key=f"checks-{turn.id}"):
            for one in row:
                with st.container(border=True, width=layout.width(len(row)), gap="xsmall"):
                    st.caption(f"**Checks of {text.label(one.lane.name)}**")
                    for verdict in one.verdicts:
                        _verdict(verdict)
    if row[0].prompt.reference:
        with st.expander("Reference", icon=":material/flag:"):
            st.markdown(text.prompt(row[0].prompt.reference))
    _judged(turn, judged, names)
    return turn


def vote_of(votes: Sequence[Vote], turn: Turn) -> Vote | None:
    return next((vote for vote in votes if vote.turn_id == turn.id), None)


def _row(row: Sequence[Result], names: Mapping[str, str]) -> dict[str, str]:
    answers = {
        f"{one.lane.name} · {names.get(one.lane.model_id, one.lane.model_id)}": _cell(one) for one in row
    }
    return {"Prompt": _short(row[0].prompt.asked), **answers}


def _cell(one: Result) -> str:
    if one.cell.state is not CellState.DONE or one.reply is None:
        why = one.reply.failure.sentence if one.reply and one.reply.failure else ""
        return " · ".join(part for part in (_STATES.get(one.cell.state, "waiting"), _short(why)) if part)
    mark = {True: "✓ ", False: "✗ ", None: ""}[one.passed]
    score = "" if one.score is None else f"{one.score:g}/5 · "
    took = one.reply.timing.duration
    seconds = "" if took is None else f"{figures.seconds(took)} · "
    return f"{mark}{score}{seconds}{_short(one.reply.text)}"


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _select(key: str, ids: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    address.change(prompt=ids[rows[0]] if rows else "")


def _steps(ids: Sequence[str], opened: str) -> None:
    """The ways to the prompts before and after the open one, and back to the table alone."""
    place = ids.index(opened)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Prompt {place + 1:,} of {len(ids):,}**", width="content")
        for label, icon, step in (("Previous", "chevron_left", -1), ("Next", "chevron_right", 1)):
            inside = 0 <= place + step < len(ids)
            st.button(
                label,
                key=f"prompt-{label.lower()}",
                icon=f":material/{icon}:",
                type="tertiary",
                disabled=not inside,
                on_click=open_prompt,
                args=(ids[place + step] if inside else "",),
            )
        st.button(
            "Close",
            key="prompt-close",
            icon=":material/close:",
            type="tertiary",
            on_click=open_prompt,
            args=("",),
        )


def open_prompt(prompt_id: str) -> None:
    """Opens a prompt of the run below the table, or none."""
    # The table keeps its own choice: a new table has none.
    st.session_state["run-table-round"] = st.session_state.get("run-table-round", 0) + 1
    address.change(prompt=prompt_id)


def _verdict(verdict: checks.Verdict) -> None:
    icon, color = {
        True: (":material/check:", "green"),
        False: (":material/close:", "red"),
        None: (":material/question_mark:", "gray"),
    }[verdict.passed]
    said = text.label(verdict.sentence if verdict.passed is not True else checks.described(verdict.check))
    st.markdown(f":{color}[{icon}] {said}")


def _judged(turn: Turn, judged: Sequence[Judgement], names: Mapping[str, str]) -> None:
    own = [one for one in judged if one.turn_id == turn.id]
    lane = {reply.id: reply.lane for reply in turn.replies}
    if not own:
        return
    with st.expander(f"What judges said ({len(own)})", icon=":material/gavel:"):
        for one in own:
            judge = text.label(names.get(one.judge, one.judge))
            said = [lane.get(reply_id, "?") for reply_id in one.replies]
            st.markdown(f"**{text.label(judgements.sentence(one, said))}** · {judge}")
            st.caption(text.label(one.reason))
