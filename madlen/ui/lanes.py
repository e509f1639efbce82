"""The lanes of a comparison, as they are set up before the prompt: models, each with its own settings."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from madlen import catalogue
from madlen.comparison import MOST_LANES
from madlen.estimates import Estimate
from madlen.providers.directory import Listing
from madlen.types import Choices, Lane, Parameters
from madlen.ui import ahead as ahead_of_it
from madlen.ui import filters, layout, picker, sampling, text

FEWEST, MOST = 2, MOST_LANES
_SWEPT = {
    "Temperature": "temperature",
    "Top-p": "top_p",
    "Longest answer": "max_tokens",
    "Seed": "seed",
    "Reasoning effort": "reasoning_effort",
}


def draw(
    lanes: Sequence[Lane],
    listing: Listing,
    choices: Choices,
    *,
    key: str,
    sets: Callable[[Sequence[Lane]], None],
    ahead: Callable[[Sequence[Lane]], Mapping[str, Estimate]],
) -> tuple[Lane, ...]:
    """Draws the lanes with their pickers and gives them as they are now. Changes are kept under ``key``.

    ``sets`` draws the sets that lanes are kept in, and ``ahead`` says what they will take.
    """
    tools, quiet = (st.container(horizontal=True, vertical_alignment="center") for _ in range(2))
    offered = filters.draw(
        listing, choices, key=key, chosen=[lane.model_id for lane in lanes], tools=tools, quiet=quiet
    )
    with tools:
        st.button(
            "Add a lane",
            key=f"{key}-add",
            icon=":material/add_column_right:",
            type="tertiary",
            disabled=len(lanes) >= MOST or not offered,
            on_click=_add,
            args=(lanes, offered, key),
        )
        _sweep(lanes, key)
    lines = picker.lines(listing, choices)
    cards = layout.places({lane.name: lane.name for lane in lanes}, key=f"{key}-lanes", expands=False)
    drawn = []
    for lane in lanes:
        with cards[lane.name]:
            drawn.append(_lane(lane, lanes, offered, lines=lines, listing=listing, key=key))
    now = tuple(drawn)
    with tools:
        sets(now)
    for name, estimate in ahead(now).items():
        model = catalogue.find(listing.models, next(lane.model_id for lane in now if lane.name == name))
        if model is not None:
            with cards[name]:
                ahead_of_it.draw(model, estimate)
    st.session_state[key] = now
    return now


def at_once(lanes: Sequence[Lane], *, key: str) -> tuple[Lane, ...]:
    """The lanes as their fields stand, which may have been filled since they were drawn; for callbacks."""
    return tuple(
        sampling.at_once(lane, key=(own := _own(key, lane)), picker=f"{own}-model") for lane in lanes
    )


def adopt(key: str, lanes: Sequence[Lane]) -> None:
    """Puts other lanes in the place of those under ``key``; for callbacks."""
    st.session_state[key] = tuple(lanes)
    # Fields remember what was typed into them, so the lanes get new ones.
    st.session_state[f"{key}-edition"] = st.session_state.get(f"{key}-edition", 0) + 1


def names(number: int, taken: Sequence[str] = ()) -> list[str]:
    """So many names for lanes, letters of which none is taken."""
    free = [letter for letter in string.ascii_uppercase if letter not in taken]
    return free[:number]


def _own(key: str, lane: Lane) -> str:
    """What the keys of a lane's fields begin with."""
    edition = st.session_state.get(f"{key}-edition", 0)
    return f"{key}-{edition}-{lane.name}" if edition else f"{key}-{lane.name}"


