"""The same good answer on bad roads: split, delayed, cut off, reset, compressed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from itertools import pairwise

from tests.pretend_openrouter.answers import Answer, Asked, Ending, Piece, Scenario, Silence
from tests.pretend_openrouter.chat import final, hello, opening, resolved, text
from tests.pretend_openrouter.payloads import COMMENT, DONE, chunk_body, completion, dated, named

WORDS = "Grüße, 世界 🌈"
"""Letters of two, three and four bytes in UTF-8."""

Wire = Callable[[bytes], Sequence[bytes]]


def spoken(asked: Asked) -> bytes:
    """A whole good stream that says ``WORDS`` as UTF-8, not escaped."""
    asked = resolved(asked)
    body = chunk_body(dated(asked.model), {"content": WORDS}, **named(asked))
    words = b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"
    return COMMENT + opening(asked) + words + final(asked) + DONE


def _on_wire(summary: str, wire: Wire) -> Scenario:
    return Scenario(summary, (lambda asked: Answer(pieces=wire(spoken(asked))),))


def _pieces(summary: str, *before: Piece, after: Sequence[Piece] = ()) -> Scenario:
    return Scenario(summary, (lambda asked: Answer(pieces=[*before, spoken(asked), *after]),))


def split(stream: bytes, *places: int) -> list[bytes]:
    """The stream cut at these places."""
    edges = [0, *sorted(places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges) if start < end]


def _inside_letters(stream: bytes) -> list[bytes]:
    return split(stream, *(place for place, byte in enumerate(stream) if byte & 0b1100_0000 == 0b1000_0000))


def _inside_fields(stream: bytes) -> list[bytes]:
    starts = [place for place in range(len(stream)) if stream.startswith(b"data:", place)]
    return split(stream, *(start + 2 for start in starts), *(start + 5 for start in starts))


def _several_lines(stream: bytes) -> list[bytes]:
    """JSON over several ``data:`` lines, which a reader joins with line feeds."""
    return [stream.replace(b', "', b',\ndata: "')]


def _line_ends(stream: bytes) -> list[bytes]:
    """Letters that end a line in Python, and not in an event stream."""
    return [stream.replace(WORDS.encode(), "a\u2028b\u2029c\u0085d".encode())]


def _ended(summary: str, *after: Piece, words: bool = True) -> Scenario:
    def rule(asked: Asked) -> Answer:
        asked = resolved(asked)
        return Answer(pieces=[opening(asked), *([text(asked, "Hello")] if words else []), *after])

    return Scenario(summary, (rule,))


def _after_finish(asked: Asked) -> Answer:
    asked = resolved(asked)
    stop = text(asked, "", finish_reason="stop", native="STOP")
    return Answer(pieces=[opening(asked), text(asked, "Hello"), stop])


def _in_json(asked: Asked) -> Answer:
    asked = resolved(asked)
    broken, word, _ = text(asked, " there").partition(b" the")
    return Answer(pieces=[opening(asked), text(asked, "Hello"), broken + word])


def _whole(asked: Asked) -> bytes:
    asked = resolved(asked)
    return json.dumps(completion(asked, {"content": "Hello there"})).encode()


def _zipped(asked: Asked) -> Answer:
    answer = hello(asked)
    stream = b"".join(each for each in answer.pieces if isinstance(each, bytes))
    zipped = {"Content-Encoding": "gzip"}
    if asked.streams:
        return Answer(pieces=[gzip.compress(stream, mtime=0)], headers=zipped)
    return Answer(body=gzip.compress(_whole(asked), mtime=0), headers=zipped)


BYTE_BY_BYTE = _on_wire("a write for each byte", lambda stream: split(stream, *range(len(stream))))
SPLIT_LETTERS = _on_wire("the writes break inside UTF-8 letters", _inside_letters)
SPLIT_FIELDS = _on_wire("the writes break inside and right after data:", _inside_fields)
ONE_WRITE = _on_wire("all events in one write", lambda stream: [stream])
CRLF = _on_wire("lines end with CR LF", lambda stream: [stream.replace(b"\n", b"\r\n")])
CRLF_SPLIT = _on_wire(
    "lines end with CR LF, the writes break between the two",
    lambda stream: stream.replace(b"\n", b"\r|\n").split(b"|"),
)
CR = _on_wire("lines end with CR", lambda stream: [stream.replace(b"\n", b"\r")])
BOM = _on_wire("the stream begins with a byte order mark", lambda stream: [b"\xef\xbb\xbf" + stream])
DATA_LINES = _on_wire("an event's JSON is spread over several data: lines", _several_lines)
NO_SPACE = _on_wire("no space after data:", lambda stream: [stream.replace(b"data: ", b"data:")])
LINE_ENDS_IN_TEXT = _on_wire("U+2028, U+2029 and U+0085 stand unescaped in the text", _line_ends)

SLOW_FIRST_TOKEN = _pieces("silence before the first chunk, until released", Silence())
SLOW_FIRST_TOKEN_WITH_COMMENTS = _pieces(
    "only comments before the first chunk, until released", Silence(comments=True)
)
SILENT = _ended("a word, then silence until released, then nothing more", Silence())
SILENT_WITH_COMMENTS = _ended("a word, then only comments until released", Silence(comments=True))
SILENT_BEFORE_HEADERS = Scenario(
    "not even a status until released", (lambda asked: Answer(pieces=hello(asked).pieces, mute=True),)
)

ENDS_AFTER_FINISH = Scenario("the stream ends after the finish reason, no [DONE]", (_after_finish,))
ENDS_IN_TEXT = _ended("the stream ends in mid text")
ENDS_BEFORE_TEXT = _ended("the stream ends before any text", words=False)
ENDS_IN_JSON = Scenario("the stream ends in the middle of a chunk's JSON", (_in_json,))
CUT = _ended("the connection is closed in mid text", Ending.CUT)
RESET = _ended("the connection is reset in mid text", Ending.RESET)
RESET_BEFORE_TEXT = _ended("the connection is reset before any text", Ending.RESET, words=False)

NEWLINES_BEFORE_JSON = Scenario(
    "line feeds and spaces before a whole JSON body",
    (lambda asked: Answer(body=b"\n\n  \n" + _whole(asked)),),
)
WHITESPACE = Scenario("a body of nothing but white space", (Answer(body=b" \n\n \n"),))
GZIP = Scenario("the body is compressed, asked for or not", (_zipped,))
JSON_FOR_STREAM = Scenario(
    "a stream is answered with one whole JSON body", (lambda asked: Answer(body=_whole(asked)),)
)
