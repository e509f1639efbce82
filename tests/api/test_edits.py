"""Changes of a conversation over REST: forks, deleted prompts, chosen and rated answers."""

from __future__ import annotations

from madlen.types import Lane, Turn
from tests.api.conftest import Api
from tests.asking import POLLY, ended
from tests.parrot import SEER


def talked(api: Api, *prompts: str) -> list[Turn]:
    """A chat in which each prompt was answered."""
    session_id = ""
    for prompt in prompts:
        made = api.madlen.chat.ask(prompt, [POLLY], session_id=session_id)
        ended(made.generations[0])
        session_id = made.session_id
    return api.madlen.store.turns(session_id)


def test_a_chat_is_forked_at_a_prompt_with_other_words(api: Api) -> None:
    one, two = talked(api, "One", "Two")
    answer = api.post(
        f"/sessions/{one.session_id}/fork", json={"turn_id": two.id, "content": "Zwei", "model": SEER.id}
    )
    assert answer.status_code == 201
    forked = answer.json()
    assert (forked["title"], forked["model_id"]) == ("One (edited)", SEER.id)
    prompt, reply = forked["messages"]
    assert (prompt["content"], reply["extra_metadata"]["model_id"]) == ("Zwei", SEER.id)
    list(api.madlen.hub.follow(reply["id"], every=0))
    said = [message["content"] for message in api.get(f"/sessions/{forked['id']}").json()["messages"]]
    assert said == ["One", "One", "Zwei", "Zwei"]


def test_a_fork_without_words_asks_the_same_again(api: Api) -> None:
    [one] = talked(api, "One")
    forked = api.post(f"/sessions/{one.session_id}/fork", json={"turn_id": one.id}).json()
    assert forked["messages"][0]["content"] == "One"
    list(api.madlen.hub.follow(forked["messages"][1]["id"], every=0))


def test_what_is_not_there_cannot_be_forked(api: Api) -> None:
    [one] = talked(api, "One")
    assert api.post("/sessions/nothing/fork", json={"turn_id": one.id}).status_code == 404
    assert api.post(f"/sessions/{one.session_id}/fork", json={"turn_id": "nothing"}).status_code == 404
    empty = {"turn_id": one.id, "content": " "}
    assert api.post(f"/sessions/{one.session_id}/fork", json=empty).status_code == 422


def test_a_prompt_is_deleted_with_its_answers(api: Api) -> None:
    one, two = talked(api, "One", "Two")
    address = f"/sessions/{one.session_id}/turns/{one.id}"
    assert api.delete(address).status_code == 204
    assert [turn.id for turn in api.madlen.store.turns(one.session_id)] == [two.id]
    assert api.delete(address).status_code == 404


def test_one_of_several_answers_is_chosen(api: Api) -> None:
    [one] = talked(api, "One")
    ended(api.madlen.chat.regenerate(one.session_id, one.id, Lane(SEER.id)).generations[0])
    first = one.replies[0].id
    assert api.put(f"/turns/{one.id}/chosen", json={"message_id": first}).status_code == 204
    assert api.madlen.store.remarks(one.session_id).chosen == {one.id: first}
    assert api.put(f"/turns/{one.id}/chosen", json={"message_id": one.id}).status_code == 404


def test_an_answer_is_rated_and_the_rating_taken_back(api: Api) -> None:
    [one] = talked(api, "One")
    address = f"/messages/{one.replies[0].id}/rating"
    assert api.put(address, json={"rating": "down"}).status_code == 204
    assert api.madlen.store.remarks(one.session_id).ratings == {one.replies[0].id: "down"}
    assert api.put(address, json={"rating": None}).status_code == 204
    assert api.madlen.store.remarks(one.session_id).ratings == {}
    assert api.put(address, json={"rating": "sideways"}).status_code == 422
    assert api.put("/messages/nothing/rating", json={"rating": "up"}).status_code == 404
