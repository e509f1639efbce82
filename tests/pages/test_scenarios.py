"""Everything that OpenRouter was seen to do, as a person sees it on the chat page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ChatMessage, Markdown

from madlen import services
from madlen.providers import retries
from madlen.types import Lane, Reply
from madlen.ui import text
from tests.behaviours import named
from tests.pages.opening import opened
from tests.playing import CHATS, KINDS, REASONS, SECRET, SENTENCES, TEXTS, Stage, staged
from tests.pretend_openrouter import CHAT_MODEL, Answer, Asked, Scenario
from tests.pretend_openrouter.chat import told
from tests.pretend_openrouter.payloads import refusal
from tests.waiting import step_done

ENDINGS = {kind: name for name, kind in reversed(KINDS.items())}
"""One scenario of each kind of failure."""
ROUTER = "openrouter/free"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with (
        staged(tmp_path_factory.mktemp("stage")) as ready,
        services.using(ready.madlen),
    ):
        yield ready


@pytest.fixture(autouse=True)
def no_other_chats(stage: Stage) -> Iterator[None]:
    """The chats of other tests would make every page longer."""
    yield
    for session in stage.madlen.store.sessions():
        stage.madlen.chat.delete_session(session.id)


def asked(stage: Stage, scenario: str | Scenario) -> AppTest:
    """A page on which somebody asked and watched the answer come."""
    stage.play(scenario)
    page = opened()
    page.chat_input[0].set_value("Hello").run()
    assert not page.exception
    return page


def shown(stage: Stage, scenario: str | Scenario) -> AppTest:
    """A page opened on a chat that was answered before."""
    stage.play(scenario)
    page = opened(session=stage.reply(ROUTER).session_id)
    assert not page.exception
    return page


def card(page: AppTest) -> ChatMessage:
    """The one answer on a page."""
    prompt, answer = page.chat_message
    assert (prompt.name, prompt.markdown[0].value.strip()) == ("user", "Hello")
    return answer


def kept(stage: Stage) -> Reply:
    """The same answer as it is stored."""
    [session] = stage.madlen.store.sessions()
    [turn] = stage.madlen.store.turns(session.id)
    return turn.replies[-1]


def sentences(answer: ChatMessage) -> list[str]:
    return [str(one.value) for one in (*answer.error, *answer.warning)]


def captions(answer: ChatMessage) -> str:
    heads = (str(head.value) for head in answer.markdown if is_heading(head))
    return "\n".join([*heads, *(str(caption.value) for caption in answer.caption)])


def words(answer: ChatMessage) -> str:
    return "\n".join(str(markdown.value) for markdown in answer.markdown if not is_heading(markdown))


def is_heading(markdown: Markdown) -> bool:
    return str(markdown.value).startswith(":small[**")


def offered(answer: ChatMessage) -> list[str]:
    """What is offered in words; the icons under every answer have none."""
    return [button.label for button in answer.button if button.label]


def check_failure(answer: ChatMessage, name: str, reply: Reply) -> None:
    """The sentence is there, the words so far as well, and what one can do."""
    kind = KINDS[name]
    assert reply.failure is not None
    assert sentences(answer) == [text.label(reply.failure.sentence)]
    assert re.search(SENTENCES[kind], reply.failure.sentence)
    assert REASONS.get(name, "") in reply.failure.sentence
    assert bool(answer.warning) is (kind == "interrupted")
    assert ("cut off" if kind == "interrupted" else "failed") in captions(answer)
    again = [label for label in offered(answer) if label.startswith("Try again")]
    assert len(again) == (0 if kind == "rate-limited-daily" else 1)
    hopeless = {"rate-limited", "rate-limited-minute", "rate-limited-daily", "out-of-credit"}
    assert ("Continue" in offered(answer)) is (bool(reply.text) and kind not in hopeless)
    [*swaps] = [label for label in offered(answer) if label.endswith(" instead")]
    assert len(swaps) == (0 if kind == "interrupted" else 1)


@pytest.mark.parametrize("name", CHATS, ids=named)
def test_an_answer_is_shown_as_what_it_is(stage: Stage, name: str) -> None:
    answer = card(shown(stage, name))
    reply = kept(stage)
    expected = reply.text if name in {"echo", "reset"} else TEXTS.get(name, "")
    assert expected in words(answer)
    if name in KINDS:
        check_failure(answer, name, reply)
    else:
        assert sentences(answer) == []
        whole = bool(expected or reply.pictures) and reply.finish_reason not in {"length", "content_filter"}
        assert bool(offered(answer)) is not whole
    assert SECRET not in repr(answer)


@pytest.mark.parametrize(
    "name", [*ENDINGS.values(), "error_after_text", "reasoning", "empty", "image", "ordinary"]
)
def test_an_answer_is_shown_the_same_as_it_comes_and_when_its_chat_is_opened_again(
    stage: Stage, name: str
) -> None:
    before = card(asked(stage, name))
    [session] = stage.madlen.store.sessions()
    after = card(opened(session=session.id))
    assert (words(after), sentences(after)) == (words(before), sentences(before))
    # What a broken answer cost is asked for afterwards, and with its tokens and pace it may be known by now.
    told, first = captions(after).split(" · "), captions(before).split(" · ")
    assert [part for part in told if part in first] == first


@pytest.mark.parametrize("name", ["empty", "content_null", "tool_calls"])
def test_an_answer_without_words_is_said_to_be_empty_and_can_be_asked_for_again(
    stage: Stage, name: str
) -> None:
    answer = card(shown(stage, name))
    assert "The model sent an empty answer." in captions(answer)
    assert offered(answer) == ["Try again"]


@pytest.mark.parametrize(
    ("name", "sentence"), [("finish_length", "token limit"), ("finish_content_filter", "filter")]
)
def test_an_answer_that_was_ended_before_it_was_whole_is_said_to_be(
    stage: Stage, name: str, sentence: str
) -> None:
    answer = card(shown(stage, name))
    assert words(answer) == "Hello"
    assert sentence in captions(answer)


def test_thinking_is_folded_away_above_the_answer(stage: Stage) -> None:
    answer = card(shown(stage, "reasoning"))
    [thinking] = answer.expander
    assert thinking.markdown[0].value == "One flat shape."
    assert words(answer).endswith("A red square.")


def test_a_picture_that_a_model_made_is_shown(stage: Stage) -> None:
    answer = card(shown(stage, "image"))
    assert len(answer.get("image")) == 1
    assert "empty" not in captions(answer)


def drawn_badly(request: Asked) -> Answer:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    message = {"content": "Here: ", "images": [image]}
    return told(request, message, message=message)


def test_a_picture_that_is_none_is_noted(stage: Stage) -> None:
    answer = card(shown(stage, Scenario("a picture that is none", (drawn_badly,))))
    assert "An image was left out" in captions(answer)
    assert "Here:" in words(answer)


def test_who_really_answered_and_what_it_cost_stand_with_the_answer(stage: Stage) -> None:
    facts = captions(card(shown(stage, "ordinary"))).replace("\\", "")
    assert "google/gemma-4-31b-it:free-20260402 · Google AI Studio" in facts
    assert "9 tokens in, 4 out · $0.000071" in facts


@pytest.mark.parametrize("name", ["usage_nowhere", "usage_without_cost"])
def test_a_cost_that_is_not_known_is_not_shown_as_nothing(stage: Stage, name: str) -> None:
    assert "$" not in captions(card(shown(stage, name)))


def test_credit_for_fewer_tokens_is_offered_and_is_enough(stage: Stage) -> None:
    page = asked(stage, "can_only_afford")
    [fewer] = [button for button in card(page).button if button.label == "Ask for at most 3,395 tokens"]
    fewer.click().run()
    assert words(card(page)) == "Hello there"


@pytest.mark.parametrize("status", [402, 429, 503])
def test_a_wait_that_was_named_is_counted_down(stage: Stage, status: int) -> None:
    busy = Scenario("busy", (refusal(status, "Busy", headers={"Retry-After": "60"}),))
    again = card(shown(stage, busy)).button[0]
    assert re.fullmatch("Try again in [56][0-9] s", again.label)
    assert again.disabled


def test_a_minute_that_ends_at_a_known_time_is_counted_down(stage: Stage) -> None:
    reset = {"X-RateLimit-Reset": str(round((datetime.now(UTC).timestamp() + 50) * 1000))}
    full = refusal(429, "Rate limit exceeded: free-models-per-min. ", metadata={"headers": reset})
    again = card(shown(stage, Scenario("a full minute", (full,)))).button[0]
    assert re.fullmatch("Try again in [45][0-9] s", again.label)


@pytest.mark.parametrize("name", ["per_day", "per_day_high_balance", "per_day_body", "error_per_day"])
def test_a_day_that_is_used_up_says_when_the_next_one_begins(stage: Stage, name: str) -> None:
    answer = card(shown(stage, name))
    assert "New free requests come at" in captions(answer)
    assert [label for label in offered(answer) if not label.endswith(" instead")] == []


@pytest.mark.parametrize(
    ("name", "page"),
    [
        *((name, "privacy") for name, kind in KINDS.items() if kind == "data-policy"),
        ("unknown_user", "keys"),
        ("key_limit", "keys"),
        ("budget", "keys"),
        ("out_of_credit", "credits"),
    ],
)
def test_the_settings_that_can_change_it_are_one_click_away(stage: Stage, name: str, page: str) -> None:
    [link] = card(shown(stage, name)).get("link_button")
    assert link.proto.url == f"https://openrouter.ai/settings/{page}"


def test_another_model_is_offered_with_the_prompt_kept(stage: Stage) -> None:
    page = shown(stage, "no_endpoints")
    page.toggle[0].set_value(False)
    page.selectbox[0].set_value(CHAT_MODEL).run()
    [swap] = [button for button in card(page).button if button.label.endswith(" instead")]
    stage.play("ordinary")
    swap.click().run()
    assert words(card(page)) == "Hello there"
    assert stage.questions[-1].body["model"] == CHAT_MODEL


def test_a_wait_before_the_next_try_is_told_while_it_lasts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    enqueue = ForwardMsgQueue.enqueue

    def recorded(queue: ForwardMsgQueue, message: ForwardMsg) -> Any:
        sent.append(str(message.delta.new_element.markdown.body))
        return enqueue(queue, message)

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", recorded)
    monkeypatch.setattr(retries, "pause", lambda *_: 1.0)
    answer = card(asked(stage, "rate_limited_then_good"))
    assert "The provider is not ready (rate limited); asking again in 1 s" in sent
    assert words(answer) == "Hello there"
    assert "not ready" not in captions(answer)


@pytest.mark.parametrize(("generation", "cost"), [("generation_late", True), ("generation_never", False)])
def test_a_stopped_answer_keeps_its_words_and_tells_its_cost_once_it_is_known(
    tmp_path_factory: pytest.TempPathFactory, generation: str, *, cost: bool
) -> None:
    folder = tmp_path_factory.mktemp("stopped")
    with staged(folder, "silent", generation) as stage, services.using(stage.madlen):
        made = stage.madlen.chat.ask("Hello", [Lane(CHAT_MODEL)])
        updates = made.generations[0].follow(every=0)
        assert any(update.text for update in updates)
        made.generations[0].stop()
        list(updates)
        assert stage.pretend.hung_up.wait(5)
        step_done(stage.madlen)
        for _ in range(4):
            stage.madlen.portal.call(stage.madlen.hub.settle)
        answer = card(opened(session=made.session_id))
    facts = captions(answer).replace("\\", "")
    assert words(answer) == "Hello"
    assert "stopped" in facts
    assert "Google AI Studio bills the whole answer even when it is stopped." in facts
    assert ("$0.000071" in facts) is cost
    assert "Try again" in offered(answer)
