"""Choosing a model on the page, and what stands beside the choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from madlen import services
from madlen.types import Lane, Model, Parameters, Picture, Pricing
from madlen.ui.unsent import Unsent
from tests.pages.opening import Current, chatted, left, looked_at, opened, texts
from tests.parrot import DEAR, DONE, FREE, POLLY, SEER, Parrot

THINKER = Model(
    "parrot/thinker",
    "Thinker",
    "parrot",
    context_length=200_000,
    pricing=FREE,
    created=2,
    supported_parameters=frozenset({"reasoning", "tools", "max_tokens"}),
)
ALL = (POLLY, SEER, DEAR, THINKER)
PICTURE = Picture(url="https://example.com/cat.png")


def names(page: AppTest) -> list[str]:
    """The models on offer, by name."""
    return [option.split(" · ")[0] for option in page.main.selectbox(key="model-new").options]


def test_a_model_can_be_found_by_its_id_for_the_line_holds_it(current: Current) -> None:
    current(Parrot(models=ALL))
    assert all(POLLY.id in line for line in opened().main.selectbox(key="model-new").options[:1])


@pytest.mark.parametrize(
    ("pricing", "said"),
    [
        (Pricing(varies=True), "price varies"),
        (Pricing(), "price unknown"),
        (DEAR.pricing, "$1.00 in, $2.00 out per million tokens"),
        (FREE, "free"),
    ],
)
def test_a_price_that_varies_is_told_from_one_that_is_unknown(
    current: Current, pricing: Pricing, said: str
) -> None:
    current(Parrot(models=[replace(POLLY, pricing=pricing)]))
    page = opened()
    page.toggle(key="model-new-free").set_value(False).run()
    assert page.main.selectbox(key="model-new").options[0].split(" · ")[1] == said


def test_a_chat_goes_on_with_a_model_that_has_expired_and_says_so(current: Current) -> None:
    over = replace(SEER, expires=date(2020, 1, 1))
    parrot = Parrot(models=[POLLY, over])
    madlen = current(parrot)
    made = madlen.chat.ask("Hello", [Lane(over.id)])
    list(made.generations[0].follow(every=0))
    page = opened(session=made.session_id)
    assert (
        page.main.selectbox(key=f"model-{made.session_id}")
        .options[0]
        .startswith("📷 Seer (not offered any more) · free")
    )
    page.chat_input[0].set_value("Again").run()
    assert parrot.requests[-1].model_id == over.id
    assert names(opened()) == ["Polly"]


def test_filters_leave_what_has_the_property_and_one_click_shows_all(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened()
    looked_at(page, "model-new-filter").checkbox(key="model-new-reasoning").check().run()
    page.checkbox(key="model-new-tools").check().run()
    # What is picked stays on offer whatever the filters say.
    assert names(page) == ["Polly", "Thinker"]
    assert "1 of 4 models shown" in texts(page)
    page.button(key="model-new-all").click().run()
    assert names(page) == ["Polly", "📷 Seer", "Dear", "Thinker"]
    assert "4 of 4 models shown" in texts(page)
    assert not page.exception


def test_a_least_context_and_an_order_can_be_chosen(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened()
    looked_at(page, "model-new-filter").selectbox(key="model-new-order").set_value("Newest first").run()
    assert names(page)[0] == "Thinker"
    page.selectbox(key="model-new-context").set_value(128_000).run()
    assert names(page) == ["Polly", "Thinker"]


def test_a_pinned_model_stands_first_in_every_chat_until_it_is_let_go(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened()
    page.selectbox(key="model-new").set_value(THINKER.id).run()
    page.button(key="model-new-pin").click().run()
    assert names(opened())[0] == "★ Thinker"
    page.button(key="model-new-pin").click().run()
    assert names(opened())[0] == "Polly"


def test_the_models_used_last_stand_above_the_others(current: Current) -> None:
    madlen = current(Parrot(models=ALL))
    made = madlen.chat.ask("Hi", [Lane(THINKER.id)])
    list(made.generations[0].follow(every=0))
    assert names(opened())[0] == "Thinker"


def test_a_model_from_the_quota_says_that_it_is(current: Current) -> None:
    current(Parrot(models=[replace(POLLY, id="parrot/polly:free")]))
    assert "free, from the day's quota" in opened().main.selectbox(key="model-new").options[0]


def test_a_model_that_cannot_see_is_said_before_anything_is_sent(current: Current) -> None:
    parrot = Parrot()
    madlen = current(parrot)
    page = opened()
    page.session_state["held"] = Unsent("What is this?", (PICTURE,))
    page.run()
    assert "Polly cannot see images, so nothing was sent yet" in page.warning[0].value
    assert "What is this?" in texts(page)
    assert (parrot.requests, madlen.store.sessions()) == ([], [])


def test_one_click_asks_a_model_that_sees_instead(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = opened()
    page.session_state["held"] = Unsent("What is this?", (PICTURE,))
    page.run().button(key="ask-seeing").click().run()
    assert not page.exception
    [request] = parrot.requests
    assert (request.model_id, request.messages[0].pictures) == (SEER.id, (PICTURE,))
    assert not page.warning


def test_one_click_sends_the_words_without_the_image(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = opened()
    page.session_state["held"] = Unsent("What is this?", (PICTURE,))
    page.run().button(key="send-blind").click().run()
    [request] = parrot.requests
    assert (request.model_id, request.messages[0].pictures) == (POLLY.id, ())


def test_a_held_prompt_can_be_discarded(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = opened()
    page.session_state["held"] = Unsent("", (PICTURE,))
    page.run().button(key="discard").click().run()
    assert not page.warning
    assert parrot.requests == []


def test_a_parameter_that_the_model_does_not_take_is_greyed_with_the_reason(current: Current) -> None:
    current(Parrot(models=[THINKER]))
    page = opened()
    temperature = looked_at(page, "model-new-settings").number_input(key="model-new-temperature")
    assert temperature.disabled
    assert temperature.help == "Thinker does not take: temperature."
    assert "Thinker does not take: seed." in texts(page)
    assert not page.selectbox(key="model-new-effort").disabled


def test_the_settings_of_a_chat_are_sent_and_kept_with_it(current: Current) -> None:
    parrot = Parrot()
    madlen = current(parrot)
    page = opened()
    looked_at(page, "model-new-settings").number_input(key="model-new-temperature").set_value(0.5)
    page.text_area(key="model-new-stop").set_value("END\nSTOP HERE")
    page.text_area(key="model-new-system").set_value("Answer in verse.").run()
    page.chat_input[0].set_value("Hi").run()
    wanted = Parameters(temperature=0.5, stop=("END", "STOP HERE"))
    assert parrot.requests[0].parameters == wanted
    assert parrot.requests[0].messages[0].text == "Answer in verse."
    [session] = madlen.store.sessions()
    assert (session.system, session.parameters) == ("Answer in verse.", wanted)


def test_settings_and_filters_stay_when_nobody_looks_at_them(current: Current) -> None:
    parrot = Parrot(models=ALL)
    current(parrot)
    page = looked_at(opened(), "model-new-settings")
    page.number_input(key="model-new-seed").set_value(7).run()
    left(page, "model-new-settings")
    looked_at(page, "model-new-filter").checkbox(key="model-new-reasoning").check().run()
    left(page, "model-new-filter").run()
    assert not page.checkbox
    assert names(page) == ["Polly", "Thinker"]
    assert looked_at(page, "model-new-filter").checkbox(key="model-new-reasoning").value
    page.chat_input[0].set_value("Hi").run()
    assert parrot.requests[0].parameters == Parameters(seed=7)


def test_a_setting_left_in_the_moment_in_which_it_is_closed_counts(current: Current) -> None:
    parrot = Parrot(models=ALL)
    current(parrot)
    page = looked_at(opened(), "model-new-settings")
    page.text_area(key="model-new-system").set_value("Be brief.")
    left(page, "model-new-settings").run()
    page.chat_input[0].set_value("Hi").run()
    assert parrot.requests[0].messages[0].text == "Be brief."


def test_settings_changed_later_count_from_then_on(current: Current) -> None:
    parrot = Parrot()
    madlen = current(parrot)
    session_id = chatted(madlen)
    page = looked_at(opened(session=session_id), f"model-{session_id}-settings")
    page.number_input(key=f"model-{session_id}-seed").set_value(7).run()
    assert madlen.store.session(session_id).parameters == Parameters(seed=7)
    again = looked_at(opened(session=session_id), f"model-{session_id}-settings")
    assert again.number_input(key=f"model-{session_id}-seed").value == 7
    again.chat_input[0].set_value("Again").run()
    assert parrot.requests[-1].parameters == Parameters(seed=7)


def test_asking_again_keeps_the_system_prompt(current: Current) -> None:
    parrot = Parrot(["Half"], ["Whole.", DONE])
    madlen = current(parrot)
    made = madlen.chat.ask("Hi", [Lane(POLLY.id, system="Be brief.")])
    list(made.generations[0].follow(every=0))
    page = opened(session=made.session_id)
    [again] = [button for button in page.main.button if button.label == "Try again"]
    again.click().run()
    assert [message.text for message in parrot.requests[-1].messages] == ["Be brief.", "Hi"]
    assert services.current() is madlen
