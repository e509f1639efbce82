"""Models as OpenRouter lists them: what is free, what can see, what it costs. Pure functions.

Facts about the list: ``GET /models`` in OpenRouter's documentation. Entries change shape without
notice, so a key may be missing, null or of another type; one bad entry never costs the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from madlen import lenient
from madlen.errors import Unsupported
from madlen.types import Choices, Model, Picture, Pricing

CAMERA = "📷"
Order = Literal["listed", "price", "context", "newest"]
_FREE_ROUTER = "openrouter/free"
_GUARDS = ("safety", "guard", "moderation")
"""What ids of models have in them that only say whether a text is safe; no list marks them."""


def models(body: Any) -> list[Model]:
    """The models in the body of ``GET /models``, in its order, bad entries left out.

    Of two entries with the same id the first counts. Raises ``ValueError`` for what is no model list.
    """
    entries = body.get("data") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise ValueError("The model list has no data")
    listed: dict[str, Model] = {}
    for entry in entries:
        if (model := _model(entry)) is not None:
            listed.setdefault(model.id, model)
    return list(listed.values())


def is_free(model: Model) -> bool:
    """Whether an answer costs nothing: both token prices are zero and nothing else is charged.

    This is the original rule, price "0" for prompt and completion, read as decimals. Models whose
    output is not only text charge for images, clips or seconds beside the tokens.
    """
    prices = (model.pricing.prompt, model.pricing.completion)
    return (
        all(price is not None and price == 0 for price in prices)
        and not model.pricing.request
        and not model.pricing.other
        and not model.pricing.varies
        and model.output_modalities == {"text"}
    )


def sees(model: Model) -> bool:
    """Whether the model accepts images."""
    return "image" in model.input_modalities


def check_sees(model: Model, pictures: Sequence[Picture]) -> None:
    """Raises ``Unsupported`` for pictures that the model cannot see."""
    if pictures and not sees(model):
        raise Unsupported(
            f"{model.name} cannot see images. Choose a model with a camera before its name, "
            "or send the prompt without the image."
        )


def is_router(model_id: str) -> bool:
    """Whether the id stands for whichever model OpenRouter picks, which may be another each time."""
    return model_id.startswith(("openrouter/", "~"))


def counts_against_quota(model: Model) -> bool:
    """Whether OpenRouter counts the model's requests against the day's free ones."""
    return model.id.endswith(":free") or model.id == _FREE_ROUTER


def label(model: Model) -> str:
    """The model's name, with a camera before it when the model sees."""
    return f"{CAMERA} {model.name}" if sees(model) else model.name


def is_pickable(model: Model, today: date) -> bool:
    """Whether a chat can use it: it writes text, answers at once (not in a batch) and is served yet."""
    served = model.expires is None or model.expires >= today
    return served and "text" in model.output_modalities and not model.id.endswith(":batch")


def matching(
    listed: Iterable[Model],
    *,
    free: bool = False,
    vision: bool = False,
    reasoning: bool = False,
    tools: bool = False,
    context: int = 0,
    words: str = "",
    today: date | None = None,
) -> list[Model]:
    """The models that a chat can use, narrowed to those with every property and word asked for.

    ``context`` is the least number of tokens; a model that does not say how many it takes has none.
    """
    wanted, today = words.casefold().split(), today or datetime.now(UTC).date()
    return [
        model
        for model in listed
        if is_pickable(model, today)
        and (not free or is_free(model))
        and (not vision or sees(model))
        and (not reasoning or "reasoning" in model.supported_parameters)
        and (not tools or "tools" in model.supported_parameters)
        and (model.context_length or 0) >= context
        and all(word in f"{model.id} {model.name}".casefold() for word in wanted)
    ]


def ordered(listed: Iterable[Model], order: Order) -> list[Model]:
    """The cheapest, longest or newest first; what is not known comes last, equals stay as they were."""
    match order:
        case "price":
            return sorted(listed, key=_price)
        case "context":
            return sorted(listed, key=lambda model: -(model.context_length or 0))
        case "newest":
            return sorted(listed, key=lambda model: -(model.created or 0))
    return list(listed)


def chosen_first(listed: Sequence[Model], chosen: Choices) -> list[Model]:
    """Pinned models, then those used last, then the others in their order."""
    by_id = {model.id: model for model in listed}
    ids = dict.fromkeys((*chosen.pinned, *chosen.recent, *by_id))
    return [by_id[model_id] for model_id in ids if model_id in by_id]


def one_that_sees(listed: Sequence[Model], chosen: Choices) -> Model | None:
    """The model to offer for an image: a free one if there is any, then one that was chosen before."""
    return _first_free(chosen_first(matching(listed, vision=True), chosen))


