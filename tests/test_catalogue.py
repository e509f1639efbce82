import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen import catalogue
from madlen.types import Model, Pricing

_DATA = Path(__file__).parent / "data"
_ENTRY: dict[str, Any] = {"id": "a/b", "name": "B", "pricing": {"prompt": "0", "completion": "0"}}


def read(name: str) -> Any:
    return json.loads((_DATA / name).read_text("utf-8"))


SAMPLE = catalogue.models(read("models_sample.json"))
QUIRKS = catalogue.models(read("models_quirks.json"))


def listed(model_id: str) -> Model:
    found = catalogue.find([*SAMPLE, *QUIRKS], model_id)
    assert found is not None
    return found


def model(**changes: Any) -> Model:
    (made,) = catalogue.models({"data": [{**_ENTRY, **changes}]})
    return made


def priced(prompt: Any, completion: Any = "0") -> Pricing:
    return model(pricing={"prompt": prompt, "completion": completion}).pricing


def test_every_real_entry_is_read_in_its_order() -> None:
    assert [one.id for one in SAMPLE] == [entry["id"] for entry in read("models_sample.json")["data"]]


def test_every_hostile_entry_with_an_id_is_read_once() -> None:
    entries = [entry for entry in read("models_quirks.json")["data"] if isinstance(entry, dict)]
    ids = dict.fromkeys(entry["id"] for entry in entries if "id" in entry)
    assert [one.id for one in QUIRKS] == list(ids)


@pytest.mark.parametrize("entry", [None, "a/b", 3, [], {}, {"id": None}, {"id": ""}, {"id": 7}])
def test_a_bad_entry_costs_nobody_else(entry: Any) -> None:
    assert [one.id for one in catalogue.models({"data": [entry, _ENTRY]})] == ["a/b"]


def test_of_two_entries_with_one_id_the_first_counts() -> None:
    assert listed("quirk/duplicate-id").name == "same id twice (1)"


@pytest.mark.parametrize("body", [None, [], "", "<html>", {}, {"data": None}, {"data": {}}, {"error": {}}])
def test_what_is_no_model_list_is_said_to_be_none(body: Any) -> None:
    with pytest.raises(ValueError, match="no data"):
        catalogue.models(body)


def test_an_empty_list_is_a_list() -> None:
    assert catalogue.models({"data": []}) == []


def test_the_free_models_are_the_known_ones() -> None:
    assert {one.id for one in catalogue.matching(SAMPLE, free=True)} == {
        "cohere/north-mini-code:free",
        "google/gemma-4-26b-a4b-it:free",
        "google/gemma-4-31b-it:free",
        "nvidia/nemotron-3-nano-omni-30b-a3b-reasoning:free",
        "nvidia/nemotron-3.5-content-safety:free",
        "openai/gpt-oss-20b:free",
        "openrouter/free",
        "openrouter/owl-alpha",
    }


@pytest.mark.parametrize(
    "model_id",
    [
        "google/lyria-3-clip-preview",
        "qwen/qwen-image-3-pro",
        "black-forest-labs/flux-3-video",
        "openrouter/auto",
        "openrouter/pareto-code",
        "perplexity/sonar",
        "google/gemini-3.8-flash-tts",
        "togethercomputer/tev1-4b-experimental",
        "quirk/zero-prompt-request-fee",
        "quirk/empty-price",
        "quirk/null-price",
        "quirk/no-pricing",
        "quirk/not-a-number",
        "quirk/negative-completion",
        "quirk/only-id",
    ],
)
def test_a_price_that_is_charged_elsewhere_or_not_known_is_not_free(model_id: str) -> None:
    assert not catalogue.is_free(listed(model_id))


@pytest.mark.parametrize("model_id", ["quirk/zero-point-zero", "quirk/zero-exponent"])
def test_a_zero_is_free_however_it_is_written(model_id: str) -> None:
    assert catalogue.is_free(listed(model_id))


@pytest.mark.parametrize("price", ["-1", "-0.5", -1, "", " ", "n/a", "NaN", "Infinity", None, True, [], {}])
def test_a_price_that_is_none_is_unknown(price: Any) -> None:
    assert priced(price).prompt is None


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ("0.0000000416666666666667", Decimal("0.0000000416666666666667")),
        ("6e-8", Decimal("0.00000006")),
        (" 0.000001 ", Decimal("0.000001")),
        (1e-06, Decimal("0.000001")),
        (0, Decimal(0)),
        ("0E-10", Decimal(0)),
    ],
)
def test_a_price_is_read_to_its_last_digit(written: Any, price: Decimal) -> None:
    assert priced(written).prompt == price


def test_a_fee_for_each_request_is_known() -> None:
    assert listed("perplexity/sonar").pricing.request == Decimal("0.005")


@pytest.mark.parametrize(
    ("model_id", "tokens"),
    [
        ("google/gemini-3-pro-image", 65_536),
        ("meta-llama/llama-4-scout", 327_680),
        ("openrouter/auto", 2_000_000),
        ("openrouter/free", 200_000),
        ("black-forest-labs/flux-3-video", None),
        ("quirk/null-context", None),
        ("quirk/no-top-provider", 131_072),
        ("quirk/float-context", 131_072),
    ],
)
def test_the_context_is_the_smaller_one_that_is_known(model_id: str, tokens: int | None) -> None:
    assert listed(model_id).context_length == tokens


