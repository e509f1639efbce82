"""How long a connection may be silent: the usual time, or longer where the operator allows more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from madlen.errors import UpstreamTimeout
from madlen.providers import local, openrouter
from madlen.providers.openrouter import OpenRouter
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.tracing import Tracing
from madlen.types import Lane, Message, Reply, Request
from tests.pretend_openrouter import CHAT_MODEL, Answer, PretendOpenRouter

HELLO = Request(CHAT_MODEL, (Message("user", "Hello"),))
SHORT, LONG = 0.05, 0.5


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendOpenRouter]:
    """An OpenRouter whose usual time is short."""
    monkeypatch.setattr(openrouter, "READ_SECONDS", SHORT)
    with PretendOpenRouter().running() as running:
        yield running
        running.release()


def client(base_url: str, silence_seconds: float) -> OpenRouter:
    return OpenRouter(
        key="sk-or-v1-valid",
        base_url=base_url,
        app_name="x",
        tracing=Tracing(enabled=False),
        silence_seconds=silence_seconds,
    )


def waited(base_url: str, silence_seconds: float) -> float:
    """Seconds until a client gives up an answer that is silent."""

    async def main() -> float:
        asking = client(base_url, silence_seconds)
        started = time.monotonic()
        with pytest.raises(UpstreamTimeout), anyio.fail_after(30):
            async for _ in asking.stream(HELLO):
                pass
        await asking.close()
        return time.monotonic() - started

    return anyio.run(main)


def settings(folder: Path, base_url: str, no_token_seconds: float) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder}/chat.db",
        openrouter_api_key="sk-or-v1-valid",
        openrouter_base_url=base_url,
        no_token_seconds=no_token_seconds,
        enable_tracing=False,
    )


def ended(chosen: Settings) -> Reply:
    madlen = Services(chosen)
    try:
        generation = madlen.chat.ask("Hello", [Lane(CHAT_MODEL)]).generations[0]
        *_, last = generation.follow(every=0)
    finally:
        madlen.close()
    assert last.ended is not None
    return last.ended


@pytest.mark.parametrize("scenario", ["silent", "silent_before_headers"])
def test_an_answer_may_be_silent_for_as_long_as_the_operator_allows(
    pretend: PretendOpenRouter, scenario: str
) -> None:
    assert waited(pretend.at(scenario), LONG) >= LONG


def test_less_than_the_usual_time_is_left_to_the_deadline(
    pretend: PretendOpenRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openrouter, "READ_SECONDS", LONG)
    assert waited(pretend.at("silent"), SHORT) >= LONG


def test_the_model_list_is_not_waited_for_longer_than_usual(pretend: PretendOpenRouter) -> None:
    pretend.models = Answer(mute=True)

    async def main() -> None:
        asking = client(pretend.base_url, 3600)
        with pytest.raises(UpstreamTimeout), anyio.fail_after(30):
            await asking.models()
        await asking.close()

    anyio.run(main)


def test_the_deadline_of_the_settings_is_the_one_that_ends_a_silent_answer(
    pretend: PretendOpenRouter, tmp_path: Path
) -> None:
    reply = ended(settings(tmp_path, pretend.at("silent"), LONG))
    assert reply.failure is not None
    assert reply.failure.sentence.startswith(f"{CHAT_MODEL} has been silent for too long.")


@pytest.mark.parametrize(("allowed", "read"), [(120, 300), (3600, 3600)])
def test_an_embedded_model_may_be_as_silent(
    pretend: PretendOpenRouter, tmp_path: Path, allowed: float, read: float
) -> None:
    madlen = Services(settings(tmp_path, pretend.base_url, allowed))
    try:
        assert madlen._local is not None
        assert madlen._local._client.timeout.read == read
    finally:
        madlen.close()


def test_the_usual_times_are_two_and_five_minutes() -> None:
    assert (openrouter.READ_SECONDS, local.READ_SECONDS) == (120, 300)
