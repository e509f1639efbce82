from __future__ import annotations

import pytest

from madlen.types import Lane, Status
from tests.api.conftest import Api, OpenApi
from tests.parrot import DONE, Gate, Parrot
from tests.store.keeping import PICTURE


def a_session(api: Api, title: str = "Birds") -> str:
    made = api.post("/sessions/", json={"model_id": "parrot/polly", "title": title})
    session_id: str = made.json()["id"]
    return session_id


def chatted(api: Api, text: str = "Hello") -> str:
    made = api.madlen.chat.ask(text, [Lane("parrot/polly")])
    list(made.generations[0].follow(every=0))
    return made.session_id


def test_a_session_is_created(api: Api) -> None:
    answer = api.post("/sessions/", json={"model_id": "parrot/polly", "title": "Birds"})
    assert answer.status_code == 201
    session = answer.json()
    assert (session["title"], session["model_id"], session["message_count"]) == ("Birds", "parrot/polly", 0)
    assert session["created_at"] == session["updated_at"]
    assert session["created_at"].endswith("+00:00")


def test_a_session_without_a_title_is_a_new_chat(api: Api) -> None:
    assert api.post("/sessions/", json={"model_id": "parrot/polly"}).json()["title"] == "New chat"


def test_sessions_are_listed_newest_first(api: Api) -> None:
    ids = [a_session(api, title) for title in ("one", "two", "three")]
    assert [session["id"] for session in api.get("/sessions/").json()] == ids[::-1]


def test_sessions_are_listed_a_page_at_a_time(api: Api) -> None:
    ids = [a_session(api, title) for title in ("one", "two", "three")]
    assert [session["id"] for session in api.get("/sessions/?limit=1&offset=1").json()] == [ids[1]]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "offset=-1", "limit=x", "offset=99999999999999999999"]
)
def test_a_page_that_cannot_be_is_refused(api: Api, query: str) -> None:
    assert api.get(f"/sessions/?{query}").status_code == 422


def test_sessions_are_found_by_their_words(api: Api) -> None:
    a_session(api, "Birds")
    session_id = chatted(api, "What do parrots eat?")
    assert [session["id"] for session in api.get("/sessions/", params={"q": "parrots"}).json()] == [
        session_id
    ]


def test_a_session_comes_with_every_message_and_how_it_came_about(api: Api) -> None:
    session = api.get(f"/sessions/{chatted(api, 'Hello there')}").json()
    prompt, reply = session["messages"]
    assert (prompt["role"], prompt["content"], prompt["image_url"]) == ("user", "Hello there", None)
    assert (reply["role"], reply["content"]) == ("assistant", "Hello there")
    extra = reply["extra_metadata"]
    assert (extra["model"], extra["provider"], extra["status"]) == ("parrot/polly-real", "Cage", "complete")
    assert extra["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "total_tokens": 8,
        "cost": 0.0001,
    }
    assert extra["timing"].keys() == {"time_to_first_token", "duration"}
    assert len(extra["trace_id"]) == 32
    assert all(message["session_id"] == session["id"] for message in session["messages"])


def test_pictures_come_back_as_data_urls(api: Api) -> None:
    made = api.madlen.chat.ask("Look", [Lane("parrot/seer")], pictures=[PICTURE])
    list(made.generations[0].follow(every=0))
    [prompt, _] = api.get(f"/sessions/{made.session_id}").json()["messages"]
    assert prompt["image_url"] == "data:image/png;base64,iVBORw=="


def test_a_session_is_renamed(api: Api) -> None:
    session_id = a_session(api)
    answer = api.patch(f"/sessions/{session_id}", json={"title": "Parrots"})
    assert answer.json()["title"] == "Parrots"
    assert api.get(f"/sessions/{session_id}").json()["title"] == "Parrots"


