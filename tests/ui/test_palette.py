"""Colours that can be told from each other and from the page, one for each model."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from madlen.ui import palette

Colour = npt.NDArray[np.float64]
THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
# Machado, Oliveira and Fernandes (2009): how colours look to those who lack one kind of cones.
EYES = {
    "all": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
OKLAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


def light(colour: str) -> Colour:
    """Linear red, green and blue."""
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear: Colour = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear


def contrast(one: str, other: str) -> float:
    """As the WCAG defines it."""
    low, high = sorted(float(light(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, eyes: str) -> Colour:
    """The colour in Oklab, where distances are as they look."""
    found = np.clip(np.array(EYES[eyes]) @ light(colour), 0, 1)
    in_oklab: Colour = np.array(OKLAB) @ np.cbrt(np.array(CONES) @ found)
    return in_oklab


@pytest.mark.parametrize("colour", [*palette.MODELS, palette.QUIET])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_colour_is_seen_on_every_page(colour: str, mode: str) -> None:
    assert contrast(colour, THEME[mode]["backgroundColor"]) >= 3


@pytest.mark.parametrize("eyes", EYES)
def test_the_colours_of_models_are_told_apart_by_any_eyes(eyes: str) -> None:
    distances = [
        np.linalg.norm(seen(one, eyes) - seen(other, eyes)) for one, other in combinations(palette.MODELS, 2)
    ]
    assert min(distances) >= (0.15 if eyes == "all" else 0.07)


@given(st.lists(st.text(max_size=20), max_size=20))
def test_models_share_a_colour_only_where_there_are_more_of_them_than_colours(names: list[str]) -> None:
    found = palette.of_models(names)
    assert found.keys() == set(names)
    assert len(set(found.values())) == min(len(found), len(palette.MODELS))


@given(st.lists(st.text(max_size=20), max_size=12, unique=True))
def test_the_order_of_models_changes_no_colour(names: list[str]) -> None:
    assert palette.of_models(names) == palette.of_models(reversed(names))


def test_a_model_alone_has_the_colour_that_it_has_among_others_where_that_is_free() -> None:
    names = [f"maker/model-{number}" for number in range(40)]
    kept = [
        palette.of_models([name])[name] == palette.of_models([name, "maker/other"])[name] for name in names
    ]
    assert sum(kept) >= 30
