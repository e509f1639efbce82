"""Presets and saved prompts on the chat page."""

from __future__ import annotations

from datetime import UTC, datetime

from streamlit.testing.v1 import AppTest

from madlen import presets, prompt_library
from madlen.services.wiring import Services
from madlen.types import Lane, Parameters
from tests.pages.opening import Current, chatted, left, looked_at, opened, texts
from tests.parrot import POLLY, SEER, Parrot

NOW = datetime(2026, 11, 23, tzinfo=UTC)
STRICT = Lane(SEER.id, parameters=Parameters(temperature=0.1, seed=7, stop=("END",)), system="Be strict.")


def kept(madlen: Services, name: str = "Strict", lane: Lane = STRICT) -> None:
    madlen.store.keep_preset(presets.made(name, lane, NOW))


def saved(madlen: Services, text: str, name: str = "Summary") -> None:
    madlen.store.keep_saved_prompt(prompt_library.made(name, text, NOW))


def library() -> AppTest:
    page = opened().button(key="prompts").click().run()
    assert not page.exception
    return page


def box(page: AppTest) -> str:
    return str(page.chat_input[0].proto.value)


def test_how_a_chat_asks_is_saved_under_a_name(current: Current) -> None:
    madlen = current()
    page = looked_at(opened(), "model-new-settings")
    page.text_area(key="model-new-system").set_value("Be brief.").run()
    looked_at(left(page, "model-new-settings"), "model-new-presets")
    page.text_input(key="model-new-presets-name").set_value("Brief").run()
    page.button(key="model-new-presets-save").click().run()
    assert not page.exception
    [preset] = madlen.store.presets()
    assert (preset.name, preset.lane) == ("Brief", Lane(POLLY.id, system="Be brief."))


def test_a_preset_is_taken_up_with_all_it_has(current: Current) -> None:
    parrot = Parrot()
    madlen = current(parrot)
    kept(madlen)
    page = looked_at(opened(), "model-new-presets")
    page.button(key="model-new-presets-use-0").click().run()
    assert page.selectbox(key="model-new").value == SEER.id
    page.chat_input[0].set_value("Hi").run()
    [request] = parrot.requests
    assert (request.model_id, request.parameters) == (SEER.id, STRICT.parameters)
    assert request.messages[0].text == "Be strict."


def test_a_preset_takes_the_place_of_what_was_typed_and_is_kept_with_the_chat(current: Current) -> None:
    madlen = current()
    kept(madlen)
    session_id = chatted(madlen)
    key = f"model-{session_id}"
    page = looked_at(opened(session=session_id), f"{key}-settings")
    page.text_area(key=f"{key}-system").set_value("Ramble.").run()
    page = looked_at(page, f"{key}-presets")
    page.button(key=f"{key}-presets-use-0").click().run()
    left(page, f"{key}-settings").run()
    session = madlen.store.session(session_id)
    assert (session.system, session.parameters) == (STRICT.system, STRICT.parameters)


def test_a_preset_is_overwritten_and_deleted(current: Current) -> None:
    madlen = current()
    kept(madlen)
    page = looked_at(opened(), "model-new-presets")
    page.button(key="model-new-presets-keep-0").click().run()
    assert madlen.store.preset("Strict").lane == Lane(POLLY.id)
    page.button(key="model-new-presets-delete-0").click().run()
    assert madlen.store.presets() == []


def test_a_preset_without_a_name_is_told_why(current: Current) -> None:
    madlen = current()
    page = looked_at(opened(), "model-new-presets")
    page.button(key="model-new-presets-save").click().run()
    assert "needs a name" in page.toast[0].value
    assert madlen.store.presets() == []


def test_a_saved_prompt_without_gaps_goes_into_the_box_and_is_not_sent(current: Current) -> None:
    parrot = Parrot()
    saved(current(parrot), "Tell me a joke.")
    page = library()
    page.button(key="prompts-use-0").click().run()
    assert box(page) == "Tell me a joke."
    assert parrot.requests == []


def test_the_gaps_of_a_saved_prompt_are_asked_for(current: Current) -> None:
    saved(current(), "Sum up {{topic}} in {{number}} lines.")
    page = library()
    page.button(key="prompts-use-0").click().run()
    assert [area.label for area in page.text_area] == ["topic", "number"]
    page.text_area(key="prompts-value-0").set_value("the sea")
    page.text_area(key="prompts-value-1").set_value("3")
    [put] = [button for button in page.button if button.label == "Put into the box"]
    put.click().run()
    assert not page.exception
    assert box(page) == "Sum up the sea in 3 lines."


def test_the_last_prompt_of_a_chat_is_offered_for_keeping(current: Current) -> None:
    madlen = current()
    page = opened(session=chatted(madlen, "What is {{this}}?"))
    page.button(key="prompts").click().run()
    page.text_input(key="prompts-name").set_value("Question")
    [save] = [button for button in page.button if button.label == "Save prompt"]
    save.click().run()
    assert not page.exception
    [prompt] = madlen.store.saved_prompts()
    assert (prompt.name, prompt.text) == ("Question", "What is {{this}}?")
    assert not texts(page).count("Question?")


def test_a_saved_prompt_is_deleted(current: Current) -> None:
    madlen = current()
    saved(madlen, "Hi")
    library().button(key="prompts-delete-0").click().run()
    assert madlen.store.saved_prompts() == []


def test_a_prompt_without_a_name_is_told_why(current: Current) -> None:
    madlen = current()
    page = library()
    page.text_area(key="prompts-text").set_value("Hi")
    [save] = [button for button in page.button if button.label == "Save prompt"]
    save.click().run()
    assert "needs a name" in page.toast[0].value
    assert madlen.store.saved_prompts() == []
