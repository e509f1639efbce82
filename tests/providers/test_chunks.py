import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen.errors import DailyLimit, Interrupted, MadlenError, MinuteLimit, RateLimited, UpstreamError
from madlen.providers.chunks import Grammar
from madlen.types import Done, Event, Reasoning, Started, Text, Usage

MODEL = "google/gemma-4-31b-it:free"
COUNTS: dict[str, Any] = {"prompt_tokens": 281, "completion_tokens": 13, "total_tokens": 294, "cost": 7.1e-05}
COUNTED = Usage(281, 13, 294, cost=Decimal("0.000071"))
STOP: dict[str, Any] = {"choices": [{"delta": {"content": ""}, "finish_reason": "stop"}]}


def said(content: Any, **more: Any) -> dict[str, Any]:
    """A chunk with that content."""
    return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}], **more}


def taken(*chunks: Any) -> list[Event]:
    """The events of a stream of those chunks, ``Done`` included."""
    grammar = Grammar(MODEL)
    return [*(event for chunk in chunks for event in grammar.take(chunk)), *grammar.rest(), grammar.done()]


def broken(*chunks: Any) -> MadlenError:
    with pytest.raises(MadlenError) as caught:
        taken(*chunks)
    return caught.value


def test_an_answer_is_its_words_and_its_end() -> None:
    assert taken(said(""), said("A red"), said(" square."), STOP) == [
        Text("A red"),
        Text(" square."),
        Done("stop"),
    ]


@pytest.mark.parametrize(
    "with_usage",
    [
        said("", usage=COUNTS),
        {"choices": [], "usage": COUNTS},
        {"usage": COUNTS},
        {"choices": None, "usage": COUNTS},
        {**STOP, "usage": COUNTS},
    ],
    ids=["finish null", "choices empty", "no choices", "choices null", "finish repeated"],
)
def test_usage_may_come_in_any_last_chunk(with_usage: dict[str, Any]) -> None:
    assert taken(said("Hi"), STOP, with_usage) == [Text("Hi"), Done("stop", COUNTED)]


def test_usage_may_come_before_the_end() -> None:
    assert taken(said("Hi", usage=COUNTS), STOP)[-1] == Done("stop", COUNTED)


def test_usage_may_come_not_at_all() -> None:
    assert taken(said("Hi"), {**STOP, "usage": None}) == [Text("Hi"), Done("stop")]


def test_the_last_usage_wins() -> None:
    last = {**STOP, "usage": {**COUNTS, "completion_tokens": 14}}
    assert taken({**STOP, "usage": COUNTS}, last)[-1] == Done("stop", Usage(281, 14, 294, cost=COUNTED.cost))


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls", "end_turn"])
def test_the_finish_reason_is_the_providers_own(reason: str) -> None:
    assert taken({"choices": [{"delta": {}, "finish_reason": reason}]}) == [Done(reason)]


@pytest.mark.parametrize("reason", [None, "", 0, [], {}])
def test_a_finish_reason_that_says_nothing_takes_no_earlier_one_back(reason: Any) -> None:
    assert taken(STOP, {"choices": [{"delta": {}, "finish_reason": reason}]}) == [Done("stop")]


@pytest.mark.parametrize("reason", [None, "", 0])
def test_an_answer_without_a_finish_reason_was_cut_off(reason: Any) -> None:
    error = broken(said("Hi"), {"choices": [{"delta": {}, "finish_reason": reason}]})
    assert type(error) is Interrupted
    assert MODEL in str(error)


def test_an_answer_that_never_began_was_cut_off() -> None:
    assert type(broken()) is Interrupted


def test_the_mark_at_the_end_makes_an_answer_whole() -> None:
    grammar = Grammar(MODEL)
    grammar.take(said("Hi"))
    assert grammar.hear(" [DONE]") == []
    assert grammar.over
    assert grammar.done() == Done("stop")


def test_the_mark_at_the_end_takes_no_finish_reason_back() -> None:
    grammar = Grammar(MODEL)
    grammar.take({"choices": [{"delta": {}, "finish_reason": "length"}]})
    assert grammar.hear(" [DONE]") == []
    assert grammar.over
    assert grammar.done() == Done("length")


def test_an_end_by_error_is_one() -> None:
    assert type(broken(said("Hi"), {"choices": [{"delta": {}, "finish_reason": "error"}]})) is UpstreamError