def one_with_room(
    listed: Sequence[Model], chosen: Choices, *, tokens: int, sees: bool = False
) -> Model | None:
    """The model to offer for a conversation of so many tokens, with a tenth left for the answer."""
    roomy = matching(listed, context=tokens + tokens // 10, vision=sees)
    return _first_free(chosen_first(roomy, chosen))


def one_beside_the_quota(listed: Sequence[Model], chosen: Choices) -> Model | None:
    """The model to offer when the free requests are used up: one that is not counted, free or cheap."""
    beside = [model for model in matching(listed) if not counts_against_quota(model)]
    return _first_free(chosen_first(ordered(beside, "price"), chosen))


def one_instead(
    listed: Sequence[Model], chosen: Choices, model_id: str, *, beyond_its_source: bool = False
) -> Model | None:
    """The model to offer in place of one that failed: one that takes what that takes.

    ``beyond_its_source`` leaves out all others from there, where it is the account that failed.
    """
    failed = find(listed, model_id)
    source = failed.source if failed else "openrouter"
    vision = failed is not None and sees(failed) and not beyond_its_source
    others = [
        model
        for model in matching(listed, vision=vision)
        if model.id != model_id and not (beyond_its_source and model.source == source)
    ]
    return _first_free(chosen_first(others, chosen))


def _first_free(listed: Sequence[Model]) -> Model | None:
    talking = [model for model in listed if not any(word in model.id for word in _GUARDS)]
    return next((model for model in talking if is_free(model)), next(iter(talking), None))


def refused_parameters(model: Model) -> frozenset[str]:
    """The names of :class:`Parameters` that the model does not take; none where its list is not known.

    A token limit is taken by every model, under one name or another.
    """
    supported = model.supported_parameters
    if not supported:
        return frozenset()
    upstream = {"temperature": "temperature", "top_p": "top_p", "seed": "seed", "stop": "stop"}
    upstream["reasoning_effort"] = "reasoning"
    return frozenset(ours for ours, theirs in upstream.items() if theirs not in supported)


def longest_answer(model: Model) -> int | None:
    """Tokens that it can write to a prompt of as many; ``None`` where nothing is known to be too many."""
    rooms = (model.max_completion_tokens, model.context_length and model.context_length // 2)
    return min((tokens for tokens in rooms if tokens), default=None)


def find(listed: Sequence[Model], model_id: str) -> Model | None:
    return next((model for model in listed if model.id == model_id), None)


def _model(entry: Any) -> Model | None:
    if not isinstance(entry, dict) or not (model_id := lenient.text(entry.get("id"))):
        return None
    architecture = lenient.mapping(entry.get("architecture"))
    limits = lenient.mapping(entry.get("top_provider"))
    pricing = lenient.mapping(entry.get("pricing"))
    contexts = [
        length
        for value in (entry.get("context_length"), limits.get("context_length"))
        if (length := lenient.count(value))
    ]
    takes, makes = _modalities(architecture)
    return Model(
        id=model_id,
        name=lenient.text(entry.get("name")) or model_id,
        source="openrouter",
        description=lenient.text(entry.get("description")),
        context_length=min(contexts, default=None),
        max_completion_tokens=lenient.count(limits.get("max_completion_tokens")) or None,
        input_modalities=takes,
        output_modalities=makes,
        pricing=Pricing(
            prompt=lenient.amount(pricing.get("prompt")),
            completion=lenient.amount(pricing.get("completion")),
            request=lenient.amount(pricing.get("request")),
            other=_other_fees(pricing),
            varies=_varies(pricing),
        ),
        supported_parameters=lenient.words(entry.get("supported_parameters")),
        created=lenient.count(entry.get("created")) or None,
        expires=_date(entry.get("expiration_date")),
    )


def _modalities(architecture: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """What goes in and comes out, from the lists or from the older ``text+image->text``."""
    takes, _, makes = lenient.text(architecture.get("modality")).partition("->")
    return (
        lenient.words(architecture.get("input_modalities")) or _parts(takes),
        lenient.words(architecture.get("output_modalities")) or _parts(makes),
    )


def _parts(joined: str) -> frozenset[str]:
    return frozenset(part.strip() for part in joined.split("+") if part.strip()) or frozenset({"text"})


def _price(model: Model) -> tuple[bool, Decimal]:
    """What a token in and a token out cost together; a price that is not known is the highest."""
    prompt, completion = model.pricing.prompt, model.pricing.completion
    if prompt is None or completion is None:
        return True, Decimal(0)
    return False, prompt + completion


def _other_fees(pricing: dict[str, Any]) -> Decimal:
    """The dearest price that is none of the three above; what is only a discount is none.

    Longer prompts or other hours may have a price of their own, also where the usual one is nothing.
    """
    known = {"prompt", "completion", "request", "discount"}
    fees = {name: fee for name, fee in pricing.items() if name not in known}
    found = list(map(lenient.amount, fees.values()))
    if not any(lenient.amount(pricing.get(name)) for name in known):
        for override in filter(None, map(lenient.mapping, lenient.items(pricing.get("overrides")))):
            found += [lenient.amount(fee) for fee in override.values() if isinstance(fee, str)]
    return max((fee for fee in found if fee is not None), default=Decimal(0))


def _varies(pricing: dict[str, Any]) -> bool:
    """Whether the routed model decides the price, for which OpenRouter writes -1."""
    return any(str(pricing.get(name)).strip().startswith("-") for name in ("prompt", "completion", "request"))


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(lenient.text(value))
    except ValueError:
        return None
