"""How a chat asks: what its model is told first, and how it samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from madlen import catalogue
from madlen.types import Lane, Model, Parameters
from madlen.ui import text

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_NAMES = {
    "temperature": "Temperature",
    "top_p": "Top-p",
    "seed": "Seed",
    "stop": "Stop sequences",
    "reasoning_effort": "Reasoning effort",
}
SYSTEM_CHARACTERS = 100_000
MOST_STOPS = 4
_FIELDS = ("system", "temperature", "max-tokens", "top-p", "seed", "stop", "effort")


def at_once(lane: Lane, *, key: str, picker: str) -> Lane:
    """The lane as its fields stand, which may have been filled since they were drawn; for callbacks.

    ``picker`` is the key of the field with its model.
    """
    model_id = st.session_state.get(picker) or lane.model_id
    system, parameters = _now(lane.system, lane.parameters, key)
    return replace(lane, model_id=model_id, system=system, parameters=parameters)


def draw(model: Model | None, system: str, parameters: Parameters, *, key: str) -> tuple[str, Parameters]:
    """Draws the settings behind a button and gives them as they are now.

    What the model does not take is greyed, with the reason; it is not sent either. They are drawn
    only while they are looked at, so whoever calls gives what it was given last.
    """
    behind = st.popover(
        "Settings", icon=":material/tune:", key=f"{key}-settings", type="tertiary", on_change="rerun"
    )
    if not behind.open:
        return _now(system, parameters, key)
    why = refusals(model)
    with behind:
        st.caption("Kept with this chat. An empty field leaves the choice to the model.")
        system = st.text_area(
            "System prompt",
            system,
            key=f"{key}-system",
            max_chars=SYSTEM_CHARACTERS,
            placeholder="What the model is told before every prompt",
        )
        left, right = st.columns(2)
        with left:
            temperature = st.number_input(
                _NAMES["temperature"],
                0.0,
                2.0,
                parameters.temperature,
                0.1,
                key=f"{key}-temperature",
                disabled="temperature" in why,
                help=why.get("temperature", "Low repeats itself, high surprises."),
            )
            tokens = st.number_input(
                "Longest answer",
                1,
                1_000_000,
                parameters.max_tokens,
                key=f"{key}-max-tokens",
                help="In tokens.",
            )
            effort = st.selectbox(
                _NAMES["reasoning_effort"],
                EFFORTS,
                index=EFFORTS.index(parameters.reasoning_effort)
                if parameters.reasoning_effort in EFFORTS
                else None,
                key=f"{key}-effort",
                placeholder="",
                disabled="reasoning_effort" in why,
                help=why.get("reasoning_effort", "How long it thinks before it answers."),
            )
        with right:
            top_p = st.number_input(
                _NAMES["top_p"],
                0.0,
                1.0,
                parameters.top_p,
                0.05,
                key=f"{key}-top-p",
                disabled="top_p" in why,
                help=why.get("top_p", "Only the likeliest words, up to this share."),
            )
            seed = st.number_input(
                _NAMES["seed"],
                0,
                2**31 - 1,
                parameters.seed,
                key=f"{key}-seed",
                disabled="seed" in why,
                help=why.get("seed", "The same seed tends to give the same answer."),
            )
            stop = st.text_area(
                _NAMES["stop"],
                "\n".join(parameters.stop),
                height=68,
                key=f"{key}-stop",
                disabled="stop" in why,
                help=why.get("stop", "The answer ends before any of them; one to a line, up to four."),
            )
        for reason in why.values():
            st.caption(reason)
    return system, Parameters(temperature, tokens, top_p, seed, _ends(stop), effort)


def adopt(key: str) -> None:
    """Forgets what was typed into the fields, for others than these are wanted; for callbacks."""
    for field in _FIELDS:
        st.session_state.pop(f"{key}-{field}", None)


def _now(system: str, parameters: Parameters, key: str) -> tuple[str, Parameters]:
    """The settings as they are: a field may have been filled since they were drawn, or as they closed."""
    state = st.session_state
    stop = state.get(f"{key}-stop")
    return state.get(f"{key}-system", system), Parameters(
        state.get(f"{key}-temperature", parameters.temperature),
        state.get(f"{key}-max-tokens", parameters.max_tokens),
        state.get(f"{key}-top-p", parameters.top_p),
        state.get(f"{key}-seed", parameters.seed),
        parameters.stop if stop is None else _ends(stop),
        state.get(f"{key}-effort", parameters.reasoning_effort),
    )


def _ends(written: str) -> tuple[str, ...]:
    return tuple(line for line in written.splitlines() if line)[:MOST_STOPS]


def refusals(model: Model | None) -> Mapping[str, str]:
    """Why a parameter cannot be set, by its name."""
    if model is None:
        return {}
    refused = catalogue.refused_parameters(model)
    name = text.label(model.name)
    return {known: f"{name} does not take: {_NAMES[known].lower()}." for known in _NAMES if known in refused}
