"""Why answers were slow: in words, and as bars of what their time went to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen.traces import slowness
from madlen.traces.slowness import Slowness
from madlen.ui import layout, palette, text

_HEIGHTS: Mapping[slowness.Name, int] = {
    "queue": 6,
    "network": 6,
    "thinking": 6,
    "generation": 18,
    "storing": 6,
}
_OF_MODELS: frozenset[slowness.Name] = frozenset({"thinking", "generation"})


def draw(found: Sequence[Slowness], names: Mapping[str, str], *, seconds: float, key: str) -> None:
    """Draws the reasons of each answer on one axis as long as ``seconds``; nothing without an answer."""
    if not found:
        return
    st.subheader("Why was this slow?")
    for one in found:
        named = f"**{text.label(_name(one, names))}**: " if len(found) > 1 else ""
        again = f" It had to be asked {one.retries} times again." if one.retries else ""
        st.markdown(f"{named}{text.label(one.sentence)}{again}")
    colours = palette.of_models(one.answer.model_id for one in found)
    labels = [f"{number}. {_name(one, names)}" for number, one in enumerate(found, 1)]
    bars = [
        {
            "answer": label,
            "from": part.begun,
            "to": part.ended,
            "part": slowness.SAID[part.name][0],
            "took": f"{part.seconds:.3f}",
            "height": _HEIGHTS[part.name],
            "colour": colours[one.answer.model_id] if part.name in _OF_MODELS else palette.QUIET,
        }
        for label, one in zip(labels, found, strict=True)
        for part in one.parts
    ]
    st.vega_lite_chart(
        {
            "data": {"values": bars},
            "mark": {"type": "bar", "cornerRadius": 2},
            "height": {"step": 26},
            "encoding": {
                "x": {
                    "field": "from",
                    "type": "quantitative",
                    "title": "Seconds",
                    "scale": {"domain": [0, max(seconds, 0.001)]},
                },
                "x2": {"field": "to"},
                "y": {
                    "field": "answer",
                    "type": "nominal",
                    "sort": None,
                    "title": None,
                    "axis": {"labelLimit": 120 if layout.narrow() else 220},
                },
                "color": {"field": "colour", "type": "nominal", "scale": None},
                "size": {"field": "height", "type": "quantitative", "scale": None},
                "tooltip": [
                    {"field": "answer", "title": "Answer"},
                    {"field": "part", "title": "Part"},
                    {"field": "took", "title": "Took (s)"},
                ],
            },
        },
        key=f"{key}-reasons",
        alt="What the time of each answer went to",
    )
    st.caption(
        "Grey: our queue, network and routing, storing. Thin: thinking. Thick: generation. Painting is done "
        "by the browser and not measured here; a page sends each text to it after at most "
        f"{slowness.FRAME_SECONDS * 1000:.0f} ms."
    )


def _name(one: Slowness, names: Mapping[str, str]) -> str:
    model_id = one.answer.model_id
    return names.get(model_id, model_id)
