"""What a session or a file asked is asked once more."""

from __future__ import annotations

import io
import json
import time

import pytest

from madlen import archives
from madlen.errors import ModelGone, Unacceptable
from madlen.origins import Origin
from madlen.types import Lane, Status
from tests.conftest import StartMadlen
from tests.files.archiving import RED
from tests.parrot import DONE, SEER, Gate, Parrot
from tests.test_archives import DATA, LANES, asked, exported, settled, until


def test_a_file_is_asked_again_of_the_same_lanes(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    session = asked(madlen, "One", "Two", "Three")
    parrot.requests.clear()
    again = madlen.archives.rerun_file(exported(madlen, session.id))
    settled(madlen, again.id, 3)
    assert again.lanes == tuple(LANES)
    assert again.title == session.title
    assert [turn.text for turn in madlen.store.turns(again.id)] == ["One", "Two", "Three"]
    assert {(one.model_id, one.parameters) for one in parrot.requests} == {
        (lane.model_id, lane.parameters) for lane in LANES
    }
    # Each lane goes on with its own new answers.
    last = [one for one in parrot.requests if len(one.messages) >= 5]
    assert [message.text for message in last[0].messages if message.role == "assistant"] == ["One", "Two"]


def test_what_is_here_already_is_the_then(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Old.", DONE], ["Old.", DONE], ["New.", DONE]))
    session = asked(madlen, "Hi")
    again = madlen.archives.rerun_file(exported(madlen, session.id))
    settled(madlen, again.id, 1)
    assert madlen.store.origin(again.id) == Origin("rerun", session.id)
    assert len(madlen.store.sessions()) == 2
    [one] = madlen.archives.then_and_now(again.id)
    assert [(pair.then and pair.then.text, pair.now and pair.now.text) for pair in one.pairs] == [
        ("Old.", "New."),
        ("Old.", "New."),
    ]


def test_a_file_from_elsewhere_is_kept_to_be_the_then(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = asked(madlen, "Hi")
    file = exported(madlen, session.id)
    madlen.store.delete_session(session.id)
    again = madlen.archives.rerun_file(file)
    settled(madlen, again.id, 1)
    origin = madlen.store.origin(again.id)
    assert origin is not None
    assert origin.session_id not in {session.id, again.id}
    assert madlen.store.origin(origin.session_id) == Origin("import", session.id)
    assert len(madlen.archives.then_and_now(again.id)) == 1


def test_a_chat_is_asked_again_as_a_comparison_of_one_lane(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = asked(madlen, "Hi", lanes=[Lane("parrot/polly", system="Be kind.")])
    again = madlen.archives.rerun(session.id)
    settled(madlen, again.id, 1)
    assert again.lanes == (Lane("parrot/polly", "A", system="Be kind."),)
    [one] = madlen.archives.then_and_now(again.id)
    assert [pair.now is not None for pair in one.pairs] == [True]


def test_pictures_are_sent_again(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["A square.", DONE])
    madlen = start_madlen(parrot)
    made = madlen.chat.ask("Look", [Lane(SEER.id, "A")], pictures=[RED])
    list(made.generations[0].follow(every=0))
    settled(madlen, madlen.archives.rerun(made.session_id).id, 1)
    assert parrot.requests[-1].messages[-1].pictures == (RED,)


def test_a_session_that_is_gone_leaves_no_then(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = asked(madlen, "Hi")
    again = madlen.archives.rerun(session.id)
    madlen.store.delete_session(session.id)
    assert madlen.archives.then_and_now(again.id) == ()
    assert madlen.archives.then_and_now(asked(madlen, "Hello").id) == ()


def test_what_no_lane_can_answer_leaves_nothing_behind(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    with (DATA / "chatgpt-conversations.json").open("rb") as file:
        river, *_ = json.load(file)
    with pytest.raises(ModelGone):
        madlen.archives.rerun_file(io.BytesIO(json.dumps([river]).encode()))
    assert madlen.store.sessions() == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("open-webui-chats.json", "several chats"), ("models_sample.json", "no chats of Madlen")],
)
def test_only_a_file_of_one_chat_is_asked_again(start_madlen: StartMadlen, name: str, sentence: str) -> None:
    with (DATA / name).open("rb") as file, pytest.raises(Unacceptable, match=sentence):
        start_madlen().archives.rerun_file(file)


def test_a_chat_without_answers_is_not_asked_again(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = madlen.chat.create_session("parrot/polly")
    with pytest.raises(Unacceptable, match="Nothing was answered"):
        madlen.archives.rerun(session.id)


def test_so_many_prompts_are_not_asked_again(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "PROMPTS_AGAIN", 1)
    madlen = start_madlen()
    session = asked(madlen, "One", "Two")
    with pytest.raises(Unacceptable, match="There are 2 prompts"):
        madlen.archives.rerun(session.id)


def test_who_stops_all_lanes_is_asked_nothing_more(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(*[["Yes.", DONE]] * 4, ["Wait", gate, DONE]))
    session = asked(madlen, "One", "Two")
    again = madlen.archives.rerun(session.id)
    assert gate.reached.wait(5)
    madlen.hub.stop_session(again.id)
    settled(madlen, again.id, 1)
    until(lambda: not madlen.archives.is_asking(again.id))
    assert [one.now is None for one in madlen.archives.then_and_now(again.id)] == [False, True]


def test_a_session_that_is_deleted_is_asked_nothing_more(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(
        Parrot(*[["Yes.", DONE]] * 4, ["Wait", gate, DONE], ["Wait", gate, DONE], ["No", DONE])
    )
    again = madlen.archives.rerun(asked(madlen, "One", "Two").id)
    assert gate.reached.wait(5)
    madlen.store.delete_session(again.id)
    gate.open()
    until(lambda: not madlen.archives.is_asking(again.id))
    assert madlen.store.turns(again.id) == []


def test_the_end_of_the_process_does_not_wait_for_what_was_not_asked_yet(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(*[["Yes.", DONE]] * 4, ["Wait", gate, DONE]))
    again = madlen.archives.rerun(asked(madlen, "One", "Two").id)
    assert gate.reached.wait(5)
    began = time.monotonic()
    madlen.close()
    assert time.monotonic() - began < 5
    kept = start_madlen()
    [turn] = kept.store.turns(again.id)
    assert {reply.status for reply in turn.replies} == {Status.INTERRUPTED}
