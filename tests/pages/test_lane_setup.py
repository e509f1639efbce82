"""Lanes as they are set up on the compare page: kept by name, foreseen, mended."""

from __future__ import annotations

from madlen.errors import UpstreamError
from madlen.services.wiring import Services
from madlen.types import Lane, Parameters, Session
from tests.pages.opening import Current, looked_at, texts
from tests.pages.test_compare_page import button, compared, opened
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot

THREE = [Lane(POLLY.id, "A"), Lane(SEER.id, "B", Parameters(seed=7), "Be brief."), Lane(SEER.id, "C")]


def broken(madlen: Services, *lanes: Lane) -> Session:
    """A comparison whose first lane failed."""
    return compared(madlen, *(lanes or THREE))


def test_lanes_are_kept_under_a_name_and_taken_up_again(current: Current) -> None:
    madlen = current()
    madlen.chat.keep_lane_set("Three", THREE)
    page = looked_at(opened(), "lanes-new-sets")
    button(page, "Three · 3 lanes")
    assert not page.exception
    assert page.session_state["lanes-new"] == tuple(THREE)
    chosen = [page.selectbox(key=f"lanes-new-1-{name}-model").value for name in "ABC"]
    assert chosen == [POLLY.id, SEER.id, SEER.id]
    looked_at(page, "lanes-new-1-B-settings")
    assert page.number_input(key="lanes-new-1-B-seed").value == 7
    assert page.text_area(key="lanes-new-1-B-system").value == "Be brief."


def test_a_set_is_saved_as_the_lanes_stand(current: Current) -> None:
    madlen = current()
    page = opened(models=f"{DEAR.id},{POLLY.id}")
    looked_at(page, "lanes-new-B-settings").number_input(key="lanes-new-B-temperature").set_value(0.5).run()
    looked_at(page, "lanes-new-sets")
    page.text_input(key="lanes-new-sets-name").set_value("  Dear and   cheap ").run()
    button(page, "Save these lanes")
    [kept] = madlen.store.lane_sets()
    assert kept.name == "Dear and cheap"
    assert kept.lanes == (Lane(DEAR.id, "A"), Lane(POLLY.id, "B", Parameters(temperature=0.5)))
    assert page.text_input(key="lanes-new-sets-name").value == ""


def test_a_set_is_overwritten_and_deleted(current: Current) -> None:
    madlen = current()
    madlen.chat.keep_lane_set("Three", THREE)
    page = looked_at(opened(), "lanes-new-sets")
    button(page, "Overwrite")
    assert [len(one.lanes) for one in madlen.store.lane_sets()] == [2]
    button(page, "Delete")
    assert madlen.store.lane_sets() == []
    assert "Keep these lanes under a name" in texts(page)


def test_a_set_without_a_name_is_a_sentence(current: Current) -> None:
    madlen = current()
    page = looked_at(opened(), "lanes-new-sets")
    button(page, "Save these lanes")
    assert "needs a name" in page.toast[0].value
    assert madlen.store.lane_sets() == []


def test_each_lane_says_before_enter_what_it_will_take(current: Current) -> None:
    current()
    page = opened(models=f"{DEAR.id},{SEER.id}", q="x" * 400)
    said = page.main.caption.values
    assert "about 104 tokens · $0.0006 to $0.0021 · words only" in [line.replace("\\", "") for line in said]
    assert any(
        "about 104 of 1,000 tokens" in line and "sees images" in line and "free" in line for line in said
    )


def test_the_price_goes_by_how_long_the_models_answers_were(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    compared(madlen, Lane(DEAR.id, "A"), Lane(POLLY.id, "B"))
    page = opened(models=f"{DEAR.id},{SEER.id}")
    assert "$0.000008 to $0.000024" in texts(page).replace("\\", "")


def test_what_will_not_go_as_wanted_is_said_in_the_lane(current: Current) -> None:
    current()
    page = opened(q="y" * 5000)
    warnings = [line for line in page.main.caption.values if "material/warning" in line]
    assert len(warnings) == 2
    assert "do not fit into the 1,000 of Polly" in warnings[0]


def test_with_the_lanes_folded_away_the_problem_names_its_lane(current: Current) -> None:
    madlen = current(Parrot(["long " * 1000, DONE]))
    page = opened(session=compared(madlen, *THREE).id)
    assert any(line.startswith(":material/warning: **B** · ") for line in page.main.caption.values)


def test_a_failed_lane_is_swapped_for_this_prompt_and_the_next(current: Current) -> None:
    parrot = Parrot([UpstreamError("Down.")], ["Left.", DONE])
    madlen = current(parrot)
    session = broken(madlen)
    [turn] = madlen.store.turns(session.id)
    [bad] = [reply for reply in turn.replies if reply.failure]
    page = opened(session=session.id)
    page.selectbox(key=f"swap-model-{bad.id}").set_value(DEAR.id).run()
    button(page, "Ask it instead")
    assert not page.exception
    assert not page.error
    again = madlen.store.turns(session.id)[0].replies[-1]
    assert (again.model_id, again.lane, again.text, again.system) == (DEAR.id, bad.lane, "Left.", bad.system)
    swapped = {lane.name: lane for lane in madlen.store.session(session.id).lanes}
    assert swapped[bad.lane].model_id == DEAR.id
    page.chat_input[0].set_value("And now?").run()
    asked = {reply.lane: reply.model_id for reply in madlen.store.turns(session.id)[-1].replies}
    assert asked[bad.lane] == DEAR.id


def test_a_dropped_lane_is_gone_with_its_failure(current: Current) -> None:
    madlen = current(Parrot([UpstreamError("Down.")], ["Left.", DONE]))
    session = broken(madlen)
    [bad] = [reply for reply in madlen.store.turns(session.id)[0].replies if reply.failure]
    page = opened(session=session.id)
    button(page, "Drop")
    assert not page.exception
    assert not page.error
    assert f"Failed and dropped: {bad.lane}" in texts(page)
    names = [lane.name for lane in madlen.store.session(session.id).lanes]
    assert names == [name for name in "ABC" if name != bad.lane]
    page.chat_input[0].set_value("And now?").run()
    assert [reply.lane for reply in madlen.store.turns(session.id)[-1].replies] == names


def test_of_two_lanes_none_can_be_dropped(current: Current) -> None:
    madlen = current(Parrot([UpstreamError("Down.")], ["Left.", DONE]))
    page = opened(session=broken(madlen, *THREE[:2]).id)
    [drop] = [one for one in page.main.button if one.label == "Drop"]
    assert drop.disabled
