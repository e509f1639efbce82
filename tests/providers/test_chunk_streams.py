import json
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen.errors import Interrupted, MadlenError, RateLimited, UpstreamError
from madlen.providers.chunks import decoded, events
from madlen.types import Done, Event, Image, Reasoning, Spent, Started, Text, Usage

MODEL = "google/gemma-4-31b-it:free"
RECORDED = (Path(__file__).parents[1] / "data" / "answer.sse").read_bytes()
ANSWER = [
    Started("google/gemma-4-31b-it-20260402:free", "Google AI Studio", "gen-1795392001-aaaaaaaaaaaaaaaaaaaa"),
    Reasoning("One flat shape."),
    Text("A red square."),
    Done(
        "stop",
        Usage(281, 13, 294, 6, 0, Decimal(0)),
        (
            {
                "type": "reasoning.text",
                "text": "One flat shape.",
                "format": "google-gemini-v1",
                "index": 0,
            },
        ),
    ),
]
STOP: dict[str, Any] = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
SSE = "text/event-stream"


def streamed(
    *pieces: bytes, kind: str = SSE, packed: str = "identity"
) -> tuple[list[Event], MadlenError | None]:
    """The events of a response that arrives in those pieces, and the error that ends them."""
    found: list[Event] = []

    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def main() -> None:
        answering = httpx.MockTransport(
            lambda _request: httpx.Response(
                200, headers={"content-type": kind, "content-encoding": packed}, content=arriving()
            )
        )
        async with (
            httpx.AsyncClient(transport=answering) as client,
            client.stream("POST", "http://openrouter.test/") as response,
        ):
            async for event in events(response, model_id=MODEL):
                found.append(event)  # noqa: PERF401 - those before an error are wanted

    try:
        anyio.run(main)
    except MadlenError as error:
        return found, error
    return found, None


def whole(*pieces: bytes, kind: str = SSE) -> list[Event]:
    found, error = streamed(*pieces, kind=kind)
    assert error is None
    return found


def cut(content: bytes, places: Sequence[int]) -> list[bytes]:
    return [content[start:end] for start, end in pairwise([0, *sorted(places), len(content)])]


def chunk(content: str, **more: Any) -> bytes:
    """One event with that content, not escaped."""
    said = {"choices": [{"index": 0, "delta": {"content": content}}], **more}
    return f"data: {json.dumps(said, ensure_ascii=False)}\n\n".encode()


def event(data: Any) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def test_a_recorded_stream_is_an_answer() -> None:
    assert whole(RECORDED) == ANSWER


@settings(deadline=None)
@given(st.lists(st.integers(0, len(RECORDED)), max_size=50))
def test_cutting_a_stream_anywhere_changes_no_event(places: list[int]) -> None:
    assert whole(*cut(RECORDED, places)) == ANSWER


def test_a_stream_may_come_byte_by_byte() -> None:
    assert whole(*cut(RECORDED, range(len(RECORDED)))) == ANSWER


@settings(deadline=None)
@given(st.text(min_size=1), st.data())
def test_cutting_inside_a_character_changes_no_text(text: str, data: st.DataObject) -> None:
    content = chunk(text) + event(STOP)
    places = data.draw(st.lists(st.integers(0, len(content)), max_size=20))
    assert whole(*cut(content, places)) == [Text(text), Done("stop")]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"], ids=["CRLF", "CR", "LF"])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_lines_may_end_in_any_way(end: str, step: int) -> None:
    content = RECORDED.replace(b"\n", end.encode())
    assert whole(*cut(content, range(0, len(content), step))) == ANSWER


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_a_separator_inside_json_is_part_of_the_text(separator: str) -> None:
    text = f"one{separator}two"
    content = chunk(text) if separator > "\x7f" else event({"choices": [{"delta": {"content": text}}]})
    assert whole(content, event(STOP))[0] == Text(text)


