"""The page of prompt sets as a visitor opens it, and what one reads and clicks there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from streamlit.testing.v1 import AppTest

from madlen.prompt_sets import Check, Prompt, PromptSet
from madlen.services.wiring import Services
from madlen.types import Lane
from tests.batch.running import carried_out
from tests.pages import opening
from tests.parrot import POLLY, SEER

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LANES = (Lane(POLLY.id, "A"), Lane(SEER.id, "B"))


def opened(**query: str) -> AppTest:
    page = opening.opened("sets", seconds=30, **query)
    assert not page.exception
    return page


def a_set(madlen: Services, *texts: str, checks: tuple[Check, ...] = ()) -> PromptSet:
    prompts = tuple(Prompt("", words, reference="42") for words in texts or ("One?", "Two?"))
    return madlen.batch.save(PromptSet("", "Numbers", NOW, NOW, prompts, checks))


def judged_by_points(madlen: Services) -> tuple[str, AppTest]:
    """The id and the page of a run of one prompt, whose judge is to give points."""
    run = carried_out(madlen, a_set(madlen, "One?"), LANES)
    page = opened(run=run)
    page.segmented_control(key=f"judge-kind-{run}").set_value("rubric").run()
    return run, page


def click(page: AppTest, key: str) -> None:
    page.button(key=key).click().run()
    assert not page.exception


def tables(page: AppTest) -> list[list[dict[str, Any]]]:
    return [table.value.to_dict("records") for table in page.dataframe]
