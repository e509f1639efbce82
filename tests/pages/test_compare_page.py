"""The compare page, run without a browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from madlen.errors import UpstreamError
from madlen.services.wiring import Services
from madlen.types import Lane, Parameters, Session
from tests.pages import opening
from tests.pages.opening import Current, looked_at, texts
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot

LANES = [Lane(POLLY.id, "A"), Lane(SEER.id, "B", Parameters(temperature=0.5), "Be brief.")]


def opened(**query: str) -> AppTest:
    return opening.opened("compare", seconds=30, **query)


def unfolded(page: AppTest, key: str) -> AppTest:
    """The page with the pickers of its lanes in sight."""
    page.session_state[f"{key}-setup"] = True
    return page.run()


def compared(madlen: Services, *lanes: Lane, blind: bool = False) -> Session:
    """A comparison with one prompt that all lanes have answered."""
    made = madlen.chat.ask("Which way?", lanes or LANES, blind=blind)
    for generation in made.generations:
        list(generation.follow(every=0))
    return madlen.store.session(made.session_id)


def button(page: AppTest, label: str) -> None:
    # One that is chosen is bold.
    [found] = [one for one in page.main.button if one.label.strip("*") == label]
    found.click()
    page.run()


def test_two_free_models_are_set_up_to_begin_with(current: Current) -> None:
    current()
    page = opened()
    assert not page.exception
    assert [page.selectbox(key=f"lanes-new-{name}-model").value for name in "AB"] == [POLLY.id, SEER.id]
    assert "Which model answers best?" in texts(page)


def test_the_address_names_the_models_and_fills_the_box(current: Current) -> None:
    current()
    page = opened(models=f"{DEAR.id},{POLLY.id},{SEER.id}", q="Why is the sky blue?")
    chosen = [page.selectbox(key=f"lanes-new-{name}-model").value for name in "ABC"]
    assert chosen == [DEAR.id, POLLY.id, SEER.id]
    assert page.chat_input[0].proto.value == "Why is the sky blue?"


def test_one_prompt_is_answered_by_every_lane_with_its_own_settings(current: Current) -> None:
    parrot = Parrot(["Left.", DONE])
    madlen = current(parrot)
    page = opened()
    looked_at(page, "lanes-new-B-settings").number_input(key="lanes-new-B-temperature").set_value(0.5).run()
    page.chat_input[0].set_value("Which way?").run()
    assert not page.exception
    asked = {request.model_id: request.parameters.temperature for request in parrot.requests}
    assert asked == {POLLY.id: None, SEER.id: 0.5}
    assert texts(page).count("Left.") == 2
    [session] = madlen.store.sessions()
    assert [lane.name for lane in session.lanes] == ["A", "B"]
    assert page.query_params["session"] == session.id


def test_a_comparison_opens_again_as_it_ran(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    page = opened(session=compared(madlen).id)
    assert "temperature 0\\.5 · told “Be brief\\.”" in texts(page)
    assert "A · Polly" in texts(page)
    key = f"lanes-{page.query_params['session']}"
    looked_at(unfolded(page, key), f"{key}-B-settings")
    assert page.number_input(key=f"{key}-B-temperature").value == 0.5


def test_lanes_are_added_duplicated_and_removed_within_their_limits(current: Current) -> None:
    current()
    page = opened()
    assert page.button(key="lanes-new-A-remove").disabled
    page.button(key="lanes-new-add").click().run()
    page.button(key="lanes-new-A-duplicate").click().run()
    names = [lane.name for lane in page.session_state["lanes-new"]]
    assert names == ["A", "D", "B", "C"]
    page.button(key="lanes-new-B-remove").click().run()
    assert [lane.name for lane in page.session_state["lanes-new"]] == ["A", "D", "C"]


def test_one_failed_lane_says_why_and_can_be_tried_again_alone(current: Current) -> None:
    parrot = Parrot([UpstreamError("Down.")], ["Fine.", DONE])
    madlen = current(parrot)
    session = compared(madlen, Lane(POLLY.id, "A"))
    madlen.store.arrange(session.id, LANES)
    page = opened(session=session.id)
    assert "Down" in page.error[0].value
    button(page, "Try again")
    assert "Fine." in texts(page)
    assert not page.error


def test_a_vote_is_kept_and_may_be_changed(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    page = opened(session=session.id)
    button(page, "A is better")
    [turn] = madlen.store.turns(session.id)
    first, second = (reply.id for reply in turn.replies)
    [vote] = madlen.store.votes_of(session.id)
    assert (vote.order, vote.blind) == (((first,), (second,)), False)
    button(page, "Tie")
    [vote] = madlen.store.votes_of(session.id)
    assert vote.order == ((first, second),)


def test_blind_answers_hide_who_gave_them_until_the_vote(current: Current) -> None:
    madlen = current(Parrot(["I am Polly, made by Parrots.", DONE]))
    session = compared(madlen, blind=True)
    page = opened(session=session.id)
    said = texts(page) + "".join(one.label for one in page.main.button)
    assert not page.main.selectbox
    for name in ("Polly", "Seer", "parrot/", "tokens", "first token"):
        assert name not in said
    assert "Answer A" in said
    button(page, "Answer A")
    assert "A · Polly" in texts(page)
    [vote] = madlen.store.votes_of(session.id)
    assert vote.blind


def test_the_conversation_goes_on_as_a_chat_with_one_lane(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    begun = madlen.chat.continue_with(session.id, "B")
    [turn] = madlen.store.turns(begun.id)
    assert [(reply.model_id, reply.text) for reply in turn.replies] == [(SEER.id, "Left.")]
    assert begun.lanes == ()


def test_without_any_model_the_page_says_so(current: Current) -> None:
    current(Parrot(models=[]))
    page = opened()
    assert not page.exception
    assert "no model to ask" in page.warning[0].value


def test_one_model_in_the_address_stands_in_two_lanes(current: Current) -> None:
    current()
    page = opened(models=DEAR.id)
    assert [page.selectbox(key=f"lanes-new-{name}-model").value for name in "AB"] == [DEAR.id, DEAR.id]


def test_a_prompt_that_cannot_be_sent_goes_back_into_the_box(current: Current) -> None:
    current()
    page = opened()
    page.chat_input[0].set_value("   ").run()
    assert "The message is empty" in page.error[0].value
    assert page.chat_input[0].proto.value == "   "


def test_only_the_newest_prompt_has_the_keys(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    for generation in madlen.chat.ask("And now?", LANES, session_id=session.id).generations:
        list(generation.follow(every=0))
    first, _ = madlen.store.turns(session.id)
    page = opened(session=session.id)
    page.session_state[f"turn-{first.id}"] = True
    page.run()
    assert [one.proto.shortcut for one in page.main.button if one.label == "Tie"] == ["", "0"]
    assert [one.proto.shortcut for one in page.main.button if one.label == "A is better"] == ["", "1"]


def test_earlier_prompts_are_folded_and_the_newest_is_open(current: Current) -> None:
    parrot = Parrot(["Left.", DONE], ["Left.", DONE], ["Right.", DONE], ["Right.", DONE])
    madlen = current(parrot)
    session = compared(madlen)
    for generation in madlen.chat.ask("And now?", LANES, session_id=session.id).generations:
        list(generation.follow(every=0))
    page = opened(session=session.id)
    assert [one.label for one in page.main.expander if one.label.startswith("Which")] == ["Which way?"]
    assert "Left." not in texts(page)
    assert texts(page).count("Right.") == 2


def test_one_turn_opens_again_as_it_ran_whatever_the_lanes_are_now(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    [first] = madlen.store.turns(session.id)
    other = [Lane(DEAR.id, "A"), Lane(DEAR.id, "Z")]
    for generation in madlen.chat.ask("And now?", other, session_id=session.id).generations:
        list(generation.follow(every=0))
    madlen.chat.arrange(session.id, other)
    page = opened(session=session.id, turn=first.id)
    assert "Which way?" in texts(page)
    assert "And now?" not in texts(page)
    key = f"lanes-{first.id}"
    unfolded(page, key)
    assert [page.selectbox(key=f"{key}-{name}-model").value for name in "AB"] == [POLLY.id, SEER.id]
    looked_at(page, f"{key}-B-settings")
    assert page.number_input(key=f"{key}-B-temperature").value == 0.5
    assert page.text_area(key=f"{key}-B-system").value == "Be brief."
    button(page, "All 2 prompts")
    assert "turn" not in page.query_params
    assert "And now?" in texts(page)


def test_a_prompt_asked_from_an_earlier_turn_goes_to_the_lanes_of_that_turn(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    [first] = madlen.store.turns(session.id)
    madlen.chat.arrange(session.id, [Lane(DEAR.id, "A"), Lane(DEAR.id, "Z")])
    page = opened(session=session.id, turn=first.id)
    page.chat_input[0].set_value("And now?").run()
    assert not page.exception
    *_, newest = madlen.store.turns(session.id)
    assert {reply.lane: reply.model_id for reply in newest.replies} == {"A": POLLY.id, "B": SEER.id}
    assert [lane.model_id for lane in madlen.store.session(session.id).lanes] == [POLLY.id, SEER.id]
    assert dict(page.query_params) in ({"session": session.id}, {"session": [session.id]})


def test_a_prompt_is_added_to_a_new_set_and_then_to_that_one(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    [turn] = madlen.store.turns(session.id)
    page = opened(session=session.id)
    page.session_state[f"add-to-set-{turn.id}"] = True
    page.run()
    page.text_input(key=f"set-name-{turn.id}").set_value("Ways").run()
    page.selectbox(key=f"set-reference-{turn.id}").set_value("B").run()
    page.button(key=f"set-add-{turn.id}").click().run()
    assert not page.exception
    [known] = madlen.store.prompt_sets()
    assert (known.name, [(prompt.text, prompt.reference) for prompt in known.prompts]) == (
        "Ways",
        [("Which way?", "Left.")],
    )
    page.selectbox(key=f"set-of-{turn.id}").set_value(known.id).run()
    page.button(key=f"set-add-{turn.id}").click().run()
    assert len(madlen.store.prompt_set(known.id).prompts) == 2