def test_a_deleted_session_is_gone_with_its_messages(api: Api) -> None:
    session_id = chatted(api)
    answer = api.delete(f"/sessions/{session_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"/sessions/{session_id}").status_code == 404
    assert api.madlen.store.turns(session_id) == []


def test_deleting_a_session_stops_its_answer(open_api: OpenApi) -> None:
    gate = Gate()
    api = open_api(Parrot(["Hello", gate, DONE]))
    made = api.madlen.chat.ask("Hi", [Lane("parrot/polly")])
    assert gate.reached.wait(5)
    api.delete(f"/sessions/{made.session_id}")
    *_, last = made.generations[0].follow(every=0)
    assert last.ended is not None
    assert last.ended.status is Status.STOPPED


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_session_is_a_problem(api: Api, method: str) -> None:
    body = {"title": "x"} if method == "PATCH" else None
    answer = api.request(method, "/sessions/nothing", json=body)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:madlen:error:not-found"
    assert "no such chat" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"model_id": ""}, 422), ({"model_id": 7}, 422), ({"model_id": "parrot/dodo"}, 404)],
)
def test_a_session_needs_a_model_that_there_is(api: Api, body: dict[str, object], status: int) -> None:
    assert api.post("/sessions/", json=body).status_code == status
    assert api.get("/sessions/").json() == []


@pytest.mark.parametrize("title", ["", "   ", "x" * 1001])
def test_a_title_must_be_one(api: Api, title: str) -> None:
    session_id = a_session(api)
    assert api.patch(f"/sessions/{session_id}", json={"title": title}).status_code == 422
    assert api.get(f"/sessions/{session_id}").json()["title"] == "Birds"


def test_a_session_is_neither_pinned_nor_archived_at_first(api: Api) -> None:
    session = api.get(f"/sessions/{a_session(api)}").json()
    assert (session["pinned"], session["archived"]) == (False, False)


def test_a_session_is_pinned_archived_and_renamed_at_once(api: Api) -> None:
    session_id = a_session(api)
    changed = api.patch(f"/sessions/{session_id}", json={"title": "Tea", "pinned": True, "archived": True})
    session = changed.json()
    assert (session["title"], session["pinned"], session["archived"]) == ("Tea", True, True)
    session = api.patch(f"/sessions/{session_id}", json={"archived": False}).json()
    assert (session["title"], session["pinned"], session["archived"]) == ("Tea", True, False)


@pytest.mark.parametrize("body", [{}, {"pinned": None}, {"pinned": "perhaps"}, {"other": 1}])
def test_a_change_must_name_what_changes(api: Api, body: dict[str, object]) -> None:
    assert api.patch(f"/sessions/{a_session(api)}", json=body).status_code == 422


def test_sessions_are_listed_by_their_marks(api: Api) -> None:
    plain, pinned, archived = (a_session(api, title) for title in ("one", "two", "three"))
    api.patch(f"/sessions/{pinned}", json={"pinned": True})
    api.patch(f"/sessions/{archived}", json={"archived": True})

    def listed(query: str) -> list[str]:
        return [session["id"] for session in api.get(f"/sessions/?{query}").json()]

    assert listed("") == [pinned, plain]
    assert listed("pinned=true") == [pinned]
    assert listed("pinned=false") == [plain]
    assert listed("archived=true") == [archived]


def test_sessions_are_found_by_filters(api: Api) -> None:
    chatted(api, "Hello")
    made = api.madlen.chat.ask("Look", [Lane("parrot/seer")], pictures=[PICTURE])
    list(made.generations[0].follow(every=0))

    def listed(**query: str) -> list[str]:
        return [session["title"] for session in api.get("/sessions/", params=query).json()]

    assert listed(model="parrot/seer") == listed(has_image="true") == ["Look"]
    assert listed(has_error="true") == []
    assert listed(since="2020-01-01T00:00:00Z") == ["Look", "Hello"]
    assert listed(until="2020-01-01T00:00:00+02:00") == []
    assert listed(q="look", model="parrot/polly") == []


@pytest.mark.parametrize("query", ["since=yesterday", "since=2020-01-01T00:00:00", "archived=x", "pinned=x"])
def test_a_filter_that_cannot_be_is_refused(api: Api, query: str) -> None:
    assert api.get(f"/sessions/?{query}").status_code == 422


def test_what_is_found_comes_with_its_words_marked(api: Api) -> None:
    chatted(api, "What do parrots eat?")
    [session] = api.get("/sessions/", params={"q": "parr"}).json()
    assert session["found"]["pieces"][1] == {"text": "parrots", "hit": True}
    assert len(session["found"]["message_id"]) == 32
    [session] = api.get("/sessions/").json()
    assert "found" not in session


def test_a_discarded_session_is_not_found_and_cannot_be_deleted_again(api: Api) -> None:
    session_id = chatted(api)
    api.madlen.shelf.discard([session_id])
    assert api.get("/sessions/").json() == []
    assert {api.request(verb, f"/sessions/{session_id}").status_code for verb in ("GET", "DELETE")} == {404}
