"""What llama.cpp is asked to sample with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from madlen.providers.local import DEFAULT_ID
from madlen.types import Done, Parameters
from tests.providers.test_local import asking, collected, local

pytestmark = pytest.mark.timeout(300)


def sampled(
    cache: Path, wished: Parameters, *paths: Path, model_id: str = DEFAULT_ID
) -> tuple[object, object]:
    """The temperature and the nucleus that went to llama.cpp."""
    models = local(cache, *paths)
    bodies: list[dict[str, object]] = []

    async def look(sent: httpx.Request) -> None:
        bodies.append(json.loads(sent.content))

    models._client.event_hooks["request"].append(look)
    request = replace(asking(model_id=model_id), parameters=replace(wished, max_tokens=2))
    assert isinstance(collected(models, request)[-1], Done)
    (body,) = bodies
    return body.get("temperature"), body.get("top_p")


@pytest.mark.parametrize(
    ("wished", "sent"),
    [(Parameters(), (0.2, 0.9)), (Parameters(temperature=1), (1, 0.9)), (Parameters(top_p=0.5), (0.2, 0.5))],
)
def test_the_default_model_is_sampled_as_its_card_does_unless_one_wishes_otherwise(
    embedded_weights: Path, wished: Parameters, sent: tuple[float, float]
) -> None:
    assert sampled(embedded_weights.parent, wished) == sent


def test_a_file_of_ones_own_is_sampled_by_its_own_defaults(embedded_weights: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").symlink_to(embedded_weights)
    found = sampled(embedded_weights.parent, Parameters(), tmp_path, model_id="local/mine")
    assert found == (None, None)
