from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.chat import PROMPT_CHARACTERS
from madlen.conversation import GO_ON
from madlen.errors import ModelGone, NotFound, TooLarge, Unacceptable, Unsupported, UpstreamError
from madlen.images import PER_REQUEST
from madlen.services.wiring import Services
from madlen.types import Lane, Message, Parameters, Picture, Reasoning, Status
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.parrot import POLLY as POLLY_MODEL
from tests.store.keeping import PICTURE

POLLY, SEER = Lane("parrot/polly"), Lane("parrot/seer")


def asked(madlen: Services, text: str, *lanes: Lane, session_id: str = "") -> str:
    """Asks, waits for the answers and gives the session's id."""
    made = madlen.chat.ask(text, lanes or [POLLY], session_id=session_id)
    for generation in made.generations:
        list(generation.follow(every=0))
    return made.session_id


def sent(parrot: Parrot, request: int = -1) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in parrot.requests[request].messages]


def test_the_prompt_is_stored_before_the_model_hears_of_it(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    parrot.preparing = Gate()
    madlen = start_madlen(parrot)
    made = madlen.chat.ask("Hi", [POLLY])
    [turn] = madlen.store.turns(made.session_id)
    assert parrot.requests == []
    assert (turn.text, turn.replies[0].status) == ("Hi", Status.STREAMING)
    parrot.preparing.open()


def test_a_first_prompt_begins_a_session_titled_after_it(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = madlen.store.session(asked(madlen, "\n  What is   a rainbow?\nPlease be brief."))
    assert (session.title, session.model_id) == ("What is a rainbow?", "parrot/polly")


def test_a_long_first_line_is_cut_at_a_word_for_the_title(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    title = madlen.store.session(asked(madlen, "word " * 40)).title
    assert title == "word " * 15 + "word…"


def test_a_model_sees_the_conversation_so_far(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["One.", DONE], ["Two.", DONE])
    madlen = start_madlen(parrot)
    session_id = asked(madlen, "First?")
    asked(madlen, "Second?", session_id=session_id)
    assert sent(parrot) == [("user", "First?"), ("assistant", "One."), ("user", "Second?")]


def test_a_model_that_takes_over_sees_what_the_other_said(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["One.", DONE], ["Two.", DONE])
    madlen = start_madlen(parrot)
    session_id = asked(madlen, "First?", POLLY)
    asked(madlen, "Second?", SEER, session_id=session_id)
    assert parrot.requests[-1].model_id == "parrot/seer"
    assert sent(parrot)[1] == ("assistant", "One.")


def test_prompts_without_an_answer_between_them_are_sent_as_one(start_madlen: StartMadlen) -> None:
    parrot = Parrot([UpstreamError("Down.")], ["Two.", DONE])
    madlen = start_madlen(parrot)
    session_id = asked(madlen, "First?")
    asked(madlen, "Second?", session_id=session_id)
    assert sent(parrot) == [("user", "First?\n\nSecond?")]


def test_a_system_prompt_goes_before_everything(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    asked(start_madlen(parrot), "Hi", Lane("parrot/polly", system="Be brief."))
    assert sent(parrot)[0] == ("system", "Be brief.")


def test_parameters_reach_the_model_and_stay_with_the_reply(start_madlen: StartMadlen) -> None:
    parrot, parameters = Parrot(), Parameters(temperature=0.2, max_tokens=9)
    madlen = start_madlen(parrot)
    session_id = asked(madlen, "Hi", Lane("parrot/polly", parameters=parameters))
    assert parrot.requests[0].parameters == parameters
    assert madlen.store.turns(session_id)[0].replies[0].parameters == parameters


def test_several_lanes_answer_one_prompt_and_one_failure_does_not_silence_the_others(
    start_madlen: StartMadlen,
) -> None:
    parrot = Parrot(["A.", DONE], [UpstreamError("Down.")], ["C.", DONE])
    madlen = start_madlen(parrot)
    lanes = [Lane("parrot/polly", name) for name in ("a", "b", "c")]
    [turn] = madlen.store.turns(asked(madlen, "Hi", *lanes))
    assert sorted(reply.status for reply in turn.replies) == ["complete", "complete", "failed"]
    assert {reply.lane for reply in turn.replies} == {"a", "b", "c"}


def test_regenerating_adds_a_reply_and_keeps_the_old_one(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["One.", DONE], ["Two.", DONE])
    madlen = start_madlen(parrot)
    session_id = asked(madlen, "First?")
    [turn] = madlen.store.turns(session_id)
    made = madlen.chat.regenerate(session_id, turn.id, POLLY)
    list(made.generations[0].follow(every=0))
    [turn] = madlen.store.turns(session_id)
    assert [reply.text for reply in turn.replies] == ["One.", "Two."]
    assert sent(parrot) == [("user", "First?")]


def test_regenerating_a_turn_that_has_gone_is_a_sentence(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session_id = asked(madlen, "Hi")
    with pytest.raises(Unacceptable, match="not in the chat any more"):
        madlen.chat.regenerate(session_id, "nothing", POLLY)


def test_an_answer_that_was_cut_off_goes_on_as_a_reply_that_begins_with_its_words(
    start_madlen: StartMadlen,
) -> None:
    parrot = Parrot([Reasoning("Hm."), "Once upon "], ["a time.", DONE])
    madlen = start_madlen(parrot)
    session_id = asked(madlen, "A story")
    [turn] = madlen.store.turns(session_id)
    [generation] = madlen.chat.resume(turn.replies[0].id).generations
    followed = "".join(update.text for update in generation.follow(every=0))
    [turn] = madlen.store.turns(session_id)
    cut, whole = turn.replies
    assert (cut.status, cut.text) == (Status.INTERRUPTED, "Once upon ")
    assert (whole.status, whole.text, whole.reasoning) == (Status.COMPLETE, "Once upon a time.", "Hm.")
    assert whole.text == followed
    assert whole.notes == ("Continued from an answer that was cut off.",)
    assert sent(parrot) == [("user", "A story"), ("assistant", "Once upon "), ("user", GO_ON)]


def test_an_answer_of_which_no_word_came_is_asked_for_again(start_madlen: StartMadlen) -> None:
    parrot = Parrot([UpstreamError("Down.")], ["Whole.", DONE])
    madlen = start_madlen(parrot)
    [turn] = madlen.store.turns(asked(madlen, "Hi"))
    list(madlen.chat.resume(turn.replies[0].id, system="Be brief.").generations[0].follow(every=0))
    assert sent(parrot) == [("system", "Be brief."), ("user", "Hi")]


def test_what_was_never_asked_cannot_go_on(start_madlen: StartMadlen) -> None:
    with pytest.raises(NotFound):
        start_madlen().chat.resume("nothing")


def test_deleting_a_session_stops_its_answer(start_madlen: StartMadlen) -> None:
    gate, parrot = Gate(), Parrot()
    parrot.scripts = [["Hello", gate, DONE]]
    madlen = start_madlen(parrot)
    made = madlen.chat.ask("Hi", [POLLY])
    assert gate.reached.wait(5)
    madlen.chat.delete_session(made.session_id)
    *_, last = made.generations[0].follow(every=0)
    assert last.ended is not None
    assert last.ended.status is Status.STOPPED
    assert madlen.store.sessions() == []


@pytest.mark.parametrize(
    ("text", "lane", "pictures", "error", "sentence"),
    [
        ("  \n", POLLY, (), Unacceptable, "message is empty"),
        ("x" * (PROMPT_CHARACTERS + 1), POLLY, (), TooLarge, "at most 400,000"),
        ("Hi", Lane("parrot/dodo"), (), ModelGone, "no model 'parrot/dodo'"),
        ("Hi", POLLY, (PICTURE,), Unsupported, "Polly cannot see images"),
        ("Hi", SEER, (PICTURE,) * (PER_REQUEST + 1), TooLarge, "at most 20"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence_and_stores_nothing(
    start_madlen: StartMadlen,
    text: str,
    lane: Lane,
    pictures: tuple[Picture, ...],
    error: type[Exception],
    sentence: str,
) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    with pytest.raises(error, match=sentence):
        madlen.chat.ask(text, [lane], pictures=pictures)
    assert madlen.store.sessions() == []
    assert parrot.requests == []


def test_asking_in_a_session_that_has_gone_is_not_found(start_madlen: StartMadlen) -> None:
    with pytest.raises(NotFound):
        asked(start_madlen(), "Hi", session_id="nothing")


def test_a_picture_without_words_is_a_prompt(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["A cat.", DONE])
    madlen = start_madlen(parrot)
    made = madlen.chat.ask("", [SEER], pictures=[PICTURE])
    list(made.generations[0].follow(every=0))
    assert parrot.requests[0].messages[0].pictures == (PICTURE,)
    assert madlen.store.session(made.session_id).title == "Image"


@pytest.mark.parametrize("messages", [[], [Message("system", "Be brief.")]])
def test_there_must_be_something_to_answer(start_madlen: StartMadlen, messages: list[Message]) -> None:
    with pytest.raises(Unacceptable, match="nothing to answer"):
        start_madlen().chat.answer("parrot/polly", messages, Parameters())


def test_a_session_begins_empty_with_the_model_it_was_given(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session = madlen.chat.create_session("parrot/polly")
    assert (session.title, session.message_count) == ("New chat", 0)
    assert madlen.store.session(session.id) == session


@pytest.mark.parametrize("title", ["", " \n "])
def test_a_title_needs_a_character(start_madlen: StartMadlen, title: str) -> None:
    madlen = start_madlen()
    session = madlen.chat.create_session("parrot/polly", "Old")
    with pytest.raises(Unacceptable):
        madlen.chat.rename_session(session.id, title)
    assert madlen.store.session(session.id).title == "Old"


def test_ids_cannot_be_guessed(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    ids = {madlen.chat.create_session("parrot/polly").id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(bytes.fromhex(one)) == 16 for one in ids)


def test_earlier_pictures_are_left_out_for_a_model_that_cannot_see_and_the_reader_is_told(
    start_madlen: StartMadlen,
) -> None:
    parrot = Parrot(["A cat.", DONE], ["Yes.", DONE])
    madlen = start_madlen(parrot)
    made = madlen.chat.ask("What is this?", [SEER], pictures=[PICTURE])
    list(made.generations[0].follow(every=0))
    asked(madlen, "Is it big?", POLLY, session_id=made.session_id)
    assert [message.pictures for message in parrot.requests[-1].messages] == [(), (), ()]
    reply = madlen.store.turns(made.session_id)[1].replies[0]
    assert reply.notes == ("1 earlier image was left out: this model cannot see.",)


def test_a_request_says_which_parameters_its_model_takes(start_madlen: StartMadlen) -> None:
    parrot = Parrot(models=[replace(POLLY_MODEL, supported_parameters=frozenset({"seed"}))])
    madlen = start_madlen(parrot)
    asked(madlen, "Hi")
    assert parrot.requests[0].supported_parameters == frozenset({"seed"})


def test_a_model_that_lists_no_parameter_may_take_any(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    asked(start_madlen(parrot), "Hi")
    assert parrot.requests[0].supported_parameters is None


def test_a_model_gets_its_own_thinking_back_and_no_others(start_madlen: StartMadlen) -> None:
    details = ({"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "index": 0},)
    parrot = Parrot(["One.", replace(DONE, reasoning_details=details)], ["Two.", DONE])
    madlen = start_madlen(parrot)
    session_id = asked(madlen, "First?", POLLY)
    asked(madlen, "Second?", POLLY, session_id=session_id)
    assert parrot.requests[-1].messages[1].reasoning_details == details
    asked(madlen, "Third?", SEER, session_id=session_id)
    assert [message.reasoning_details for message in parrot.requests[-1].messages] == [()] * 5
