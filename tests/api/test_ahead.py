"""What a browser loads before it is needed."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from madlen.api import ahead

PAGE = Path(st.__file__).parent / "static" / "index.html"


def test_the_script_names_parts_that_this_streamlit_has() -> None:
    [line] = [line for line in ahead.script(PAGE).splitlines() if line.startswith("const parts")]
    names = json.loads(line.removeprefix("const parts = ").removesuffix(";"))
    assert [name.partition(".")[0] for name in names] == list(ahead.PARTS)
    assert all((PAGE.parent / "static" / "js" / name).is_file() for name in names)


def test_a_page_without_those_parts_gets_an_empty_script(tmp_path: Path) -> None:
    assert ahead.script(tmp_path / "index.html") == ""
