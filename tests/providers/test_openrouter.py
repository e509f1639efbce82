from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal

import anyio
import pytest

from madlen.errors import (
    BadSetting,
    Interrupted,
    MadlenError,
    ModelGone,
    RateLimited,
    UpstreamAuth,
    UpstreamError,
)
from madlen.providers.openrouter import OpenRouter, Preferences, header_text
from madlen.tracing import Tracing
from madlen.types import Done, Event, Message, Parameters, Quota, Request, Started, Text, Usage
from tests.pretend_openrouter import CHAT_MODEL, Answer, PretendOpenRouter, chunk, said

KEY = "sk-or-v1-canary"
HELLO = Request(CHAT_MODEL, (Message("user", "Hello"),), session_id="s1")


@pytest.fixture
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        yield running


@asynccontextmanager
async def client(base_url: str, app_name: str = "Tést") -> AsyncIterator[OpenRouter]:
    openrouter = OpenRouter(key=KEY, base_url=base_url, app_name=app_name, tracing=Tracing(enabled=False))
    try:
        yield openrouter
    finally:
        await openrouter.close()


def collected(pretend: PretendOpenRouter, request: Request = HELLO) -> list[Event]:
    async def main() -> list[Event]:
        async with client(pretend.base_url) as openrouter:
            return [event async for event in openrouter.stream(request)]

    return anyio.run(main)


def test_the_models_are_listed(pretend: PretendOpenRouter) -> None:
    async def main() -> int:
        async with client(pretend.base_url) as openrouter:
            return len(await openrouter.models())

    assert anyio.run(main) == 41


def test_an_answer_is_its_words_and_who_gave_it_and_what_it_cost(pretend: PretendOpenRouter) -> None:
    assert collected(pretend) == [
        Started("", "Google AI Studio", "gen-1795392001-aaaaaaaaaaaaaaaaaaaa"),
        Started(f"{CHAT_MODEL}-20260402", "Google AI Studio", "gen-1795392001-aaaaaaaaaaaaaaaaaaaa"),
        Text("Hello"),
        Text(" there"),
        Done("stop", Usage(9, 4, 13, cost=Decimal("0.000071"))),
    ]


def test_the_request_carries_key_title_limit_and_session(pretend: PretendOpenRouter) -> None:
    parameters = Parameters(temperature=0.3, stop=("END",), reasoning_effort="low")
    collected(pretend, Request(CHAT_MODEL, HELLO.messages, parameters, "s1"))
    [received] = pretend.received
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["x-openrouter-title"] == "Test"
    assert received.headers["accept-encoding"] == "identity"
    assert received.body == {
        "model": CHAT_MODEL,
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 4096,
        "temperature": 0.3,
        "stop": ["END"],
        "reasoning": {"effort": "low"},
        "session_id": "s1",
    }


@pytest.mark.parametrize(
    ("status", "body", "error", "sentence"),
    [
        (401, {"error": {"code": 401, "message": "User not found."}}, UpstreamAuth, "refused the API key"),
        (404, {"error": {"code": 404, "message": "No endpoints found for a/b."}}, ModelGone, "not available"),
        (429, {"error": {"code": 429, "message": "Slow down"}}, RateLimited, "busy"),
        (502, "<html><body><h1>Bad gateway</h1></body></html>", UpstreamError, "Bad gateway"),
        (500, "", UpstreamError, "no reason was given"),
    ],
)
def test_a_refusal_is_a_sentence(
    pretend: PretendOpenRouter, status: int, body: object, error: type[MadlenError], sentence: str
) -> None:
    assert isinstance(body, dict | str)
    pretend.answers[CHAT_MODEL] = Answer(status, body)
    with pytest.raises(error, match=sentence):
        collected(pretend)


def test_a_redirect_is_not_followed_with_the_key(pretend: PretendOpenRouter) -> None:
    pretend.answers[CHAT_MODEL] = Answer(307, "", headers={"Location": "http://127.0.0.1:9/steal"})
    with pytest.raises(UpstreamError):
        collected(pretend)


def test_a_stream_that_breaks_off_is_interrupted(pretend: PretendOpenRouter) -> None:
    pretend.answers[CHAT_MODEL] = Answer(pieces=[chunk(CHAT_MODEL, {"content": "Hal"})])
    with pytest.raises(Interrupted, match="cut off"):
        collected(pretend)


def test_nobody_at_the_address_is_a_sentence() -> None:
    async def main() -> None:
        async with client("http://127.0.0.1:9/api/v1") as openrouter:
            with pytest.raises(UpstreamError, match=r"cannot be reached at http://127\.0\.0\.1:9"):
                await openrouter.models()

    anyio.run(main)


