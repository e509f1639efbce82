"""A turn of a comparison: answers, what can be done about them, verdict, race and differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from madlen import catalogue, services, votes
from madlen.providers.directory import Listing
from madlen.types import Lane, Reply, Status, Turn
from madlen.ui import comparing, grid, offers, readiness, repairs, streaming, text, timeline, verdict
from madlen.ui.attempts import attempt
from madlen.ui.sets import picker

_TITLE = 120
"""Characters of a prompt that stand for it."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """What a page does about the answers to a turn."""

    again: Callable[[str, Lane], None]
    """Asks a lane once more, with the system prompt given."""
    swap: Callable[[Reply, str], None]
    """Puts a model into the lane of a reply."""
    drop: Callable[[Reply], None] | None
    """Goes on without the lane of a reply; ``None`` where too few would stay."""
    go_on: Callable[[], None]
    lines: Callable[[str], str]
    """What a list of models says of one, by its id."""


def draw(
    turn: Turn,
    vote: votes.Vote | None,
    listing: Listing,
    *,
    lanes: Sequence[Lane],
    newest: bool,
    deeds: Deeds,
) -> None:
    """Draws all of it. Failures of lanes that are not among ``lanes`` are left out, if there are any."""
    chat, hidden = services.current().chat, turn.blind and vote is None
    shown = grid.latest(turn, () if hidden else lanes)
    acts = grid.Acts(
        follow=partial(services.current().hub.follow_all, every=streaming.FRAME_SECONDS),
        waiting=readiness.waiting,
        stop=partial(attempt, chat.stop),
        offer=partial(_offer, turn, listing, deeds),
    )
    if hidden:
        asked = {reply.model_id for reply in shown.values()}
        answers = grid.draw_blind(turn, shown, [one for one in listing.models if one.id in asked], acts)
    else:
        names = {model.id: catalogue.label(model) for model in listing.models}
        grid.draw(turn, shown, names, acts)
        answers = {reply.id: lane for lane, reply in shown.items()}
        if dropped := sorted(grid.latest(turn).keys() - shown.keys()):
            st.caption(f"Failed and dropped: {', '.join(map(text.label, dropped))}")
    verdict.draw(
        verdict.Ballot(turn, answers, vote, hidden, partial(attempt, chat.vote)),
        keys=newest,
        go_on=deeds.go_on,
    )
    if not hidden:
        _below(turn, shown, names)


def fold(turn: Turn, card: Callable[[], None]) -> None:
    """An earlier turn as a line that unfolds, so that the newest stands where one looks."""
    title = text.label(turn.text[:_TITLE]) or "Images"
    with st.expander(title, icon=":material/history:", key=f"turn-{turn.id}", on_change="rerun") as place:
        if place.open:
            card()


def _below(turn: Turn, shown: Mapping[str, Reply], names: Mapping[str, str]) -> None:
    with st.expander("Race", icon=":material/timeline:", key=f"race-{turn.id}", on_change="rerun") as race:
        if race.open:
            timeline.draw(list(turn.replies), names, key=f"chart-{turn.id}")
    comparing.draw(shown, key=turn.id)
    running = services.current()
    acts = picker.Acts(running.store.prompt_sets, running.store.prompt_set, running.batch.save)
    with st.container(horizontal=True):
        picker.draw(turn, acts)
        for lane in shown:
            if st.button(
                f"Continue with {text.label(lane)}",
                key=f"go-on-{turn.id}-{lane}",
                icon=":material/forum:",
                type="tertiary",
            ):
                begun = running.chat.continue_with(turn.session_id, lane)
                st.switch_page("pages/chat.py", query_params={"session": begun.id})


def _offer(turn: Turn, listing: Listing, deeds: Deeds, reply: Reply) -> None:
    offers.draw(
        reply,
        partial(deeds.again, reply.system),
        resume=partial(attempt, partial(services.current().chat.resume, system=reply.system)),
        other="",
        other_name="",
    )
    if reply.status is Status.FAILED:
        free = catalogue.matching(listing.models, free=True, vision=bool(turn.pictures))
        every = catalogue.matching(listing.models, vision=bool(turn.pictures))
        others = dict.fromkeys(one.id for one in (*free, *every) if one.id != reply.model_id)
        repairs.draw(
            reply,
            list(others),
            lines=deeds.lines,
            swap=partial(deeds.swap, reply),
            drop=partial(deeds.drop, reply) if deeds.drop else None,
        )
