"""Voting on the answers to a prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import streamlit as st

from madlen import votes
from madlen.types import Turn
from madlen.ui import shortcuts, text

_TAGS = ("coding", "writing", "facts", "reasoning", "translation", "style")
_BEST, _ENDS, _RANKING = "Best", "Best and worst", "Ranking"
_PLACES = ("1st", "2nd", "3rd")


@dataclass(frozen=True, slots=True)
class Ballot:
    """A turn to vote on. ``answers`` are what answers are called, by the ids of replies."""

    turn: Turn
    answers: Mapping[str, str]
    vote: votes.Vote | None
    hidden: bool
    """Whether names and figures are."""
    cast: Callable[[votes.Vote], None]

    @property
    def order(self) -> list[str]:
        return list(self.answers)


def draw(ballot: Ballot, *, keys: bool, go_on: Callable[[], None]) -> None:
    """Draws a button for each answer, a tie and all bad; a vote may be changed by another.

    Of more than two answers one can tell the best, the best and the worst, or the whole order. ``keys``
    gives the buttons the keys 1 to 9, 0 and N, which only one prompt on a page can have.
    """
    turn, order = ballot.turn, ballot.order
    way = _way(turn, len(order))
    picked = [one for one in st.session_state.get(_picks(turn), []) if one in order]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{_question(way, len(order), len(picked))}**", width="content")
        for number, (reply_id, name) in enumerate(ballot.answers.items(), start=1):
            chosen = not picked and ballot.vote is not None and _stands_first(ballot.vote, reply_id)
            _button(
                _label(name, ballot, picked, reply_id),
                f"vote-{turn.id}-{number}",
                chosen=chosen,
                key=str(number) if keys and number < 10 else None,
                disabled=reply_id in picked,
                on_click=_pick,
                args=(ballot, reply_id),
            )
        for label, bad in (("Tie", False), ("Both bad" if len(order) == 2 else "All bad", True)):
            _button(
                label,
                f"vote-{turn.id}-{'bad' if bad else 'tie'}",
                chosen=not picked
                and ballot.vote is not None
                and len(ballot.vote.order) == 1
                and ballot.vote.bad is bad,
                key="0" if keys and not bad else None,
                on_click=_cast,
                args=(ballot, votes.tie(order)),
                kwargs={"bad": bad},
            )
        if picked:
            st.button(
                "Start over",
                key=f"vote-{turn.id}-over",
                icon=":material/undo:",
                type="tertiary",
                on_click=_start_over,
                args=(turn,),
            )
        _note(ballot)
        if keys:
            st.button(
                "Next",
                key=f"vote-{turn.id}-next",
                icon=":material/skip_next:",
                type="tertiary",
                shortcut=shortcuts.NEXT,
                help="The next prompt without a vote, or else a new one for the same lanes.",
                on_click=go_on,
            )
    if ballot.vote is not None:
        st.caption(f"{_said(ballot.vote, ballot.answers)} Your vote is kept; vote again to change it.")


def _way(turn: Turn, number: int) -> str:
    """How one votes; of two answers there is only one way."""
    if number <= 2:
        return _BEST
    chosen = st.segmented_control(
        "How to vote",
        [_BEST, _ENDS, _RANKING],
        default=_BEST,
        required=True,
        key=_ways(turn),
        label_visibility="collapsed",
        on_change=_start_over,
        args=(turn,),
    )
    return chosen or _BEST


def _question(way: str, number: int, picked: int) -> str:
    if picked:
        return "And the worst?" if way == _ENDS else "Which is next?"
    return "Which is better?" if number == 2 else "Which is best?"


def _label(name: str, ballot: Ballot, picked: Sequence[str], reply_id: str) -> str:
    name = text.label(name)
    if reply_id in picked:
        place = picked.index(reply_id)
        return f"{name} · {_PLACES[place] if place < len(_PLACES) else f'{place + 1}th'}"
    return f"{name} is better" if len(ballot.answers) == 2 and not ballot.hidden else name


def _button(label: str, name: str, *, chosen: bool, key: str | None, **act: object) -> None:
    st.button(
        # Bold instead of filled: white letters on the lighter green of the dark theme are hard to read.
        f"**{label}**" if chosen else label,
        key=name,
        icon=":material/how_to_vote:" if chosen else None,
        shortcut=key,
        **act,  # type: ignore[arg-type]
    )


def _note(ballot: Ballot) -> None:
    turn, vote = ballot.turn, ballot.vote
    with st.popover("Note", icon=":material/edit_note:", type="tertiary", key=f"note-{turn.id}"):
        st.text_input(
            "Why",
            vote.note if vote else "",
            key=f"vote-note-{turn.id}",
            max_chars=1000,
            on_change=_noted,
            args=(ballot,),
        )
        st.multiselect(
            "Tags",
            list(dict.fromkeys((*_TAGS, *(vote.tags if vote else ())))),
            list(vote.tags) if vote else [],
            key=f"vote-tags-{turn.id}",
            accept_new_options=True,
            max_selections=10,
            on_change=_noted,
            args=(ballot,),
        )


def _stands_first(vote: votes.Vote, reply_id: str) -> bool:
    return len(vote.order) > 1 and vote.order[0] == (reply_id,)


def _said(vote: votes.Vote, answers: Mapping[str, str]) -> str:
    """The order that was voted, as a sentence; nothing for one that the buttons show."""
    groups = [[text.label(answers[one]) for one in group if one in answers] for group in vote.order]
    if len(answers) < 3 or len(groups) < 2:
        return ""
    return f"{' before '.join(' and '.join(group) for group in groups if group)}."


def _ways(turn: Turn) -> str:
    return f"vote-way-{turn.id}"


def _picks(turn: Turn) -> str:
    return f"vote-picks-{turn.id}"


def _start_over(turn: Turn) -> None:
    st.session_state.pop(_picks(turn), None)


def _pick(ballot: Ballot, reply_id: str) -> None:
    """Takes one more answer into the order; the last one needs no click of its own."""
    order = ballot.order
    # As it is chosen now: a key may be pressed before the page has been drawn for another way.
    way = st.session_state.get(_ways(ballot.turn)) or _BEST
    picked = [*st.session_state.get(_picks(ballot.turn), []), reply_id]
    needed = {_BEST: 1, _ENDS: 2, _RANKING: len(order) - 1}[way]
    if len(picked) < needed:
        st.session_state[_picks(ballot.turn)] = picked
        return
    match way:
        case "Best":
            voted = votes.best(order, *picked)
        case "Best and worst":
            voted = votes.best_and_worst(order, *picked)
        case _:
            voted = votes.ranking([*picked, *(one for one in order if one not in picked)])
    _cast(ballot, voted)


def _cast(ballot: Ballot, order: votes.Order, *, bad: bool = False) -> None:
    _start_over(ballot.turn)
    note, tags = _written(ballot.turn)
    ballot.cast(
        votes.Vote(
            turn_id=ballot.turn.id,
            session_id=ballot.turn.session_id,
            order=order,
            voted_at=datetime.now(UTC),
            bad=bad,
            blind=ballot.hidden,
            note=note,
            tags=tags,
        )
    )


def _noted(ballot: Ballot) -> None:
    """Keeps a note that is written after the vote, which stays what it was."""
    if ballot.vote is not None:
        note, tags = _written(ballot.turn)
        ballot.cast(replace(ballot.vote, note=note, tags=tags))


def _written(turn: Turn) -> tuple[str, tuple[str, ...]]:
    return st.session_state.get(f"vote-note-{turn.id}", ""), tuple(
        st.session_state.get(f"vote-tags-{turn.id}", ())
    )
