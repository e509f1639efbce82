"""The box of a chat: what stands above it before a prompt is sent, and what becomes of one that is not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from madlen.errors import StoreUnavailable
from madlen.services.wiring import Services
from madlen.text_files import TextFile
from madlen.types import Lane, Model, Parameters, Picture, Pricing, Quota
from madlen.ui import welcome
from madlen.ui.unsent import Unsent
from tests.asking import ended
from tests.pages.opening import Current, chatted, opened, texts
from tests.parrot import DEAR, DONE, FREE, POLLY, SEER, Parrot

ROOMY = Model("parrot/roomy", "Roomy", "parrot", context_length=100_000, pricing=FREE)
COUNTED = replace(POLLY, id="parrot/polly:free", name="Counted")
LONG = "word " * 1_000
PICTURE = Picture(url="https://example.com/cat.png")
FILE = TextFile("notes.md", "Bread and butter")


def box(page: AppTest) -> str:
    return str(page.chat_input[0].proto.value)


def bottom(page: AppTest) -> str:
    """What stands above the box."""
    return "".join(page.caption.values)


def held(page: AppTest, prompt: Unsent) -> AppTest:
    page.session_state["held"] = prompt
    return page.run()


def refusing(madlen: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(madlen.store, "begin", full)


def test_a_link_picks_the_model_and_fills_the_box_and_sends_nothing(current: Current) -> None:
    parrot = Parrot()
    madlen = current(parrot)
    page = opened(model=DEAR.id, q="Good morning")
    assert not page.exception
    assert (page.selectbox(key="model-new").value, box(page)) == (DEAR.id, "Good morning")
    assert (parrot.requests, madlen.store.sessions()) == ([], [])


def test_a_link_counts_once(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = opened(model=DEAR.id, q="Good morning")
    page.selectbox(key="model-new").set_value(SEER.id).run()
    assert page.selectbox(key="model-new").value == SEER.id
    page.chat_input[0].set_value("Something else").run()
    assert [request.messages[0].text for request in parrot.requests] == ["Something else"]
    assert "q" not in page.query_params


def test_a_link_to_a_model_that_nobody_lists_says_so_when_it_is_asked(current: Current) -> None:
    current()
    page = opened(model="no/such`model**", q="Hi")
    assert page.selectbox(key="model-new").options[0] == "no/such`model** (not listed now)"
    page.chat_input[0].set_value("Hi").run()
    assert not page.exception
    assert page.error
    assert box(page) == "Hi"


def test_a_prompt_that_does_not_fit_is_held_with_what_can_be_done(current: Current) -> None:
    parrot = Parrot(models=[POLLY, ROOMY])
    madlen = current(parrot)
    page = opened()
    page.chat_input[0].set_value(LONG).run()
    assert not page.exception
    assert "about 1,258 tokens, and Polly takes 1,000, so nothing was sent" in page.warning[0].value
    assert (parrot.requests, madlen.store.sessions()) == ([], [])
    labels = [button.label for button in page.main.button]
    assert {"Ask Roomy, 100,000 tokens", "Send anyway", "New chat with it", "Edit", "Discard"} <= set(labels)


def test_one_click_asks_a_model_with_more_room(current: Current) -> None:
    parrot = Parrot(models=[POLLY, ROOMY])
    current(parrot)
    page = opened()
    page.chat_input[0].set_value(LONG).run()
    page.button(key="ask-roomy").click().run()
    assert parrot.requests[0].model_id == ROOMY.id
    assert not page.warning


def test_a_prompt_that_may_not_fit_can_be_sent_anyway(current: Current) -> None:
    parrot = Parrot(models=[POLLY])
    current(parrot)
    page = opened()
    page.chat_input[0].set_value(LONG).run()
    page.button(key="send-long").click().run()
    assert parrot.requests[0].model_id == POLLY.id


def test_an_answer_that_came_since_the_page_was_drawn_counts(current: Current) -> None:
    parrot = Parrot(["Short.", DONE], ["word " * 700, DONE])
    madlen = current(parrot)
    page = opened(session=chatted(madlen))
    [session] = madlen.store.sessions()
    ended(madlen.chat.ask("More?", [Lane(POLLY.id)], session_id=session.id).generations[0])
    page.chat_input[0].set_value("tale " * 200).run()
    assert page.button(key="send-anew")
    assert len(parrot.requests) == 2


def test_what_a_chat_has_no_room_for_can_begin_another(current: Current) -> None:
    parrot = Parrot(["word " * 700, DONE], ["Fine.", DONE])
    madlen = current(parrot)
    session_id = chatted(madlen)
    page = opened(session=session_id)
    page.chat_input[0].set_value("tale " * 200).run()
    page.button(key="send-anew").click().run()
    assert not page.exception
    assert page.query_params["session"] != [session_id]
    assert len(madlen.store.sessions()) == 2
    assert len(parrot.requests[-1].messages) == 1


def test_a_held_prompt_goes_back_into_the_box_to_be_shortened(current: Current) -> None:
    current(Parrot(models=[POLLY]))
    page = opened()
    page.chat_input[0].set_value(LONG).run()
    page.button(key="edit-held").click().run()
    assert box(page) == LONG
    assert not page.warning


def test_a_held_prompt_can_be_sent_once_another_model_is_picked(current: Current) -> None:
    parrot = Parrot(models=[POLLY, ROOMY])
    current(parrot)
    page = opened()
    page.chat_input[0].set_value(LONG).run()
    page.selectbox(key="model-new").set_value(ROOMY.id).run()
    assert not page.warning
    page.button(key="send-held").click().run()
    assert parrot.requests[0].model_id == ROOMY.id


def test_the_files_of_a_held_prompt_are_named_and_sent_within_it(current: Current) -> None:
    parrot = Parrot()
    current(parrot)
    page = held(opened(), Unsent("What is this?", (PICTURE,), (FILE,)))
    assert "notes\\.md" in texts(page)
    page.button(key="send-blind").click().run()
    assert (
        parrot.requests[0].messages[0].text == "What is this?\n\n`notes.md`:\n\n```md\nBread and butter\n```"
    )


def test_what_could_not_be_sent_is_offered_again_with_its_files(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    parrot = Parrot()
    madlen = current(parrot)
    page = held(opened(), Unsent("What is this?", (PICTURE,), (FILE,)))
    with monkeypatch.context() as failing:
        refusing(madlen, failing)
        page.button(key="ask-seeing").click().run()
    assert "The disk is full" in page.error[0].value
    assert box(page) == "What is this?"
    assert "With your next prompt: 1 image, notes\\.md" in texts(page)
    page.button(key="remove-enclosures").click().run()
    assert "With your next prompt" not in texts(page)


def test_a_long_prompt_that_was_refused_is_measured(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = current(Parrot(models=[ROOMY]))
    refusing(madlen, monkeypatch)
    page = opened()
    page.chat_input[0].set_value(LONG).run()
    assert "5,000 characters, about 1,254 tokens." in page.error[0].value
    assert box(page) == LONG


def test_a_parameter_that_the_model_does_not_take_is_said_and_left_out_with_one_click(
    current: Current,
) -> None:
    madlen = current(Parrot(models=[replace(POLLY, supported_parameters=frozenset({"max_tokens"}))]))
    session_id = chatted(madlen)
    madlen.chat.configure(session_id, system="Hm.", parameters=Parameters(seed=7, max_tokens=50))
    page = opened(session=session_id)
    assert "does not take seed" in bottom(page)
    page.button(key="fix-parameters").click().run()
    assert "does not take" not in bottom(page)
    session = madlen.store.session(session_id)
    assert (session.system, session.parameters) == ("Hm.", Parameters(max_tokens=50))


def test_a_chat_that_fills_its_model_says_so_before_anything_is_written(current: Current) -> None:
    parrot = Parrot(["word " * 900, DONE], models=[POLLY, ROOMY])
    madlen = current(parrot)
    session_id = chatted(madlen)
    page = opened(session=session_id)
    assert "tokens do not fit into the 1,000 of Polly" in bottom(page)
    page.button(key="fix-context").click().run()
    assert page.selectbox(key=f"model-{session_id}").value == ROOMY.id
    assert "do not fit" not in bottom(page)


def test_a_chat_that_fills_its_model_can_be_left_for_a_new_one(current: Current) -> None:
    madlen = current(Parrot(["word " * 900, DONE], models=[POLLY]))
    page = opened(session=chatted(madlen))
    page.button(key="fix-anew").click().run()
    assert "session" not in page.query_params


def test_a_short_quota_is_said_and_a_model_that_does_not_use_it_offered(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = current(Parrot(models=[COUNTED, DEAR, ROOMY]))
    monkeypatch.setattr(madlen, "quota", lambda: Quota(50, 50, 0))
    page = opened()
    assert "A free request is needed and none left until midnight" in bottom(page)
    page.button(key="fix-day").click().run()
    assert page.selectbox(key="model-new").value == ROOMY.id
    assert "midnight" not in bottom(page)


def test_nothing_is_said_where_nothing_is_wrong(current: Current) -> None:
    madlen = current()
    page = opened(session=chatted(madlen))
    assert "warning" not in bottom(page)


def test_an_empty_page_leads_to_the_comparison(current: Current) -> None:
    current()
    [link] = opened().main.get("page_link")
    assert "several models" in link.proto.label


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (replace(POLLY, source="local"), "runs inside Madlen, free and without an account"),
        (COUNTED, "free, each prompt takes one of the day's free requests"),
        (POLLY, "answers: free."),
        (DEAR, r"paid, \$1\.00 in and \$2\.00 out per million tokens"),
        (replace(DEAR, pricing=Pricing(varies=True)), "depends on the model"),
        (replace(DEAR, pricing=Pricing()), "what it costs is not known"),
        (replace(POLLY, name="![x](http://e.com/b.png)"), r"\!\[x\]"),
        (replace(DEAR, pricing=Pricing(Decimal(0), Decimal(1))), "paid"),
    ],
)
def test_it_is_said_who_answers_and_what_that_costs(model: Model, said: str) -> None:
    assert said in welcome.ready(model)


def test_without_a_key_it_is_said_how_to_add_one_and_with_a_key_it_is_not(current: Current) -> None:
    current()
    assert "`.env`" in texts(opened())
    current(openrouter_api_key="sk-or-v1-abc")
    assert "`.env`" not in texts(opened())


def test_all_that_can_be_set_is_stored_with_the_chat(current: Current) -> None:
    madlen = current()
    every = Parameters(0.5, 100, 0.9, 7, ("END",), "low")
    made = madlen.chat.ask("Hi", [Lane(SEER.id, parameters=every, system="Be brief.")])
    list(made.generations[0].follow(every=0))
    session = madlen.store.session(made.session_id)
    assert (session.model_id, session.system, session.parameters) == (SEER.id, "Be brief.", every)
    page = opened(session=session.id)
    page.chat_input[0].set_value("And now?").run()
    assert madlen.store.turns(session.id)[-1].replies[0].parameters == every