def test_the_longest_answer_may_be_unknown() -> None:
    assert listed("x-ai/grok-4.6").max_completion_tokens is None
    assert listed("openai/gpt-4").max_completion_tokens == 4096


@pytest.mark.parametrize(
    "model_id", ["quirk/no-architecture", "quirk/null-architecture-lists", "quirk/only-id"]
)
def test_a_model_that_does_not_say_what_it_takes_takes_and_writes_text(model_id: str) -> None:
    found = listed(model_id)
    assert found.input_modalities == found.output_modalities == {"text"}


def test_a_modality_that_nobody_knows_yet_is_kept() -> None:
    assert listed("quirk/new-modality").input_modalities == {"text", "smell"}


def test_a_model_without_a_name_goes_by_its_id() -> None:
    assert listed("quirk/no-name").name == "quirk/no-name"


def test_parameters_may_be_null() -> None:
    assert listed("quirk/null-params").supported_parameters == frozenset()


def test_half_a_surrogate_pair_becomes_text_that_can_be_stored() -> None:
    broken = model(id="a/\ud83d", name="B\ud83d", description="\udc00", supported_parameters=["\ud83d"])
    words = "".join((broken.id, broken.name, broken.description, *broken.supported_parameters))
    assert words == "a/\ufffdB\ufffd\ufffd\ufffd"


def test_the_halves_of_a_character_that_meet_become_it() -> None:
    assert model(name="\ud83d\ude00").name == "\U0001f600"


@pytest.mark.parametrize(
    ("model_id", "sees"),
    [("openrouter/free", True), ("anthropic/claude-opus-5", True), ("openai/gpt-4", False)],
)
def test_a_model_sees_when_it_takes_images(model_id: str, sees: bool) -> None:
    assert catalogue.sees(listed(model_id)) is sees


def test_making_images_is_not_seeing() -> None:
    painter = model(architecture={"input_modalities": ["text"], "output_modalities": ["text", "image"]})
    assert not catalogue.sees(painter)


def test_the_name_of_a_model_that_sees_begins_with_a_camera() -> None:
    assert catalogue.label(listed("openai/gpt-4o-mini")).startswith("📷 ")
    assert catalogue.label(listed("openai/gpt-4")) == listed("openai/gpt-4").name


@pytest.mark.parametrize(
    ("model_id", "counts"),
    [
        ("openai/gpt-oss-20b:free", True),
        ("openrouter/free", True),
        ("openrouter/owl-alpha", False),
        ("openai/gpt-4", False),
    ],
)
def test_only_the_free_variants_count_against_the_day(model_id: str, counts: bool) -> None:
    assert catalogue.counts_against_quota(listed(model_id)) is counts


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
_KEYS = (
    "name",
    "pricing",
    "architecture",
    "top_provider",
    "context_length",
    "supported_parameters",
    "created",
)


@settings(deadline=None)
@given(st.fixed_dictionaries({"id": st.text(min_size=1)}, optional=dict.fromkeys(_KEYS, _JSON)))
def test_an_entry_with_an_id_is_a_model_whatever_else_it_says(entry: dict[str, Any]) -> None:
    (found,) = catalogue.models({"data": [entry]})
    assert found.name
    assert isinstance(catalogue.is_free(found), bool)


@pytest.mark.parametrize("fee", ["request", "image", "audio_output", "image_output", "web_search"])
def test_a_fee_beside_the_tokens_is_not_free(fee: str) -> None:
    pricing = {"prompt": "0", "completion": "0", fee: "0.001"}
    [model] = catalogue.models({"data": [{"id": "a/b:free", "pricing": pricing}]})
    assert not catalogue.is_free(model)


def test_fees_of_zero_are_free_and_a_discount_is_no_fee() -> None:
    pricing = {"prompt": "0", "completion": "0.0", "request": "0", "image": "0E-8", "discount": 0.5}
    [model] = catalogue.models({"data": [{"id": "a/b", "pricing": pricing}]})
    assert catalogue.is_free(model)


@pytest.mark.parametrize(
    ("modality", "takes", "makes"),
    [
        ("text->text", {"text"}, {"text"}),
        ("text+image->text", {"text", "image"}, {"text"}),
        ("text+image->text+image", {"text", "image"}, {"text", "image"}),
        ("nonsense", {"nonsense"}, {"text"}),
        (None, {"text"}, {"text"}),
    ],
)
def test_the_older_way_to_name_modalities_is_read_where_the_lists_are_missing(
    modality: Any, takes: set[str], makes: set[str]
) -> None:
    read = model(architecture={"modality": modality})
    assert (set(read.input_modalities), set(read.output_modalities)) == (takes, makes)


def test_the_lists_of_modalities_count_more_than_the_older_way() -> None:
    read = model(architecture={"modality": "text->text", "input_modalities": ["text", "image"]})
    assert catalogue.sees(read)
