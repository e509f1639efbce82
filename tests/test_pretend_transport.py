"""The pretend OpenRouter writes, delays, cuts and resets its bytes as told."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager

import httpx
import pytest

from tests.pretend_openrouter import CHAT_MODEL, Answer, Ending, PretendOpenRouter, Silence, said
from tests.pretend_openrouter.asking import ask, question, spoken, with_key
from tests.pretend_openrouter.scenarios.transport import WORDS

COMMENT = b": OPENROUTER PROCESSING\n\n"


@pytest.fixture
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        yield running


def streamed(base_url: str) -> AbstractContextManager[httpx.Response]:
    address = f"{base_url}/chat/completions"
    return httpx.stream("POST", address, json=question(), headers=with_key(), timeout=30)


def drain(response: httpx.Response, seen: list[bytes]) -> None:
    """Keeps what came, for a connection that breaks."""
    for piece in response.iter_raw():
        seen.append(piece)  # noqa: PERF402 - extend() may lose what came before an error


def writes(base_url: str) -> list[bytes]:
    """The body in the pieces of its transfer encoding."""
    with streamed(base_url) as response:
        return list(response.iter_raw())


def test_a_stream_comes_one_byte_at_a_time(pretend: PretendOpenRouter) -> None:
    pieces = writes(pretend.at("byte_by_byte"))
    assert {len(piece) for piece in pieces} == {1}
    assert WORDS in b"".join(pieces).decode()


def test_the_writes_break_inside_letters(pretend: PretendOpenRouter) -> None:
    pieces = writes(pretend.at("split_letters"))
    broken = [piece for piece in pieces if piece[0] & 0b1100_0000 == 0b1000_0000]
    assert len(broken) == len(WORDS.encode()) - len(WORDS)
    assert WORDS in b"".join(pieces).decode()


def test_the_writes_break_inside_the_name_of_a_field(pretend: PretendOpenRouter) -> None:
    pieces = writes(pretend.at("split_fields"))
    assert b"ta:" in pieces
    assert any(piece.startswith(b" {") for piece in pieces)


def test_several_events_come_in_one_write(pretend: PretendOpenRouter) -> None:
    [piece] = writes(pretend.at("one_write"))
    assert piece.count(b"data: ") == 4


@pytest.mark.parametrize(("scenario", "end"), [("crlf", b"\r\n"), ("crlf_split", b"\r\n"), ("cr", b"\r")])
def test_lines_end_otherwise(pretend: PretendOpenRouter, scenario: str, end: bytes) -> None:
    body = ask(pretend.at(scenario)).content
    assert body.endswith(b"data: [DONE]" + end * 2)
    assert body.replace(end, b"").find(b"\n") == -1


def test_carriage_return_and_line_feed_come_in_two_writes(pretend: PretendOpenRouter) -> None:
    pieces = writes(pretend.at("crlf_split"))
    assert all(piece.startswith(b"\n") for piece in pieces[1:])
    assert all(piece.endswith(b"\r") for piece in pieces[:-1])


def test_a_stream_begins_with_a_byte_order_mark(pretend: PretendOpenRouter) -> None:
    assert ask(pretend.at("bom")).content.startswith(b"\xef\xbb\xbf: OPENROUTER")


def test_an_event_has_several_data_lines(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("data_lines"))
    assert response.content.count(b"\ndata: ") > 30
    assert spoken(response) == WORDS


def test_data_has_no_space_after_it(pretend: PretendOpenRouter) -> None:
    body = ask(pretend.at("no_space")).content
    assert b"\ndata:{" in body
    assert b"data: " not in body


def test_letters_that_end_a_line_in_python_stand_in_the_text(pretend: PretendOpenRouter) -> None:
    body = ask(pretend.at("line_ends_in_text")).content.decode()
    assert "a\u2028b\u2029c\u0085d" in body


@pytest.mark.parametrize("comments", [False, True])
def test_the_first_token_is_slow(pretend: PretendOpenRouter, *, comments: bool) -> None:
    pretend.play("slow_first_token_with_comments" if comments else "slow_first_token")
    with streamed(pretend.base_url) as response:
        body = response.iter_raw()
        assert pretend.silent.wait(5)
        if comments:
            assert next(body) + next(body) == COMMENT * 2
        pretend.release()
        assert b"[DONE]" in b"".join(body)


def test_a_stream_falls_silent_but_for_comments(pretend: PretendOpenRouter) -> None:
    with streamed(pretend.at("silent_with_comments")) as response:
        body = response.iter_raw()
        seen = b""
        while not seen.endswith(COMMENT * 3):
            seen += next(body)
        pretend.release()
        assert set(b"".join(body).split(COMMENT)) <= {b""}


def test_a_stream_falls_silent_altogether(pretend: PretendOpenRouter) -> None:
    address = f"{pretend.at('silent')}/chat/completions"
    body = question()
    with (
        httpx.stream("POST", address, json=body, headers=with_key(), timeout=0.3) as response,
        pytest.raises(httpx.ReadTimeout),
    ):
        response.read()


def test_not_even_a_status_comes(pretend: PretendOpenRouter) -> None:
    address = f"{pretend.at('silent_before_headers')}/chat/completions"
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(address, json=question(), headers=with_key(), timeout=0.3)
    assert pretend.hung_up.wait(5)


def test_an_event_of_the_tests_own_holds_a_stream(pretend: PretendOpenRouter) -> None:
    hold = threading.Event()
    pretend.answers[CHAT_MODEL] = Answer(pieces=[b": held\n\n"], hold=hold)
    with streamed(pretend.base_url) as response:
        body = response.iter_raw()
        assert [next(body), next(body)] == [b": held\n\n", COMMENT]
        hold.set()
        assert set(body) <= {COMMENT}


@pytest.mark.parametrize(
    ("scenario", "end"),
    [
        ("ends_after_finish", '"native_finish_reason": "STOP"}]}\n\n'),
        ("ends_in_text", '"native_finish_reason": null}]}\n\n'),
        ("ends_in_json", '"content": " the'),
    ],
)
def test_a_stream_ends_without_done(pretend: PretendOpenRouter, scenario: str, end: str) -> None:
    text = ask(pretend.at(scenario)).text
    assert "Hello" in text
    assert text.endswith(end)
    assert not pretend.hung_up.is_set()


def test_a_connection_is_closed_in_mid_text(pretend: PretendOpenRouter) -> None:
    seen: list[bytes] = []
    broken = pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read")
    with streamed(pretend.at("cut")) as response, broken:
        drain(response, seen)
    assert b"Hello" in b"".join(seen)


def test_a_connection_is_reset_in_mid_text(pretend: PretendOpenRouter) -> None:
    seen: list[bytes] = []
    with streamed(pretend.at("reset")) as response, pytest.raises(httpx.ReadError) as caught:
        drain(response, seen)
    assert b"Hello" in b"".join(seen)
    assert "reset by peer" in str(caught.value)
    assert not pretend.hung_up.is_set()


def test_a_script_of_the_tests_own_may_pause_and_reset(pretend: PretendOpenRouter) -> None:
    pretend.answers[CHAT_MODEL] = Answer(pieces=[*said(CHAT_MODEL, "Hi")[:3], Silence(), Ending.RESET])
    with streamed(pretend.base_url) as response:
        assert pretend.silent.wait(5)
        pretend.release()
        with pytest.raises(httpx.ReadError):
            response.read()


def test_a_body_begins_with_line_feeds(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("newlines_before_json"), stream=False)
    assert response.content.startswith(b"\n\n  \n{")
    assert response.json()["choices"][0]["message"]["content"] == "Hello there"


def test_a_body_is_white_space_only(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("whitespace"), stream=False)
    assert response.status_code == 200
    assert response.content
    assert not response.content.strip()


@pytest.mark.parametrize("stream", [True, False])
def test_a_body_is_compressed_without_being_asked_for(pretend: PretendOpenRouter, *, stream: bool) -> None:
    headers = {**with_key(), "Accept-Encoding": "identity"}
    address = f"{pretend.at('gzip')}/chat/completions"
    with httpx.stream("POST", address, json=question(stream=stream), headers=headers) as response:
        raw = b"".join(response.iter_raw())
    assert response.headers["Content-Encoding"] == "gzip"
    assert b"Hello" in gzip.decompress(raw)


def test_a_stream_is_answered_with_a_whole_completion(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("json_for_stream"))
    assert response.headers["content-type"] == "application/json"
    assert response.json()["object"] == "chat.completion"


def test_a_stream_is_answered_with_an_error_in_json(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("error_for_stream"))
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert json.loads(response.content)["error"]["code"] == 502
