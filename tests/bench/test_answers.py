from collections.abc import Iterator

import httpx2
import pytest

from bench import answers, upstream
from bench.upstream import Upstream
from madlen.ui import blocks

STYLES: list[answers.Style] = ["prose", "markdown"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("number", [2, 3, 60, 500, 4000])
def test_an_answer_has_exactly_the_tokens_asked_for(number: int, style: answers.Style) -> None:
    assert len(answers.tokens(number, "a1", style)) == number


@pytest.mark.parametrize("number", range(2, 400, 7))
def test_an_answer_ends_outside_of_any_code(number: int) -> None:
    text = "".join(answers.tokens(number, "a1"))
    assert text.count("```") % 2 == 0
    assert blocks.split(text)[-1].endswith(answers.last("a1"))


def test_the_first_and_the_last_word_name_the_run() -> None:
    said = answers.tokens(100, "a1")
    assert said[0] == answers.first("a1")
    assert said[-1].strip() == answers.last("a1")


def test_a_long_answer_in_markdown_has_code_a_list_and_a_table() -> None:
    text = "".join(answers.tokens(500, "a1"))
    assert "```python\n" in text
    assert "\n- " in text
    assert "\n|---" in text


def test_letters_are_what_markup_leaves_of_a_text() -> None:
    assert answers.letters("a **b**\n\n```python\nc = 1\n```\n| d |") == "abc1d"


@pytest.fixture(scope="module")
def answering() -> Iterator[Upstream]:
    with upstream.running() as running:
        yield running


def ask(answering: Upstream, prompt: str) -> str:
    body = {"model": "any", "messages": [{"role": "user", "content": prompt}], "stream": True}
    return httpx2.post(f"{answering.base_url}/chat/completions", json=body).text


def test_the_upstream_sends_a_chunk_for_each_token_and_notes_when(answering: Upstream) -> None:
    said = ask(answering, upstream.prompt(tokens=20, every=2, run="b2"))
    record = answering.record("b2")
    assert said.count('"content"') == record.chunks == 20
    assert said.endswith("data: [DONE]\n\n")
    assert record.text == "".join(answers.tokens(20, "b2"))
    assert record.asked_at < record.first_at < record.last_at


def test_the_upstream_keeps_the_pace_that_a_prompt_asks_for(answering: Upstream) -> None:
    ask(answering, upstream.prompt(tokens=11, every=20, run="b3"))
    record = answering.record("b3")
    assert record.last_at - record.first_at >= 0.199
