"""A key never comes back in a sentence, whatever its shape, and no answer may be longer than it can."""

from __future__ import annotations

import anyio
import pytest

from madlen.errors import Refused
from madlen.providers.openrouter import OpenRouter
from madlen.tracing import Tracing
from tests.pretend_openrouter import CHAT_MODEL, Answer, PretendOpenRouter, Scenario
from tests.providers.test_openrouter import HELLO, client, pretend

__all__ = ["pretend"]

ADVICE = "Choose another model."


def test_a_key_of_any_shape_is_taken_out_of_what_the_provider_says(pretend: PretendOpenRouter) -> None:
    pretend.answers[CHAT_MODEL] = Answer(
        403, {"error": {"code": 403, "message": "Key gw_canary_01 has no access"}}
    )

    async def main() -> None:
        openrouter = OpenRouter(
            key="gw_canary_01", base_url=pretend.base_url, app_name="x", tracing=Tracing(enabled=False)
        )
        with pytest.raises(Refused) as refused:
            async for _ in openrouter.stream(HELLO):
                pass
        await openrouter.close()
        assert str(refused.value) == "The provider refused this request: Key … has no access. " + ADVICE

    anyio.run(main)


@pytest.mark.parametrize("before", range(280, 300, 3))
def test_a_key_that_is_cut_with_the_sentence_leaves_no_part_of_it(
    pretend: PretendOpenRouter, before: int
) -> None:
    said = f"{'w' * before} gw_canary_01 has no access"
    pretend.answers[CHAT_MODEL] = Answer(403, {"error": {"code": 403, "message": said}})

    async def main() -> None:
        openrouter = OpenRouter(
            key="gw_canary_01", base_url=pretend.base_url, app_name="x", tracing=Tracing(enabled=False)
        )
        with pytest.raises(Refused) as refused:
            async for _ in openrouter.stream(HELLO):
                pass
        await openrouter.close()
        assert "gw_c" not in str(refused.value)

    anyio.run(main)


@pytest.mark.parametrize("call", ["models", "quota"])
def test_the_key_is_taken_out_of_every_other_calls_refusal_too(pretend: PretendOpenRouter, call: str) -> None:
    refused = Answer(403, {"error": {"code": 403, "message": "Key gw_canary_01 has no access"}})
    pretend.play(Scenario("the key comes back", (refused,), "models" if call == "models" else "key"))

    async def main() -> None:
        openrouter = OpenRouter(
            key="gw_canary_01", base_url=pretend.base_url, app_name="x", tracing=Tracing(enabled=False)
        )
        with pytest.raises(Refused) as error:
            await getattr(openrouter, call)()
        await openrouter.close()
        assert str(error.value) == "The provider refused this request: Key … has no access. " + ADVICE

    anyio.run(main)


def test_no_longer_answer_is_asked_for_than_the_listed_model_writes(pretend: PretendOpenRouter) -> None:
    small = {
        "id": CHAT_MODEL,
        "context_length": 4096,
        "top_provider": {"max_completion_tokens": 4096},
        "pricing": {},
    }
    pretend.play(Scenario("a small model", (Answer(body={"data": [small]}),), "models"))

    async def main() -> None:
        async with client(pretend.base_url) as openrouter:
            await openrouter.models()
            async for _ in openrouter.stream(HELLO):
                pass

    anyio.run(main)
    assert pretend.received[-1].body["max_tokens"] == 2048
