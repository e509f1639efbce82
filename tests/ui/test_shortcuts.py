"""Keys and the list of them say the same."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from madlen.ui import help as keyboard
from madlen.ui import shortcuts

ROOT = Path(__file__).parents[2]
KEYS = {name: value for name, value in vars(shortcuts).items() if name.isupper()}
SOURCES = [*ROOT.glob("madlen/ui/**/*.py"), *ROOT.glob("pages/*.py")]
LISTED = [keys for group in keyboard.GROUPS.values() for keys, _ in group]


@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_that_of_a_button_and_is_listed(name: str) -> None:
    assert any(f"shortcuts.{name}" in ast.unparse(one) for one in given())
    assert KEYS[name] in LISTED


def test_no_key_means_two_things() -> None:
    assert len(set(KEYS.values())) == len(KEYS)


def test_no_key_is_one_that_streamlit_keeps() -> None:
    assert not {"C", "R"} & {keys.split("+")[-1] for keys in KEYS.values()}


def test_no_button_has_a_key_that_is_not_listed() -> None:
    assert [one for one in given() if isinstance(one, ast.Constant) and one.value is not None] == []


def given() -> list[ast.expr]:
    """What buttons are given as their shortcuts."""
    return [
        keyword.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "shortcut"
    ]
