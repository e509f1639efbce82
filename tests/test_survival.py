"""Every point that a client must survive, and every behaviour of the server, is tested wherever it shows."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.behaviours import BEHAVIOURS, number
from tests.playing import CHATS
from tests.survival import BEYOND_SCENARIOS, POINTS, Seen

TESTS = Path(__file__).parent


@cache
def defined(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / f"{file}.py").read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_the_points_are_the_20_of_the_list() -> None:
    assert [number(point) for point in POINTS] == [str(place) for place in range(1, 21)]


@pytest.mark.parametrize("point", POINTS)
def test_every_point_is_seen_by_the_client_the_api_and_a_person(point: str) -> None:
    check(POINTS[point])


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_behaviour_is_seen_by_the_client_the_api_and_a_person(behaviour: str) -> None:
    if (seen := BEYOND_SCENARIOS.get(number(behaviour))) is not None:
        check(seen)
    else:
        assert set(BEHAVIOURS[behaviour].split()) & set(CHATS)


def check(seen: Seen) -> None:
    """Each of the tests is there, in a file of its layer."""
    assert not seen.client.startswith(("api/", "pages/", "e2e/"))
    assert seen.api.startswith("api/")
    assert seen.page.startswith(("pages/", "e2e/")) or not seen.page
    for test in filter(None, seen):
        file, name = test.split()
        assert name in defined(file)
