import itertools
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madlen import blind, catalogue
from madlen.types import Model

LISTED = catalogue.models(
    json.loads((Path(__file__).parent / "data" / "models_sample.json").read_text("utf-8"))
)


def model(model_id: str) -> Model:
    found = catalogue.find(LISTED, model_id)
    assert found is not None
    return found


COMPARED = [
    model("anthropic/claude-opus-5"),
    model("google/gemini-3.6-flash"),
    model("openai/gpt-4o-mini"),
    model("openai/o1-pro"),
    model("amazon/nova-lite-v1"),
    model("openrouter/free"),
    Model("acme-labs/zephyrine-7b", "Acme Labs: Zephyrine 7B", "openrouter"),
]


def masked(text: str) -> str:
    return blind.masked(text, COMPARED)


def test_labels_are_letters() -> None:
    assert blind.labels(4) == ["A", "B", "C", "D"]


def test_labels_go_on_after_the_alphabet() -> None:
    assert blind.labels(28)[25:] == ["Z", "AA", "AB"]


@given(st.text(), st.lists(st.text(), unique=True, max_size=12))
def test_an_order_has_every_lane_once(turn_id: str, lanes: list[str]) -> None:
    assert sorted(blind.order(turn_id, lanes)) == sorted(lanes)


@given(st.text(), st.lists(st.text(), unique=True, max_size=12), st.randoms())
def test_one_turn_has_one_order_however_its_lanes_come(
    turn_id: str, lanes: list[str], chance: object
) -> None:
    shuffled = lanes.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert blind.order(turn_id, shuffled) == blind.order(turn_id, lanes)


def test_every_order_is_about_as_frequent_over_many_turns() -> None:
    orders = Counter(tuple(blind.order(f"turn {number}", "ABC")) for number in range(6000))
    assert orders.keys() == set(itertools.permutations("ABC"))
    assert all(850 < count < 1150 for count in orders.values())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("I am Claude, made by Anthropic.", "I am (hidden), made by (hidden)."),
        ("I'm Claude Opus 5, an AI assistant.", "I'm (hidden), an AI assistant."),
        ("As an AI model by OpenAI, I cannot.", "As an AI model by (hidden), I cannot."),
        (
            "I'm a large language model, trained by Google.",
            "I'm a large language model, trained by (hidden).",
        ),
        ("I'm Nova, and Amazon built me.", "I'm (hidden), and (hidden) built me."),
        ("Made by Google.", "Made by (hidden)."),
        ("I am o1.", "I am (hidden)."),
        ("I am gemini.", "I am (hidden)."),
        (
            "Ich bin Gemini, ein Sprachmodell, das von Google trainiert wurde.",
            "Ich bin (hidden), ein Sprachmodell, das von (hidden) trainiert wurde.",
        ),
        (
            "Je suis un modèle linguistique, entraîné par Google.",
            "Je suis un modèle linguistique, entraîné par (hidden).",
        ),
        (
            "Soy un modelo de lenguaje desarrollado por Meta.",
            "Soy un modelo de lenguaje desarrollado por (hidden).",
        ),
        ("Sono un assistente creato da Microsoft.", "Sono un assistente creato da (hidden)."),
        ("Sou um modelo treinado pela Google.", "Sou um modelo treinado pela (hidden)."),
        ("Ben Google tarafından eğitilmiş bir modelim.", "Ben (hidden) tarafından eğitilmiş bir modelim."),
        ("Google tarafından geliştirildim.", "(hidden) tarafından geliştirildim."),
        ("Merhaba, ben Claude'um.", "Merhaba, ben (hidden)'um."),
        ("Я — модель, обученная Google.", "Я — модель, обученная (hidden)."),
        ("我是通义千问，由阿里云开发。", "我是(hidden)，由(hidden)开发。"),
        ("我是Claude，由百度开发。", "我是(hidden)，由(hidden)开发。"),
        ("私はGoogleが開発したモデルです。", "私は(hidden)が開発したモデルです。"),
        ("저는 OpenAI에서 개발한 모델입니다.", "저는 (hidden)에서 개발한 모델입니다."),
    ],
)
def test_what_a_model_says_of_itself_is_hidden(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GPT-4o mini and gpt-3.5-turbo differ.", "(hidden) and (hidden) differ."),
        ("Use Qwen2.5-72B-Instruct here.", "Use (hidden) here."),
        ("Llama 3.3 is older.", "(hidden) is older."),
        ("**Claude**: hello", "**(hidden)**: hello"),
        ("See https://www.anthropic.com/claude", "See https://www.(hidden).com/(hidden)"),
        ("`claude-3-opus` is one.", "`(hidden)` is one."),
        ("ChatGPT's answer, not ClaudeAI.", "(hidden)'s answer, not (hidden)."),
        ("Anthropic Claude is one name.", "(hidden) is one name."),
    ],
)
def test_names_of_models_are_hidden_wherever_they_stand(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize(
    "named", ["Zephyrine", "zephyrine-7b", "Zephyrine 7B", "Acme Labs", "acme-labs/zephyrine-7b"]
)
def test_names_that_only_the_catalogue_knows_are_hidden(named: str) -> None:
    assert masked(f"They call it {named}.") == "They call it (hidden)."
    assert blind.masked(f"They call it {named}.", []) == f"They call it {named}."


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.id)
def test_no_listed_model_can_say_its_name(one: Model) -> None:
    name = one.name.rpartition(": ")[2]
    shown = blind.masked(f"Hello! I am {name} ({one.id}). My name is {name}.", [one])
    assert name not in shown
    assert one.id not in shown


@pytest.mark.parametrize(
    "text",
    [
        "Google was founded in 1998 by Larry Page.",
        "The llama eats and the Amazon flows.",
        "A nova is a star; mind the metadata.",
        "I am free to auto-format the body of this text.",
        "Je command, the black image, a local router.",
        "",
    ],
)
def test_names_that_are_used_for_something_else_stay(text: str) -> None:
    assert masked(text) == text


PROGRAM = """```python
import anthropic
client = anthropic.Client()
llama = gemini + 3
```
"""


def test_a_program_stays_a_program() -> None:
    assert masked(PROGRAM) == PROGRAM


def test_what_stands_around_a_program_is_hidden() -> None:
    assert (
        masked(f"Claude wrote:\n{PROGRAM}Claude\n{PROGRAM}")
        == f"(hidden) wrote:\n{PROGRAM}(hidden)\n{PROGRAM}"
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("# Written by Claude", "# Written by (hidden)"),
        ("print('I am Gemini, by Google')", "print('I am (hidden), by (hidden)')"),
        ('{"model": "Claude"}', '{"model": "(hidden)"}'),
        ("use('openai/gpt-4o-mini')", "use('(hidden)')"),
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~~", "   ```json"])
def test_a_signature_in_a_program_is_hidden(fence: str, line: str, shown: str) -> None:
    end = fence.strip().removesuffix("json")
    assert masked(f"{fence}\n{line}\n{end}") == f"{fence}\n{shown}\n{end}"


def test_a_fence_that_was_never_closed_ends_with_the_text() -> None:
    assert masked("```\nimport anthropic\n") == "```\nimport anthropic\n"


@given(st.text(alphabet="ab .!?\n`~#*。é"))
def test_a_text_without_names_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


@given(
    st.text(max_size=20), st.sampled_from(["Claude", "OpenAI", "ChatGPT", "通义千问"]), st.text(max_size=20)
)
def test_no_surroundings_let_an_unmistakable_name_through(before: str, name: str, after: str) -> None:
    assert name not in masked(f"{before} {name} {after}".replace("```", "").replace("~~~", ""))
