"""The model list and the account in every state that OpenRouter was seen to give, as the page shows them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import anyio
import pytest
from streamlit.testing.v1 import AppTest

from madlen import services
from madlen.providers import directory
from tests.pages.opening import opened, texts
from tests.playing import Stage, staged
from tests.pretend_openrouter import CHAT_MODEL, PRIVATE_KEY, UNKNOWN_KEY, catalogue
from tests.pretend_openrouter.listings import TRAINING

OpenStage = Callable[..., Stage]


@pytest.fixture
def set_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenStage]:
    """Plays scenarios from the start of a Madlen that the pages find."""
    with ExitStack() as stack:

        def start(*scenarios: str, **changes: Any) -> Stage:
            stage = stack.enter_context(staged(tmp_path_factory.mktemp("stage"), *scenarios, **changes))
            stack.enter_context(services.using(stage.madlen))
            return stage

        yield start


@pytest.fixture
def renewed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is asked for again as soon as it came."""
    monkeypatch.setattr(directory, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(directory, "_RETRY_SECONDS", 0.02)


def until(stage: Stage, condition: Callable[[], bool]) -> None:
    """Lets Madlen work until the condition holds, for five seconds at most."""
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        stage.madlen.portal.call(anyio.sleep, 0.02)
    assert condition()


def everything(page: AppTest) -> list[str]:
    """The models in the picker without any filter, by the names that it shows."""
    page.toggle[0].set_value(False).run()
    assert not page.exception
    return [option.partition(" · ")[0] for option in page.selectbox[0].options]


def warnings(page: AppTest) -> str:
    return "\n".join(warning.value for warning in page.main.warning).replace("\\", "")


def test_the_free_models_are_shown_first_and_how_many_there_are(set_stage: OpenStage) -> None:
    stage = set_stage()
    page = opened()
    [shown] = re.findall(r"([0-9]+) of ([0-9]+) models shown", texts(page))
    assert [len(page.selectbox[0].options), len(everything(page))] == [int(count) for count in shown]
    listed = {model.id for model in stage.madlen.chat.models().models if model.source == "openrouter"}
    assert CHAT_MODEL in listed <= {entry["id"] for entry in catalogue()["data"]}


@pytest.mark.parametrize("name", ["models_bare", "models_unknown_keys", "models_stale"])
def test_a_list_in_another_shape_shows_the_same_models(set_stage: OpenStage, name: str) -> None:
    set_stage()
    usual = everything(opened())
    set_stage(name)
    page = opened()
    assert everything(page) == usual
    assert not page.warning


def test_a_list_with_quirks_shows_each_entry_that_can_be_read_and_runs_none(set_stage: OpenStage) -> None:
    set_stage("models_quirks")
    page = opened()
    names = everything(page)
    assert {"prices written 0.0", "price not numeric", "null context and limits"} <= set(names)
    assert "<img src=x onerror=alert(1)>" in names
    assert "no id at all" not in names
    page.selectbox[0].set_value("quirk/html-name").run()
    page.chat_input[0].set_value("Hello").run()
    assert not page.exception
    heading = page.chat_message[-1].markdown[0].value
    assert heading.startswith(r":small[**\<img src=x onerror=alert\(1\)\>**")


def test_what_the_accounts_privacy_settings_exclude_is_not_offered(set_stage: OpenStage) -> None:
    set_stage()
    usual = offered_ids(opened())
    set_stage(openrouter_api_key=PRIVATE_KEY)
    assert usual - offered_ids(opened()) == TRAINING


def offered_ids(page: AppTest) -> set[str]:
    """The models in the picker without any filter, by their ids."""
    page.toggle[0].set_value(False).run()
    return {option.rpartition(" · ")[2] for option in page.selectbox[0].options}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("models_down", "Internal Server Error"),
        ("models_html", "Bad gateway"),
        ("models_silent", "still being listed; reload soon"),
    ],
)
def test_a_list_that_does_not_come_is_said_to_be_missing_and_leaves_the_embedded_model(
    set_stage: OpenStage, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
) -> None:
    monkeypatch.setattr(directory, "_FIRST_SECONDS", 0.3)
    stage = set_stage(name)
    page = opened()
    assert sentence in warnings(page)
    assert not page.chat_input[0].disabled
    assert {model.source for model in stage.madlen.chat.models().models} <= {"local"}


def test_an_empty_list_leaves_the_embedded_model(set_stage: OpenStage) -> None:
    set_stage("models_empty")
    page = opened()
    assert not page.exception
    [option] = page.selectbox[0].options
    assert "free" in option


def test_a_list_that_comes_late_is_shown_when_the_page_is_loaded_again(
    set_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_FIRST_SECONDS", 0.3)
    stage = set_stage("models_silent")
    assert "still being listed" in warnings(opened())
    stage.pretend.release()
    until(stage, lambda: len(stage.madlen.chat.models().models) > 1)
    page = opened()
    assert not page.warning
    assert len(everything(page)) > 30


@pytest.mark.usefixtures("renewed_at_once")
def test_a_list_that_failed_once_is_shown_soon_after(set_stage: OpenStage) -> None:
    stage = set_stage("models_down_then_good")
    until(stage, lambda: not stage.madlen.chat.models().notes)
    page = opened()
    assert not page.warning
    assert len(everything(page)) > 30


@pytest.mark.usefixtures("renewed_at_once")
def test_the_last_good_list_stays_with_its_age_when_openrouter_goes_down(set_stage: OpenStage) -> None:
    stage = set_stage()
    until(stage, lambda: len(stage.madlen.chat.models().models) > 1)
    stage.pretend.play("models_down")
    until(stage, lambda: bool(stage.madlen.chat.models().notes))
    page = opened()
    assert "The list shown is less than a minute old." in warnings(page)
    assert len(everything(page)) > 30


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("key_exhausted", "0 of 1,000 free requests left today · $0 credit left"),
        ("key_free_tier", "38 of 50 free requests left today"),
        ("credits_forbidden", "988 of 1,000 free requests left today · $4.25 credit left"),
    ],
)
def test_what_the_account_may_still_do_stands_where_one_chooses(
    set_stage: OpenStage, name: str, line: str
) -> None:
    stage = set_stage(name)
    until(stage, lambda: stage.madlen.quota() is not None)
    shown = texts(opened()).replace("\\", "")
    assert all(part in shown for part in line.split(" · "))


def test_of_a_key_that_is_refused_nothing_is_known_and_the_page_says_why(set_stage: OpenStage) -> None:
    set_stage("key_unknown", openrouter_api_key=UNKNOWN_KEY)
    page = opened()
    assert "OpenRouter refused the API key. Check OPENROUTER_API_KEY" in warnings(page)
    assert "free requests left" not in texts(page)
