"""A chat that nothing is stored of, as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from madlen import beginnings, temporary
from madlen.errors import Unacceptable
from madlen.types import Lane, Parameters, Status, Turn

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LANE = Lane("parrot/polly", parameters=Parameters(seed=7), system="Be brief.")
PROMPT = Turn("t1", "", "A secret\nof mine", NOW)
REPLY = beginnings.reply(Lane("parrot/polly"), session_id="", turn_id="", now=NOW)


def test_a_reply_belongs_to_its_turn_and_knows_how_it_was_asked() -> None:
    [reply] = temporary.turn(PROMPT, REPLY, LANE).replies
    assert (reply.turn_id, reply.system, reply.parameters) == ("t1", "Be brief.", Parameters(seed=7))


def test_one_more_reply_stands_behind_the_others() -> None:
    turn = temporary.turn(temporary.turn(PROMPT, REPLY, LANE), replace(REPLY, id="r2"), LANE)
    assert [one.id for one in turn.replies] == [REPLY.id, "r2"]


def test_what_is_kept_is_a_session_that_goes_on_as_it_was_asked() -> None:
    turn = temporary.turn(PROMPT, replace(REPLY, status=Status.COMPLETE, text="Hush."), LANE)
    session, [kept] = temporary.as_chat([turn], LANE, NOW)
    assert (session.title, session.model_id) == ("A secret", "parrot/polly")
    assert (session.system, session.parameters) == ("Be brief.", Parameters(seed=7))
    assert (kept.session_id, kept.replies[0].session_id) == (session.id, session.id)
    assert kept.replies[0].text == "Hush."


def test_nothing_cannot_be_kept() -> None:
    with pytest.raises(Unacceptable, match="nothing to keep"):
        temporary.as_chat([], LANE, NOW)


def test_an_answer_in_flight_is_waited_for() -> None:
    with pytest.raises(Unacceptable, match="still being written"):
        temporary.as_chat([temporary.turn(PROMPT, REPLY, LANE)], LANE, NOW)
