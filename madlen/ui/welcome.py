"""A chat before its first prompt: what this is, who is ready to answer and what that costs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from madlen import catalogue, figures, services
from madlen.types import Model
from madlen.ui import text

SUGGESTIONS = (
    "Explain how a rainbow forms, in three sentences.",
    "Write a haiku about the sea.",
    "Name five dishes one can make from potatoes.",
    "Write a Python function that reverses a string.",
)


def draw(model: Model | None, *, ask: Callable[[str], None]) -> None:
    """Draws what is said and offered; ``ask`` sends a suggestion."""
    st.title("What would you like to ask?")
    if model is not None:
        st.markdown(ready(model))
    if services.current().settings.openrouter_api_key is None:
        st.markdown(
            "To ask the large models too, many of them free: [get a key from OpenRouter]"
            "(https://openrouter.ai/settings/keys), write `OPENROUTER_API_KEY=` and the key into the file "
            "`.env` beside `app.py`, and start again."
        )
    st.pills(
        "Suggestions",
        SUGGESTIONS,
        key="suggestion",
        label_visibility="collapsed",
        on_change=_suggested,
        args=(ask,),
    )
    st.page_link("pages/compare.py", label="Or ask several models at once", icon=":material/view_column:")


def ready(model: Model) -> str:
    """Who answers, and whether that is free and why, as a sentence."""
    name = f"**{text.label(model.name)}** answers"
    if model.source == "local":
        return f"{name}: a small model that runs inside Madlen, free and without an account."
    if catalogue.is_free(model):
        if catalogue.counts_against_quota(model):
            return f"{name}: free, each prompt takes one of the day's free requests."
        return f"{name}: free."
    prompt, completion = model.pricing.prompt, model.pricing.completion
    if model.pricing.varies:
        return f"{name}: what it costs depends on the model that it passes you to."
    if prompt is None or completion is None:
        return f"{name}: what it costs is not known."
    price = f"{figures.per_million(prompt)} in and {figures.per_million(completion)} out per million tokens"
    return f"{name}: paid, {text.label(price)}."


def _suggested(ask: Callable[[str], None]) -> None:
    if suggestion := st.session_state["suggestion"]:
        ask(suggestion)