def _lane(
    lane: Lane,
    lanes: Sequence[Lane],
    offered: Sequence[str],
    *,
    lines: Callable[[str], str],
    listing: Listing,
    key: str,
) -> Lane:
    own = _own(key, lane)
    model_id = st.selectbox(
        f"Model of lane {lane.name}",
        offered,
        index=offered.index(lane.model_id) if lane.model_id in offered else 0,
        format_func=lines,
        key=f"{own}-model",
        label_visibility="collapsed",
    )
    model = catalogue.find(listing.models, model_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{lane.name}**", width="content")
        system, parameters = sampling.draw(model, lane.system, lane.parameters, key=own)
        st.button(
            "Duplicate",
            key=f"{own}-duplicate",
            icon=":material/content_copy:",
            type="tertiary",
            disabled=len(lanes) >= MOST,
            on_click=_duplicate,
            args=(lanes, lane.name, key),
        )
        st.button(
            "Remove",
            key=f"{own}-remove",
            icon=":material/close:",
            type="tertiary",
            disabled=len(lanes) <= FEWEST,
            on_click=_remove,
            args=(lanes, lane.name, key),
        )
    if told := described(parameters, system):
        st.caption(text.label(told))
    return replace(lane, model_id=model_id, system=system, parameters=parameters)


def described(parameters: Parameters, system: str = "") -> str:
    """How a lane asks, where it is not left to the model, in a line."""
    values = {
        "temperature": parameters.temperature,
        "top-p": parameters.top_p,
        "at most": parameters.max_tokens and f"{parameters.max_tokens:,} tokens",
        "seed": parameters.seed,
        "effort": parameters.reasoning_effort,
        "stops at": ", ".join(map(repr, parameters.stop)) or None,
        "told": f"“{' '.join(system.split())[:60]}”" if system else None,
    }
    return " · ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def swept(lane: Lane, lanes: Sequence[Lane], parameter: str, written: str) -> tuple[Lane, ...]:
    """The lanes with one in the place of which stand copies, each with one of the written values.

    Raises ``ValueError`` with a sentence for values that are none or too many.
    """
    values = [value.strip() for value in written.split(",") if value.strip()]
    if len(values) < FEWEST:
        raise ValueError("Write at least two values, with commas between them.")
    if len(lanes) - 1 + len(values) > MOST:
        raise ValueError(f"That would be {len(lanes) - 1 + len(values)} lanes; at most {MOST} can be asked.")
    taken = [one.name for one in lanes if one.name != lane.name]
    copies = [
        replace(lane, name=name, parameters=_with(lane.parameters, parameter, value))
        for name, value in zip(names(len(values), [*taken, lane.name]), values, strict=False)
    ]
    return tuple(two for one in lanes for two in (copies if one.name == lane.name else [one]))


def _with(parameters: Parameters, parameter: str, written: str) -> Parameters:
    match parameter:
        case "temperature":
            return replace(parameters, temperature=_number(written, 0, 2))
        case "top_p":
            return replace(parameters, top_p=_number(written, 0, 1))
        case "max_tokens":
            return replace(parameters, max_tokens=_whole(written, 1))
        case "seed":
            return replace(parameters, seed=_whole(written, 0))
    if written not in sampling.EFFORTS:
        raise ValueError(f"{written!r} is no effort; there are {', '.join(sampling.EFFORTS)}.")
    return replace(parameters, reasoning_effort=written)


def _number(written: str, low: float, high: float) -> float:
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise ValueError(f"{written!r} is no number from {low} to {high}.")
    return value


def _whole(written: str, low: int) -> int:
    if not written.isdecimal() or not low <= int(written) < 2**31:
        raise ValueError(f"{written!r} is no whole number from {low} on.")
    return int(written)


def _sweep(lanes: Sequence[Lane], key: str) -> None:
    with st.popover("Sweep", icon=":material/linear_scale:", key=f"{key}-sweep", type="tertiary"):
        st.caption("Puts one lane for each value in the place of a lane.")
        name = st.selectbox("Lane", [lane.name for lane in lanes], key=f"{key}-sweep-lane")
        parameter = st.selectbox("Parameter", list(_SWEPT), key=f"{key}-sweep-parameter")
        written = st.text_input("Values", placeholder="0, 0.5, 1", key=f"{key}-sweep-values")
        if st.button("Make the lanes", key=f"{key}-sweep-go"):
            lane = next(lane for lane in lanes if lane.name == name)
            try:
                st.session_state[key] = swept(lane, lanes, _SWEPT[parameter], written)
            except ValueError as error:
                st.error(text.label(str(error)))
            else:
                st.rerun()


def _add(lanes: Sequence[Lane], offered: Sequence[str], key: str) -> None:
    used = {lane.model_id for lane in lanes}
    model_id = next((one for one in offered if one not in used), offered[0])
    [name] = names(1, [lane.name for lane in lanes])
    st.session_state[key] = (*lanes, Lane(model_id, name))


def _duplicate(lanes: Sequence[Lane], name: str, key: str) -> None:
    [fresh] = names(1, [lane.name for lane in lanes])
    st.session_state[key] = tuple(
        two for one in lanes for two in ([one, replace(one, name=fresh)] if one.name == name else [one])
    )


def _remove(lanes: Sequence[Lane], name: str, key: str) -> None:
    st.session_state[key] = tuple(lane for lane in lanes if lane.name != name)
