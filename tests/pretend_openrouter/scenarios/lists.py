"""Scenarios of the other endpoints: the model list, the key, generations."""

from __future__ import annotations

from tests.pretend_openrouter.account import EXHAUSTED, FREE_TIER
from tests.pretend_openrouter.answers import Answer, Asked, Json, Scenario, as_usual
from tests.pretend_openrouter.generations import not_found
from tests.pretend_openrouter.listings import EDGE, catalogue, envelope, listing, quirks
from tests.pretend_openrouter.payloads import refusal


def _bare(_: Asked) -> Answer:
    return Answer(body={"data": catalogue()["data"]})


def _with_unknown_keys(_: Asked) -> Answer:
    body = catalogue()
    entries = [
        {**entry, "vibe": {"score": 9}, "pricing": {**entry["pricing"], "karma": "1"}}
        for entry in body["data"]
    ]
    return Answer(body={**body, "data": entries, "generated_by": "edge", "beta": None})


def _with_quirks(_: Asked) -> Answer:
    entries: list[Json] = [*quirks(), *catalogue()["data"]]
    return Answer(body=envelope(entries))


def _stale(asked: Asked) -> Answer:
    answer = listing(asked)
    return Answer(body=answer.body, headers={**EDGE, "Age": "3900", "CF-Cache-Status": "STALE"})


def generation_after(misses: int) -> Scenario:
    """A generation that is not found this often before it is."""
    return Scenario(
        f"a generation is found at question {misses + 1}", (*[not_found] * misses, as_usual), "generation"
    )


MODELS_BARE = Scenario("a list with data only, as in January 2026", (_bare,), "models")
MODELS_UNKNOWN_KEYS = Scenario("a list with keys that nobody knows", (_with_unknown_keys,), "models")
MODELS_QUIRKS = Scenario("a list that begins with hostile entries", (_with_quirks,), "models")
MODELS_EMPTY = Scenario("a list without models", (Answer(body=envelope([])),), "models")
MODELS_DOWN_THEN_GOOD = Scenario(
    "the list fails once with 500, then it comes",
    (refusal(500, "Internal Server Error", user_id=None), as_usual),
    "models",
)
MODELS_DOWN = Scenario(
    "the list fails with 500", (refusal(500, "Internal Server Error", user_id=None),), "models"
)
MODELS_HTML = Scenario(
    "the list is a page of HTML", (Answer(502, "<html><body><h1>Bad gateway</h1></body></html>"),), "models"
)
MODELS_SILENT = Scenario(
    "the list does not come until released", (Answer(body=catalogue(), mute=True),), "models"
)
MODELS_STALE = Scenario("the list is an old copy from the edge", (_stale,), "models")
KEY_EXHAUSTED = Scenario(
    "the key has spent its limit and the day's free requests", (Answer(body={"data": EXHAUSTED}),), "key"
)
KEY_FREE_TIER = Scenario("the key's account never bought credit", (Answer(body={"data": FREE_TIER}),), "key")
KEY_UNKNOWN = Scenario("the key is unknown", (refusal(401, "User not found.", user_id=None),), "key")
CREDITS_FORBIDDEN = Scenario(
    "credits are for management keys only",
    (refusal(403, "Only management keys can perform this operation", user_id=None),),
    "credits",
)
GENERATION_LATE = generation_after(3)
GENERATION_NEVER = Scenario("no generation is ever found", (not_found,), "generation")
