"""Lists of traces and what is in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from madlen.errors import NotFound
from madlen.traces import beside, reading
from madlen.traces.reading import Wanted
from madlen.traces.ring import Ring
from madlen.tracing import names
from tests.traces.making import BEGUN, answer, span, trace

ONE, TWO, THREE, FOUR = map(trace, (1, 2, 3, 4))


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    """Four traces: a quick one, a slow and dear one, one that failed, and one that asked no model."""
    found = Ring(str(tmp_path / "traces.db"), 1000)
    session = {names.SESSION: "s1"}
    spent = {names.COST: 0.5, names.INPUT_TOKENS: 10, names.OUTPUT_TOKENS: 90}
    found.write(
        [
            span("11", 0, 1, trace_id=ONE, name="ask", attributes=session),
            answer("12", 0.1, 0.9, "11", trace_id=ONE, attributes=session, chunk=0.4),
            span("21", 10, 40, trace_id=TWO, name="ask", attributes={names.SESSION: "s2"}),
            answer("22", 10, 39, "21", trace_id=TWO, model="parrot/dear", attributes=spent),
            answer("23", 10, 20, "21", trace_id=TWO, attributes={names.COST: 0.25}),
            answer("31", 100, 101, trace_id=THREE, failed=True, attributes={names.ERROR_TYPE: "refused"}),
            span("41", 200, 201, trace_id=FOUR, name="GET /models"),
        ]
    )
    return found


def listed(ring: Ring, **wanted: object) -> list[str]:
    return [heading.trace_id for heading in reading.traces(ring, Wanted(**wanted))]  # type: ignore[arg-type]


def test_traces_in_which_a_model_was_asked_are_listed_newest_first(ring: Ring) -> None:
    assert listed(ring) == [THREE, TWO, ONE]
    assert listed(ring, everything=True) == [FOUR, THREE, TWO, ONE]


def test_a_heading_sums_up_a_trace(ring: Ring) -> None:
    _, heading, _ = reading.traces(ring)
    assert (heading.name, heading.seconds, heading.spans) == ("ask", 30.0, 3)
    assert heading.models == ("parrot/dear", "parrot/polly")
    assert (heading.tokens_in, heading.tokens_out, heading.cost) == (10, 90, 0.75)
    assert (heading.session_id, heading.errors, heading.error) == ("s2", 0, "")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"model_id": "parrot/dear"}, [TWO]),
        ({"model_id": "parrot/none"}, []),
        ({"session_id": "s1"}, [ONE]),
        ({"failed": True}, [THREE]),
        ({"slower_than": 5.0}, [TWO]),
        ({"dearer_than": 0.0}, [TWO]),
        ({"dearer_than": 1.0}, []),
        ({"since": reading.moment(BEGUN) + timedelta(seconds=5)}, [THREE, TWO]),
        ({"until": reading.moment(BEGUN) + timedelta(seconds=50)}, [TWO, ONE]),
        ({"answers": ["12".ljust(16, "0"), "9" * 16]}, [ONE]),
        ({"answers": []}, []),
        ({"model_id": "parrot/polly", "slower_than": 0.5, "failed": True}, [THREE]),
    ],
)
def test_filters_narrow_the_list(ring: Ring, wanted: dict[str, object], expected: list[str]) -> None:
    assert listed(ring, **wanted) == expected


def test_a_list_has_pages(ring: Ring) -> None:
    pages = [reading.traces(ring, limit=1, offset=offset) for offset in range(4)]
    assert [[heading.trace_id for heading in page] for page in pages] == [[THREE], [TWO], [ONE], []]


def test_answers_come_with_what_a_plot_needs(ring: Ring) -> None:
    first, *_, last = reading.answers(ring)
    assert (first.model_id, round(first.seconds, 3), first.failed) == ("parrot/polly", 0.8, False)
    assert first.first_chunk == pytest.approx(0.3)
    assert (last.failed, last.first_chunk) == (True, None)


def test_answers_of_other_models_in_the_same_trace_are_left_out(ring: Ring) -> None:
    assert [one.trace_id for one in reading.answers(ring, Wanted(model_id="parrot/polly"))] == [
        ONE,
        TWO,
        THREE,
    ]


def test_models_and_traces_that_are_here_are_known(ring: Ring) -> None:
    assert reading.models(ring) == ["parrot/dear", "parrot/polly"]
    assert reading.known(ring, [ONE, trace(9)]) == {ONE}


def test_a_trace_comes_whole(ring: Ring) -> None:
    assert [one.name for one in reading.trace(ring, TWO)] == ["ask", "chat parrot/dear", "chat parrot/polly"]


def test_a_trace_that_the_ring_no_longer_has_is_a_sentence(ring: Ring) -> None:
    with pytest.raises(NotFound, match="Only the newest are kept"):
        reading.trace(ring, trace(9))


@pytest.mark.parametrize("wrong", ["", "x", "A" * 32, "1" * 31, f"{'1' * 32}\n", "' OR 1=1 --"])
def test_what_is_no_id_is_said_to_be_none(ring: Ring, wrong: str) -> None:
    with pytest.raises(NotFound, match="no id of a trace"):
        reading.trace(ring, wrong)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///./chat.db", "chat-traces.db"),
        ("sqlite:////data/mine.sqlite", "/data/mine-traces.db"),
        ("postgresql://me@host/db", "/cache/traces-5361b5b1.db"),
    ],
)
def test_the_file_lies_beside_the_database_or_in_the_cache(url: str, path: str) -> None:
    assert beside(url, Path("/cache")) == path
