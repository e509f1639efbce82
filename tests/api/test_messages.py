from __future__ import annotations

import pytest

from madlen.types import Lane
from tests.api.conftest import Api, OpenApi
from tests.api.test_chat import events
from tests.parrot import DONE, Gate, Parrot


def test_an_answer_can_be_followed_from_the_start_after_it_ended(api: Api) -> None:
    made = api.madlen.chat.ask("Hello there", [Lane("parrot/polly")])
    list(made.generations[0].follow(every=0))
    found = events(api.get(f"/messages/{made.generations[0].id}/stream").text)
    assert "".join(data["text"] for name, data in found if name == "delta") == "Hello there"
    assert (found[-1][0], found[-1][1]["content"]) == ("reply", "Hello there")


def test_following_goes_on_after_the_last_event_that_was_seen(api: Api) -> None:
    made = api.madlen.chat.ask("Hello there", [Lane("parrot/polly")])
    list(made.generations[0].follow(every=0))
    path = f"/messages/{made.generations[0].id}/stream"
    found = events(api.get(path, headers={"Last-Event-ID": "6-0"}).text)
    assert [data["text"] for name, data in found if name == "delta"] == ["there"]


def test_stopping_gives_the_message_as_it_stands(open_api: OpenApi) -> None:
    gate = Gate()
    api = open_api(Parrot(["Hello ", gate, "there", DONE]))
    made = api.madlen.chat.ask("Hi", [Lane("parrot/polly")])
    assert gate.reached.wait(5)
    message = api.post(f"/messages/{made.generations[0].id}/stop").json()
    assert (message["content"], message["extra_metadata"]["status"]) == ("Hello ", "stopped")


def test_stopping_what_has_ended_gives_it_as_it_is(api: Api) -> None:
    made = api.madlen.chat.ask("Hello", [Lane("parrot/polly")])
    list(made.generations[0].follow(every=0))
    message = api.post(f"/messages/{made.generations[0].id}/stop").json()
    assert message["extra_metadata"]["status"] == "complete"


@pytest.mark.parametrize(("method", "verb"), [("POST", "stop"), ("GET", "stream")])
def test_an_unknown_message_is_not_found(api: Api, method: str, verb: str) -> None:
    assert api.request(method, f"/messages/nothing/{verb}").status_code == 404


@pytest.mark.parametrize("last", ["9" * 5000 + "-0", "x-y", "-", "²-0"])
def test_an_event_id_that_is_none_begins_from_the_start(api: Api, last: str) -> None:
    made = api.madlen.chat.ask("Hello there", [Lane("parrot/polly")])
    list(made.generations[0].follow(every=0))
    path = f"/messages/{made.generations[0].id}/stream"
    found = events(api.get(path, headers={b"Last-Event-ID": last.encode()}).text)
    assert "".join(data["text"] for name, data in found if name == "delta") == "Hello there"