def test_a_stream_may_begin_with_a_byte_order_mark() -> None:
    content = b"\xef\xbb\xbf" + RECORDED.removeprefix(b": OPENROUTER PROCESSING\n\n" * 2)
    assert whole(*cut(content, [1, 2])) == ANSWER


def test_a_stream_is_utf_8_whatever_its_header_says() -> None:
    assert whole(chunk("çay"), event(STOP), kind=f"{SSE}; charset=iso-8859-1")[0] == Text("çay")


def test_bytes_that_are_no_text_cost_only_themselves() -> None:
    broken = chunk("abc").replace(b"b", b"\xff")
    assert whole(broken, event(STOP))[0] == Text("a\ufffdc")


def test_comments_are_passed_over() -> None:
    comments = b": OPENROUTER PROCESSING\n\n: \n\n:\n\n"
    assert whole(comments, chunk("Hi"), comments, event(STOP), comments) == [Text("Hi"), Done("stop")]


def test_data_may_need_no_space_and_several_lines() -> None:
    first = b'data:{"choices": [{"delta":\ndata: {"content": "Hi"}}]}\n\n'
    assert whole(first, event(STOP))[0] == Text("Hi")


@pytest.mark.parametrize(
    "junk",
    [
        b"data: not json\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b"data:\n\n",
        b"data: [1, 2]\n\n",
        b"event: ping\ndata: {}\n\n",
        b"retry: 3000\nid: 7\n\n",
        b"nonsense\n\n",
        b'data: {"choices": [], "debug": {"echo_upstream_body": {"model": "x"}}}\n\n',
    ],
    ids=["text", "deep", "empty", "list", "ping", "fields", "line", "debug"],
)
def test_an_event_that_is_junk_is_passed_over(junk: bytes) -> None:
    assert whole(chunk("A"), junk, chunk("B"), event(STOP)) == [Text("A"), Text("B"), Done("stop")]


def test_a_stream_without_the_mark_at_its_end_is_whole_when_it_said_why_it_ended() -> None:
    assert whole(RECORDED.removesuffix(b"data: [DONE]\n\n")) == ANSWER


@pytest.mark.parametrize("reason", [None, ""])
def test_a_stream_with_the_mark_at_its_end_is_whole_without_a_finish_reason(reason: str | None) -> None:
    last = event({"choices": [{"delta": {}, "finish_reason": reason}]})
    assert whole(chunk("Hi"), last, b"data: [DONE]\n\n") == [Text("Hi"), Done("stop")]


def test_nothing_is_read_behind_the_mark_at_the_end() -> None:
    assert whole(chunk("A"), b"data:  [DONE] \n\n", chunk("B")) == [Text("A"), Done("stop")]


@pytest.mark.parametrize("end", [b"", b'data: {"choices": [{"del', b": OPENROUTER PROCESSING\n\n"])
def test_a_stream_that_just_ends_was_cut_off(end: bytes) -> None:
    found, error = streamed(chunk("Hi"), end)
    assert found == [Text("Hi")]
    assert type(error) is Interrupted


def test_an_error_in_a_stream_ends_it_at_once_and_leaves_what_was_said() -> None:
    failure = event({"choices": [], "error": {"code": 429, "message": "Slow down"}})
    found, error = streamed(chunk("A"), failure, chunk("B"), b"data: [DONE]\n\n")
    assert found == [Text("A")]
    assert type(error) is RateLimited


@pytest.mark.parametrize("place", ["chunk", "choice"])
def test_what_comes_beside_an_error_is_kept(place: str) -> None:
    picture = {"image_url": {"url": "data:image/png;base64,AA=="}}
    choice: dict[str, Any] = {"delta": {"content": "Hal", "reasoning": "Hm.", "images": [picture]}}
    last: dict[str, Any] = {"choices": [choice], "model": "m-2026", "id": "gen-1"}
    (last if place == "chunk" else choice)["error"] = {"code": 429, "message": "Slow down"}
    found, error = streamed(event(last), chunk("B"), b"data: [DONE]\n\n")
    assert found == [
        Started("m-2026", generation_id="gen-1"),
        Reasoning("Hm."),
        Text("Hal"),
        Image("data:image/png;base64,AA=="),
    ]
    assert type(error) is RateLimited


