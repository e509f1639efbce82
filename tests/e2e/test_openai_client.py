"""OpenAI's own client against the API beside the pages."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from tests.e2e.conftest import Server

MODEL = "local/smollm2-135m-instruct"


@pytest.fixture
def client(madlen: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{madlen.url}/api/v1", api_key="none", max_retries=0) as opened:
        yield opened


def test_it_lists_the_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]


def test_it_gets_an_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Say hello."}], max_tokens=12
    )
    assert answer.choices[0].message.content
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0


def test_it_streams_an_answer(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Say hello."}],
        max_completion_tokens=12,
        stream=True,
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].usage is not None


def test_it_understands_a_refusal(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no model 'gone'"):
        client.chat.completions.create(model="gone", messages=[{"role": "user", "content": "Hi"}])