@pytest.mark.parametrize("error", [{"code": 502, "message": "Gone"}, {"message": "Gone"}, "Gone"])
@pytest.mark.parametrize(
    "chunk",
    [
        said("", model="m", provider="p"),
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [], "usage": COUNTS},
        {"choices": [{"delta": {"content": ""}, "finish_reason": "error"}]},
        {"choices": [{"delta": None, "finish_reason": "length"}]},
    ],
)
@pytest.mark.parametrize("before", [(), (said("Hi"),), (said("Hi"), STOP)], ids=["first", "middle", "last"])
def test_an_error_in_any_chunk_is_one(before: tuple[Any, ...], chunk: dict[str, Any], error: Any) -> None:
    failure = broken(*before, {**chunk, "error": error})
    assert type(failure) is UpstreamError
    assert "Gone." in str(failure)


def test_an_error_may_be_in_the_choice() -> None:
    choice = {"error": {"code": 429, "message": "Slow down"}, "finish_reason": "error"}
    assert type(broken({"choices": [choice]})) is RateLimited


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "server_error", "message": "Worker local total request limit reached"}, UpstreamError),
        ({"code": "429", "message": "Rate limit exceeded: free-models-per-day"}, DailyLimit),
        ({"code": 429, "message": "Rate limit exceeded: free-models-per-min", "metadata": None}, MinuteLimit),
        ({"code": None, "message": None, "metadata": None}, UpstreamError),
        (True, UpstreamError),
    ],
)
def test_an_error_in_a_stream_is_the_error_it_stands_for(error: Any, kind: type[MadlenError]) -> None:
    assert type(broken({"choices": [], "error": error})) is kind


@pytest.mark.parametrize("error", [None, {}, "", False])
def test_an_error_that_is_empty_is_none(error: Any) -> None:
    assert taken(said("Hi", error=error), STOP) == [Text("Hi"), Done("stop")]


def test_thoughts_come_apart_from_words() -> None:
    thought = {
        "content": "",
        "reasoning": "One flat shape.",
        "reasoning_details": [{"text": "One flat shape."}],
    }
    assert taken({"choices": [{"delta": thought}]}, said("Red."), STOP)[:2] == [
        Reasoning("One flat shape."),
        Text("Red."),
    ]


def test_llama_cpp_calls_thoughts_reasoning_content() -> None:
    both = {"choices": [{"delta": {"reasoning_content": "Hm.", "content": "Yes."}}]}
    assert taken(both, STOP)[:2] == [Reasoning("Hm."), Text("Yes.")]


@pytest.mark.parametrize(
    "chunk",
    [
        None,
        "not json",
        7,
        [],
        {},
        {"choices": None},
        {"choices": []},
        {"choices": {}},
        {"choices": [None]},
        {"choices": ["text"]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": "text"}]},
        {"choices": [{"delta": {"content": None}}]},
        {"choices": [{"delta": {"content": 7, "reasoning": []}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": None}}]}}]},
        {"choices": [], "debug": {"echo_upstream_body": {}}},
        {"choices": [], "usage": [], "model": None, "provider": {}, "id": 7},
    ],
)
def test_a_chunk_that_says_nothing_is_passed_over(chunk: Any) -> None:
    assert taken(said("A"), chunk, said("B"), STOP) == [Text("A"), Text("B"), Done("stop")]


def test_who_answers_is_said_once() -> None:
    who = {"model": "m-2026", "provider": "P", "id": "gen-1"}
    assert taken(said("A", **who), said("B", **who), {**STOP, **who}) == [
        Started("m-2026", "P", "gen-1"),
        Text("A"),
        Text("B"),
        Done("stop"),
    ]


def test_what_becomes_known_later_of_who_answers_is_added() -> None:
    events = taken(said("", model="m"), said("", provider="P"), STOP)
    assert events[:2] == [Started("m"), Started("m", "P")]


def test_a_whole_message_is_read_like_a_chunk() -> None:
    message = {"role": "assistant", "content": "Red.", "reasoning": "Flat.", "refusal": None}
    answer = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": COUNTS}
    assert taken(answer) == [Reasoning("Flat."), Text("Red."), Done("stop", COUNTED)]


@pytest.mark.parametrize("text", ["😀", "\u2028\u0085\0"])
def test_escapes_are_the_characters_they_stand_for(text: str) -> None:
    assert taken(said(json.loads(json.dumps(text))), STOP)[0] == Text(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("choices", "delta", "content", "usage", "cost", "finish_reason")), inner
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.lists(_JSON))
def test_no_json_breaks_the_grammar(chunks: list[Any]) -> None:
    with suppress(UpstreamError):
        assert isinstance(taken(*chunks)[-1], Done)
