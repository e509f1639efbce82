from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from madlen.judgements import Judgement
from tests.api.conftest import Api

LANES = [{"model": "parrot/polly"}, {"model": "parrot/seer"}, {"model": "parrot/dear"}]


def compared(api: Api, lanes: list[dict[str, Any]] = LANES) -> tuple[str, list[str]]:
    """The id of a new turn and the ids of its replies."""
    answer = api.post("/compare/", json={"lanes": lanes, "prompt": "Hello"}).json()
    return answer["turn_id"], [reply["message_id"] for reply in answer["replies"]]


def won(api: Api, winner: int, times: int = 1, **more: Any) -> None:
    """Votes for one of two models."""
    for _ in range(times):
        turn_id, replies = compared(api, LANES[:2])
        order = [[replies[winner]], [replies[1 - winner]]]
        assert api.put(f"/turns/{turn_id}/vote", json={"order": order, **more}).status_code == 200


def models(board: dict[str, Any]) -> list[str]:
    return [model["model_id"] for model in board["models"]]


def test_a_vote_is_kept_as_it_was_given(api: Api) -> None:
    turn_id, [a, b, c] = compared(api)
    wanted = {"order": [[b], [a, c]], "blind": True, "note": "Shorter.", "tags": ["greeting"]}
    answer = api.put(f"/turns/{turn_id}/vote", json=wanted).json()
    assert {name: answer[name] for name in (*wanted, "turn_id", "bad")} == {
        **wanted,
        "turn_id": turn_id,
        "bad": False,
    }
    [kept] = api.madlen.store.votes_of(answer["session_id"])
    assert (kept.order, kept.note) == (((b,), (a, c)), "Shorter.")


def test_a_changed_vote_counts_once(api: Api) -> None:
    turn_id, [a, b, _] = compared(api)
    api.put(f"/turns/{turn_id}/vote", json={"order": [[a], [b]]})
    api.put(f"/turns/{turn_id}/vote", json={"order": [[b], [a]]})
    board = api.get("/leaderboard/").json()
    assert (board["votes"], models(board)) == (1, ["parrot/seer", "parrot/polly"])


@pytest.mark.parametrize(
    ("order", "status"),
    [([], 422), ([[]], 422), ([["nothing"]], 404)],
)
def test_a_vote_that_names_no_answer_is_a_problem(api: Api, order: list[list[str]], status: int) -> None:
    turn_id, _ = compared(api)
    response = api.put(f"/turns/{turn_id}/vote", json={"order": order})
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


def test_a_vote_on_answers_to_another_prompt_is_a_problem(api: Api) -> None:
    turn_id, [a, *_] = compared(api)
    other_id, [b, *_] = compared(api)
    assert api.put(f"/turns/{turn_id}/vote", json={"order": [[a], [b]]}).status_code == 422
    assert api.put(f"/turns/{other_id}/vote", json={"order": [[a]]}).status_code == 404


def test_without_votes_the_leaderboard_is_empty(api: Api) -> None:
    assert api.get("/leaderboard/").json() == {"votes": 0, "length_points": None, "models": [], "matrix": []}


def test_the_leaderboard_says_who_won_and_how_certain_that_is(api: Api) -> None:
    won(api, 1, times=8)
    won(api, 0)
    board = api.get("/leaderboard/").json()
    first, second = board["models"]
    assert (board["votes"], models(board)) == (9, ["parrot/seer", "parrot/polly"])
    assert (first["wins"], first["losses"], first["ties"]) == (8, 1, 0)
    assert first["low"] <= first["score"] <= first["high"]
    assert first["score"] > 1000 > second["score"]
    assert {"model_id": "parrot/polly", "against": "parrot/seer", "wins": 1, "losses": 8, "ties": 0} in board[
        "matrix"
    ]


def test_the_leaderboard_counts_only_what_was_asked_for(api: Api) -> None:
    won(api, 0, tags=["code"])
    won(api, 1, blind=True)
    for query, counted in (
        ("", 2),
        ("?tag=code", 1),
        ("?tag=code&tag=prose", 1),
        ("?tag=prose", 0),
        ("?blind=true", 1),
        ("?since=2001-01-01", 2),
        ("?since=2999-01-01T00:00:00%2B03:00", 0),
    ):
        assert api.get(f"/leaderboard/{query}").json()["votes"] == counted, query


def test_the_length_of_answers_can_be_taken_out(api: Api) -> None:
    won(api, 0, times=3)
    board = api.get("/leaderboard/?length_controlled=true").json()
    assert board["votes"] == 3
    assert api.get("/leaderboard/").json()["length_points"] is None


def test_what_compares_and_votes_is_documented(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    assert {"/compare", "/turns/{turn_id}/vote", "/leaderboard"} <= paths.keys()
    asked = {parameter["name"] for parameter in paths["/leaderboard"]["get"]["parameters"]}
    assert asked == {"since", "until", "tag", "blind", "images", "judged", "length_controlled"}


def test_the_leaderboard_counts_judges_only_where_that_is_asked_for(api: Api) -> None:
    won(api, 0)
    [session] = api.madlen.store.sessions()
    [turn] = api.madlen.store.turns(session.id)
    first, second = (reply.id for reply in turn.replies)
    said = Judgement("parrot/dear", turn.id, session.id, (second, first), datetime.now(UTC), "first")
    api.madlen.store.keep_judgement(said)
    assert api.get("/leaderboard").json()["votes"] == 1
    board = api.get("/leaderboard?judged=true").json()
    assert {model["model_id"]: model["wins"] for model in board["models"]} == {
        "parrot/polly": 1,
        "parrot/seer": 1,
    }


@pytest.mark.parametrize(
    "filters", ["until=2020-01-01T00:00:00", "images=true", "since=2100-01-01T00:00:00Z"]
)
def test_the_leaderboard_leaves_out_what_a_filter_does(api: Api, filters: str) -> None:
    won(api, 0)
    assert api.get(f"/leaderboard?{filters}").json()["votes"] == 0