@pytest.mark.parametrize("body", ["<html>Sign in to the network</html>", {"models": []}])
def test_an_address_that_has_no_model_list_is_a_sentence(
    pretend: PretendOpenRouter, body: dict[str, object] | str
) -> None:
    pretend.models = Answer(body=body)

    async def main() -> None:
        async with client(pretend.base_url) as openrouter:
            with pytest.raises(UpstreamError, match="sent no model list"):
                await openrouter.models()

    anyio.run(main)


def test_closing_the_stream_hangs_up(pretend: PretendOpenRouter) -> None:
    hold = threading.Event()
    pretend.answers[CHAT_MODEL] = Answer(pieces=said(CHAT_MODEL, "Hello")[:3], hold=hold)

    async def main() -> None:
        async with client(pretend.base_url) as openrouter, aclosing(openrouter.stream(HELLO)) as events:
            async for event in events:
                if isinstance(event, Text):
                    break

    anyio.run(main)
    assert pretend.hung_up.wait(5)


@pytest.mark.parametrize(
    ("text", "header"), [("Tést", "Test"), ("Ünïcode 🌈", "Unicode"), ("日本", ""), ("a\r\nb", "ab")]
)
def test_a_header_is_printable_ascii(text: str, header: str) -> None:
    assert header_text(text) == header


def every_error(raised: Callable[[], object]) -> str:
    """The texts of an error and all its causes."""
    with pytest.raises(MadlenError) as caught:
        raised()
    texts: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        texts.append(repr(error))
        error = error.__cause__ or error.__context__
    return str(caught.value) + " ".join(texts)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500, 503])
def test_the_key_is_in_no_error_even_when_the_provider_repeats_it(
    pretend: PretendOpenRouter, status: int
) -> None:
    body = {"error": {"code": status, "message": f"Bad key {KEY}", "metadata": {"raw": f"Bearer {KEY}"}}}
    pretend.answers[CHAT_MODEL] = Answer(status, body)
    assert "canary" not in every_error(lambda: collected(pretend))


def test_what_the_operator_prefers_goes_with_every_request(pretend: PretendOpenRouter) -> None:
    preferences = Preferences(data_collection="deny", zdr=True, sort="price", user="team-a")

    async def main() -> None:
        openrouter = OpenRouter(
            key=KEY,
            base_url=pretend.base_url,
            app_name="日本",
            app_url="https://chat.example.com",
            preferences=preferences,
            tracing=Tracing(enabled=False),
        )
        async for _ in openrouter.stream(HELLO):
            pass
        await openrouter.close()

    anyio.run(main)
    [received] = pretend.received
    assert received.body["provider"] == {"data_collection": "deny", "zdr": True, "sort": "price"}
    assert received.body["user"] == "team-a"
    assert received.headers["http-referer"] == "https://chat.example.com"
    assert received.headers["x-openrouter-title"] == "Madlen"


def test_a_parameter_that_the_model_does_not_take_is_not_sent(pretend: PretendOpenRouter) -> None:
    parameters = Parameters(temperature=0.3, seed=7, max_tokens=9)
    takes = frozenset({"seed", "max_completion_tokens"})
    collected(pretend, Request(CHAT_MODEL, HELLO.messages, parameters, supported_parameters=takes))
    body = pretend.received[0].body
    assert (body["seed"], body["max_completion_tokens"]) == (7, 9)
    assert not {"temperature", "max_tokens"} & body.keys()


def test_an_address_that_is_none_is_a_sentence() -> None:
    with pytest.raises(BadSetting, match="OPENROUTER_BASE_URL is not an address"):
        OpenRouter(key=KEY, base_url="http://münchen..de/v1", app_name="x", tracing=Tracing(enabled=False))


@pytest.mark.parametrize(
    ("model_id", "left"), [(CHAT_MODEL, 19), ("openrouter/free", 19), ("openai/gpt-4o-mini", 20)]
)
def test_a_request_to_a_free_model_is_one_less_in_its_minute(
    pretend: PretendOpenRouter, model_id: str, left: int
) -> None:
    async def main() -> Quota | None:
        async with client(pretend.base_url) as openrouter:
            async for _ in openrouter.stream(Request(model_id, HELLO.messages)):
                pass
            await openrouter.account.refresh()
            return openrouter.account.quota

    assert anyio.run(main) == Quota(12, 1000, 988, Decimal("4.25"), minute_limit=20, minute_left=left)


def test_every_try_counts(pretend: PretendOpenRouter) -> None:
    pretend.play("server_error", "unavailable", Answer(pieces=said(CHAT_MODEL, "At last")))

    async def main() -> Quota | None:
        async with client(pretend.base_url) as openrouter:
            async for _ in openrouter.stream(HELLO):
                pass
            await openrouter.account.refresh()
            return openrouter.account.quota

    quota = anyio.run(main)
    assert quota is not None
    assert quota.minute_left == 17
