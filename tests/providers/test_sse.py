from __future__ import annotations

import json
from itertools import pairwise

import httpx
import httpx_sse
import pytest
from hypothesis import given
from hypothesis import strategies as st

from madlen.providers.sse import ServerSentEvents

LINES = st.one_of(
    st.sampled_from(
        ["", "", "", "data", "data:", "data: ", ": a comment", "event: error", "id: 7", "retry: 3"]
    ),
    st.builds(
        "{}{}".format, st.sampled_from(["data:", "data: ", "data:  ", "dat", "datas:", " data:"]), st.text()
    ),
    st.text(),
)


def told(body: bytes, places: list[int]) -> list[str]:
    """The data of all events of a body that comes cut at these places."""
    reading = ServerSentEvents()
    cuts = sorted({0, len(body), *(place % (len(body) + 1) for place in places)})
    pieces = [body[begin:end] for begin, end in pairwise(cuts)]
    return [data for piece in pieces for data in reading.take(piece)]


def told_by_the_library(body: bytes) -> list[str]:
    headers = {"Content-Type": "text/event-stream; charset=utf-8"}
    response = httpx.Response(200, content=body, headers=headers, default_encoding="utf-8")
    # An event without any data, such as one that only has an id, says nothing here.
    return [event.data for event in httpx_sse.EventSource(response).iter_sse() if event.data]


@given(
    lines=st.lists(LINES, max_size=12),
    end=st.sampled_from(["\n", "\r", "\r\n"]),
    places=st.lists(st.integers(min_value=0), max_size=12),
)
def test_any_body_cut_anywhere_is_read_as_the_library_reads_it(
    lines: list[str], end: str, places: list[int]
) -> None:
    body = end.join(lines).encode("utf-8", "replace")
    assert [data for data in told(body, places) if data] == told_by_the_library(body)


@given(words=st.text(), places=st.lists(st.integers(min_value=0), max_size=8))
def test_what_was_sent_as_json_is_read_whole(words: str, places: list[int]) -> None:
    sent = json.dumps(words, ensure_ascii=False)
    body = f"data: {sent}\n\n".encode("utf-8", "surrogatepass")
    assert [json.loads(data) for data in told(body, places)] == [words]


@pytest.mark.parametrize("place", range(9))
def test_a_byte_order_mark_is_passed_over_wherever_it_is_cut(place: int) -> None:
    assert told(b"\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", [place]) == ["1", "2"]


def test_a_mark_that_is_not_at_the_beginning_belongs_to_its_line() -> None:
    assert told(b"data: 1\n\n\xef\xbb\xbfdata: 2\n\ndata: 3\n\n", []) == ["1", "3"]


@pytest.mark.parametrize("end", [b"data: 2", b"data: 2\n", b"data: 2\r"])
def test_an_event_without_its_empty_line_is_none(end: bytes) -> None:
    assert told(b"data: 1\n\n" + end, []) == ["1"]


def test_a_carriage_return_at_the_end_of_a_piece_ends_the_event_at_once() -> None:
    reading = ServerSentEvents()
    assert reading.take(b"data: 1\r\n\r") == ["1"]
    assert reading.take(b"\ndata: 2\n\r\n") == ["2"]


def test_bytes_that_are_no_text_are_read_as_signs_for_them() -> None:
    assert told(b"data: \xff\xe2\x82\n\n", []) == ["\ufffd\ufffd"]


def test_a_long_line_in_many_pieces_is_one_event() -> None:
    reading = ServerSentEvents()
    assert reading.take(b"data: ") == []
    for _ in range(1000):
        assert reading.take(b"0123456789") == []
    assert reading.take(b"\n\n") == ["0123456789" * 1000]
