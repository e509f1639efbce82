"""What every store knows of the models that people chose, and of how their chats ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from madlen.errors import NotFound
from madlen.store import Store
from madlen.types import Choices, Parameters
from tests.store.keeping import NOW, a_reply, a_session, a_turn, asked


def test_no_model_was_chosen_to_begin_with(store: Store) -> None:
    assert store.choices() == Choices()


def test_the_models_that_were_asked_last_come_first(store: Store) -> None:
    asked(store)
    later = replace(a_reply("r2", "t2"), model_id="parrot/seer", created_at=NOW + timedelta(seconds=1))
    store.begin(a_turn("t2"), [later], model_id="parrot/seer")
    assert store.choices().recent == ("parrot/seer", "parrot/polly")


def test_only_so_many_models_are_recent(store: Store) -> None:
    store.create_session(a_session())
    lanes = [replace(a_reply(f"r{n}"), model_id=f"parrot/{n}") for n in range(5)]
    store.begin(a_turn(), lanes, model_id="parrot/0")
    assert len(store.choices(recent=3).recent) == 3


def test_pinned_models_stay_in_the_order_in_which_they_were_pinned(store: Store) -> None:
    store.pin_model("b/second", NOW + timedelta(seconds=2))
    store.pin_model("z/first", NOW + timedelta(seconds=1))
    assert store.choices().pinned == ("z/first", "b/second")


def test_an_unpinned_model_is_still_a_recent_one(store: Store) -> None:
    asked(store)
    store.pin_model("parrot/polly", NOW)
    store.pin_model("parrot/polly", None)
    assert store.choices() == Choices((), ("parrot/polly",))


def test_recent_models_outlive_their_chats(store: Store) -> None:
    asked(store)
    store.delete_session("s1")
    assert store.choices().recent == ("parrot/polly",)


def test_a_session_keeps_how_it_asks(store: Store) -> None:
    how = Parameters(temperature=0.5, max_tokens=100, stop=("END",), reasoning_effort="low")
    store.create_session(a_session())
    store.configure("s1", system="Answer in verse.", parameters=how)
    assert store.session("s1") == replace(a_session(), system="Answer in verse.", parameters=how)


def test_a_session_may_begin_with_its_own_way_of_asking(store: Store) -> None:
    begun = replace(a_session(), system="Be brief.", parameters=Parameters(seed=7))
    store.begin(a_turn(), [a_reply()], model_id="parrot/polly", session=begun)
    kept = store.session("s1")
    assert (kept.system, kept.parameters) == ("Be brief.", Parameters(seed=7))


def test_configuring_an_unknown_session_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such chat"):
        store.configure("nobody", system="", parameters=Parameters())
