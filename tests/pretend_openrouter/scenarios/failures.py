"""Failures that begin with status 200: errors in bodies and in streams, and junk between good chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.pretend_openrouter.answers import Answer, Asked, Json, Scenario
from tests.pretend_openrouter.chat import final, opening, piece, resolved, text
from tests.pretend_openrouter.payloads import COMMENT, DONE, completion, event, usage
from tests.pretend_openrouter.scenarios.limits import today

DISCONNECTED: Json = {
    "code": 502,
    "message": "Provider disconnected",
    "metadata": {"error_type": "provider_unavailable"},
}
_SERVER_ERROR = {"code": "server_error", "message": "Worker local total request limit reached"}
_FAILED_CHOICE = [
    {"index": 0, "delta": {"content": ""}, "finish_reason": "error", "native_finish_reason": None}
]


def _body(summary: str, **changes: Any) -> Scenario:
    """A completion with some keys changed, or left out where the change is ``...``."""

    def rule(asked: Asked) -> Answer:
        body = {**completion(resolved(asked), {"content": None}), **changes}
        return Answer(body={key: value for key, value in body.items() if value is not ...})

    return Scenario(summary, (rule,))


def _failed_choice(asked: Asked) -> Answer:
    body = completion(resolved(asked), {"content": "Hal"}, "error", None)
    body["choices"][0]["error"] = DISCONNECTED
    return Answer(body=body)


def _nested(asked: Asked) -> Answer:
    return Answer(body={"provider": completion(resolved(asked), {"content": "Hello"})})


def _midway(
    summary: str,
    error: Any = DISCONNECTED,
    *,
    words: Sequence[str] = ("Hal",),
    done: bool = True,
    finish_first: str | None = None,
    choices: Any = _FAILED_CHOICE,
    **more: Any,
) -> Scenario:
    """A stream of these words, then a chunk with the error; ``choices=...`` leaves them out."""

    def rule(asked: Asked) -> Answer:
        asked = resolved(asked)
        failed: Json = {"choices": choices, "error": error, **more}
        first = [opening(asked), *(text(asked, word) for word in words)] if words else [COMMENT]
        if finish_first is not None:
            first.append(text(asked, "", finish_reason=finish_first))
        body = piece(asked, {}, **failed) if choices is not ... else _without_choices(asked, error)
        return Answer(pieces=[*first, body, *([DONE] if done else [])])

    return Scenario(summary, (rule,))


def _without_choices(asked: Asked, error: Any) -> bytes:
    return event({"id": asked.id, "object": "chat.completion.chunk", "model": asked.model, "error": error})


def _junk(summary: str, *junk: bytes) -> Scenario:
    def rule(asked: Asked) -> Answer:
        asked = resolved(asked)
        return Answer(
            pieces=[opening(asked), text(asked, "Hello"), *junk, text(asked, " there"), final(asked), DONE]
        )

    return Scenario(summary, (rule,))


def _debugged(asked: Asked) -> Answer:
    asked = resolved(asked)
    debug = {"echo_upstream_body": {"messages": asked.received.body.get("messages"), "stream": True}}
    return Answer(
        pieces=[
            piece(asked, {}, choices=[], debug=debug),
            piece(asked, {}, choices=[], debug=debug),
            opening(asked),
            text(asked, "Hello there"),
            final(asked),
            DONE,
        ]
    )


ERROR_BODY = Scenario("status 200 with nothing but an error", (Answer(body={"error": DISCONNECTED}),))
PER_DAY_BODY = Scenario(
    "the daily limit of free models as a body with status 200",
    (Answer(body={"error": today()}),),
)
CHOICES_NULL = _body("choices is null", choices=None)
CHOICES_EMPTY = _body("choices is empty", choices=[])
CHOICES_MISSING = _body("there are no choices", choices=...)
CHOICE_WITH_ERROR = Scenario("the choice has an error and part of the text", (_failed_choice,))
CONTENT_NULL = _body("the message's content is null and there is nothing else")
NESTED_IN_PROVIDER = Scenario("the completion is nested in a provider object", (_nested,))
HTML_BODY = Scenario("status 200 with a page of HTML", (Answer(body="<html>Sign in to the network</html>"),))

ERROR_FIRST = _midway("the error is the first and only event", words=(), done=False)
ERROR_AFTER_TEXT = _midway("an error after some text, then [DONE]")
ERROR_WITHOUT_DONE = _midway("an error after some text, then nothing", done=False)
ERROR_WITHOUT_CHOICES = _midway("an error beside empty choices", _SERVER_ERROR, choices=[], done=False)
ERROR_WITH_NULL_CHOICES = _midway("an error beside choices that are null", choices=None)
ERROR_ALONE = _midway("an error in a chunk that has no choices", choices=...)
ERROR_CODE_TEXT = _midway("an error whose code is a word", _SERVER_ERROR)
ERROR_PLAIN_TEXT = _midway("an error that is a plain string", "Upstream went away")
ERROR_METADATA_NULL = _midway("an error whose metadata is null", {**DISCONNECTED, "metadata": None})
ERROR_AFTER_LENGTH = _midway(
    "finish reason length, then an error with usage, then [DONE]", finish_first="length", usage=usage()
)
ERROR_PER_DAY = _midway(
    "the daily limit of free models as an event",
    today(),
    words=(),
)
ERROR_FOR_STREAM = Scenario(
    "a stream is answered with a JSON body of an error, status 200",
    (Answer(body={"error": {"code": 502, "message": "Upstream error", "metadata": None}}),),
)

JUNK_TEXT = _junk("an event that is no JSON between good ones", b"data: not json\n\n")
JUNK_OBJECT = _junk(
    "events of unknown shapes between good ones",
    event({"type": "ping", "cost": "0"}),
    b"data: [1, 2]\n\ndata: null\n\ndata:\n\n",
)
JUNK_FIELDS = _junk("event, id and retry fields between good ones", b"event: ping\nid: 7\nretry: 3000\n\n")
DEBUG = Scenario("debug chunks without choices come first", (_debugged,))