@pytest.mark.parametrize(
    "end",
    [
        event({"choices": [], "error": {"code": 502, "message": "Gone"}, "usage": {"total_tokens": 13}}),
        event({"choices": [], "usage": {"total_tokens": 13}}),
        event({"choices": [{"delta": {}, "finish_reason": "error"}], "usage": {"total_tokens": 13}}),
    ],
    ids=["error", "cut", "end by error"],
)
def test_what_a_failed_answer_was_billed_at_is_kept(end: bytes) -> None:
    found, error = streamed(chunk("Hi"), end)
    assert found == [Text("Hi"), Spent(Usage(total_tokens=13))]
    assert error is not None


def test_the_words_of_a_body_with_an_error_are_kept() -> None:
    choice = {"message": {"content": "Half"}, "error": {"code": 502, "message": "Gone"}}
    found, error = streamed(json.dumps({"choices": [choice]}).encode(), kind="application/json")
    assert found == [Text("Half")]
    assert "Gone." in str(error)


def test_an_error_may_be_all_that_comes() -> None:
    found, error = streamed(event({"error": {"code": "server_error", "message": "Worker limit reached"}}))
    assert found == []
    assert "Worker limit reached." in str(error)


def test_an_image_in_one_long_line_is_read() -> None:
    picture = {
        "images": [{"image_url": {"url": "data:image/png;base64," + "A" * 4_000_000}}],
        "content": "Here",
    }
    content = event({"choices": [{"delta": picture}]})
    assert whole(*cut(content, range(0, len(content), 65_536)), event(STOP))[0] == Text("Here")


@pytest.mark.parametrize("before", ["", "\n\n   \n", "\ufeff"])
def test_a_whole_answer_may_come_in_place_of_a_stream(before: str) -> None:
    message = {"role": "assistant", "content": "Red."}
    answer = {"id": "gen-1", "choices": [{"message": message, "finish_reason": "stop"}], "usage": {"cost": 0}}
    content = (before + json.dumps(answer)).encode()
    assert whole(content, kind="application/json") == [
        Started(generation_id="gen-1"),
        Text("Red."),
        Done("stop", Usage(cost=Decimal(0))),
    ]


def test_an_error_may_come_in_place_of_a_stream() -> None:
    content = json.dumps({"error": {"code": 429, "message": "Slow down"}}).encode()
    assert type(streamed(content, kind="application/json")[1]) is RateLimited


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><h1>Sorry</h1></html>", "text/html"),
        (b"<html><h1>Sorry</h1></html>", "application/json"),
        (b" \n\n ", "application/json"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
    ],
)
def test_what_is_neither_a_stream_nor_an_answer_is_a_failed_provider(content: bytes, kind: str) -> None:
    found, error = streamed(content, kind=kind)
    assert found == []
    assert type(error) is UpstreamError


@pytest.mark.parametrize("choices", [{}, {"choices": None}, {"choices": []}])
def test_an_answer_without_choices_is_not_whole(choices: dict[str, Any]) -> None:
    assert isinstance(streamed(json.dumps(choices).encode(), kind="application/json")[1], UpstreamError)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": "\xc3\xa7"}', {"a": "ç"}),
        ('{"a": 1}', {"a": 1}),
        (b"\xef\xbb\xbf{}", {}),
        (b"\xff<html>", "\ufffd<html>"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=["bytes", "text", "mark", "html", "empty", "deep"],
)
def test_a_body_is_json_or_else_text(content: str | bytes, value: Any) -> None:
    assert decoded(content) == value
