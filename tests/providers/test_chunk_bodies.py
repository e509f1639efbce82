from decimal import Decimal
from typing import Any

import pytest

from madlen.providers.chunks import body, usage
from madlen.types import Message, Parameters, Picture, Request, Usage

COUNTS: dict[str, Any] = {"prompt_tokens": 281, "completion_tokens": 13, "total_tokens": 294, "cost": 7.1e-05}
COUNTED = Usage(281, 13, 294, cost=Decimal("0.000071"))
HELLO = Message("user", "Hello")


def asked(*messages: Message, **parameters: Any) -> dict[str, Any]:
    request = Request("a/b", messages or (HELLO,), Parameters(**parameters))
    return body(request, default_max_tokens=4096)


def test_a_request_says_no_more_than_was_chosen() -> None:
    assert asked() == {
        "model": "a/b",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 4096,
    }


def test_a_limit_that_was_chosen_is_sent() -> None:
    assert asked(max_tokens=16)["max_tokens"] == 16


def test_every_parameter_goes_under_its_name() -> None:
    sent = asked(temperature=0.0, top_p=0.5, seed=0, stop=("END", "\n"), reasoning_effort="low")
    chosen = {name: sent[name] for name in ("temperature", "top_p", "seed", "stop", "reasoning")}
    assert chosen == {
        "temperature": 0.0,
        "top_p": 0.5,
        "seed": 0,
        "stop": ["END", "\n"],
        "reasoning": {"effort": "low"},
    }


def test_messages_keep_their_order_and_roles() -> None:
    conversation = (Message("system", "Be brief."), HELLO, Message("assistant", "Hi."), Message("user", ""))
    assert [(one["role"], one["content"]) for one in asked(*conversation)["messages"]] == [
        ("system", "Be brief."),
        ("user", "Hello"),
        ("assistant", "Hi."),
        ("user", ""),
    ]


def test_text_goes_before_images() -> None:
    pictures = (Picture("ab", "image/png", b"\x00\x01"), Picture(url="https://example.com/cat.png"))
    (message,) = asked(Message("user", "What is it?", pictures))["messages"]
    assert message["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAE="}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
    ]


def test_an_image_needs_no_text() -> None:
    (message,) = asked(Message("user", "", (Picture(url="https://example.com/cat.png"),)))["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url"]


def test_counts_are_read_with_their_details() -> None:
    counts = {
        **COUNTS,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 6},
    }
    assert usage(counts) == Usage(281, 13, 294, 6, 3, Decimal("0.000071"), 0)


@pytest.mark.parametrize("details", [None, [], "x", {}, {"reasoning_tokens": None, "cached_tokens": "3"}])
def test_details_that_are_missing_are_not_known(details: Any) -> None:
    counts = {**COUNTS, "prompt_tokens_details": details, "completion_tokens_details": details}
    assert usage(counts) == COUNTED


@pytest.mark.parametrize("count", [None, -1, "13", 1.5, True, []])
def test_a_count_that_is_none_is_not_known(count: Any) -> None:
    assert usage({"completion_tokens": count}) == Usage()


@pytest.mark.parametrize(
    ("cost", "money"),
    [
        (0, Decimal(0)),
        (7.1e-05, Decimal("0.000071")),
        (0.0076509169000000005, Decimal("0.0076509169000000005")),
        ("0.001", Decimal("0.001")),
        ("1E-7", Decimal("0.0000001")),
        (-1, None),
        ("free", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_cost_is_read_to_its_last_digit(cost: Any, money: Decimal | None) -> None:
    assert usage({"cost": cost}) == Usage(cost=money)
