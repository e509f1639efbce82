"""One prompt and the answers of every lane to it, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from madlen import blind, race
from madlen.transcript import Update
from madlen.types import Lane, Model, Reply, Status, Turn
from madlen.ui import actions, layout, replies, streaming, text
from madlen.ui import lanes as setup

_BEST: dict[race.Figure, str] = {
    "first chunk": "first to react",
    "first text": "first to speak",
    "total": "done first",
    "speed": "most tokens/s",
    "cost": "cheapest",
}


@dataclass(frozen=True, slots=True)
class Acts:
    """What the page can do for a grid. Each is called with the id of a reply, or with the reply."""

    follow: Callable[[Sequence[str]], Iterator[Mapping[str, Update]]]
    waiting: Callable[[str, float], str]
    """What is being waited for, for the id of a model and seconds waited."""
    stop: Callable[[str], None]
    offer: Callable[[Reply], None]


def latest(turn: Turn, lanes: Sequence[Lane] = ()) -> dict[str, Reply]:
    """The reply to show for each lane, by the lane's name, in the order in which they were asked.

    A failure of a lane that is not among ``lanes`` is left out, for that lane was dropped.
    """
    shown = {reply.lane: reply for reply in turn.replies}
    here = {lane.name for lane in lanes} or shown.keys()
    kept = {lane: reply for lane, reply in shown.items() if lane in here or reply.status is not Status.FAILED}
    return kept or shown


def draw(turn: Turn, shown: Mapping[str, Reply], names: Mapping[str, str], acts: Acts) -> None:
    """Draws the prompt and its answers; those in flight are drawn until they have ended."""
    replies.prompt(turn)
    running = _running(turn, shown, acts)
    best = race.best(list(shown.values()))
    arriving: dict[str, replies.Arriving] = {}
    titles = {lane: f"{lane} · {names.get(reply.model_id, reply.model_id)}" for lane, reply in shown.items()}
    places = layout.places(titles, key=f"grid-{turn.id}")
    for lane, reply in shown.items():
        with places[lane]:
            if told := setup.described(reply.parameters, reply.system):
                st.caption(text.label(told))
            if reply.id in running:
                arriving[reply.id] = replies.Arriving(
                    st.container(),
                    reply,
                    titles[lane],
                    waiting=_waiting(acts, reply.model_id),
                    stop=acts.stop,
                    below=replies.Below(acts.offer, actions.trace),
                )
            else:
                replies.ended(reply, titles[lane], below=replies.Below(acts.offer, actions.trace))
                _medals(reply, best)
    if arriving:
        for updates in streaming.paced_all(acts.follow(list(arriving))):
            for reply_id, update in updates.items():
                arriving[reply_id].take(update)
        # Who was best at what is known only when all have ended.
        st.rerun()


def draw_blind(turn: Turn, shown: Mapping[str, Reply], models: Sequence[Model], acts: Acts) -> dict[str, str]:
    """Draws the answers without what tells who gave them, all at once when the slowest has ended.

    Gives what each is called, by the ids of the replies in the order in which they are shown.
    """
    replies.prompt(turn)
    if running := _running(turn, shown, acts):
        place = st.empty()
        place.caption("All answer at once; they are shown together when the last one has ended.")
        for _ in acts.follow(running):
            pass
        st.rerun()
    ordered = [shown[lane] for lane in blind.order(turn.id, list(shown))]
    titles = [f"Answer {label}" for label in blind.labels(len(ordered))]
    places = layout.places({title: title for title in titles}, key=f"grid-{turn.id}")
    for title, reply in zip(titles, ordered, strict=True):
        with places[title]:
            st.caption(f"**{title}**")
            streaming.whole(blind.masked(reply.text, models))
            replies.pictures(reply.pictures)
            if not reply.text and not reply.pictures:
                st.caption("There is no answer.")
    return {reply.id: title for title, reply in zip(titles, ordered, strict=True)}


def _running(turn: Turn, shown: Mapping[str, Reply], acts: Acts) -> list[str]:
    """The ids of the replies in flight, with a button that stops all of them."""
    running = [reply.id for reply in shown.values() if reply.status is Status.STREAMING]
    if len(running) > 1:
        st.button(
            "Stop all",
            key=f"stop-all-{turn.id}",
            icon=":material/stop_circle:",
            on_click=_stop_all,
            args=(acts, running),
        )
    return running


def _stop_all(acts: Acts, running: Sequence[str]) -> None:
    for reply_id in running:
        acts.stop(reply_id)


def _waiting(acts: Acts, model_id: str) -> Callable[[float], str]:
    return lambda seconds: acts.waiting(model_id, seconds)


def _medals(reply: Reply, best: Mapping[race.Figure, frozenset[str]]) -> None:
    won = [word for figure, word in _BEST.items() if reply.id in best.get(figure, frozenset())]
    if won:
        with st.container(horizontal=True, gap="small"):
            for word in won:
                st.badge(word, color="green")
