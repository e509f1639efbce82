"""Asking in tests: a question to the parrot, and what becomes of the answer."""

from __future__ import annotations

import time

from madlen.generation import Generation
from madlen.services.wiring import Services
from madlen.transcript import Update
from madlen.types import Lane, Reply, Turn

POLLY = Lane("parrot/polly")


def ask(madlen: Services, text: str = "Hi") -> Generation:
    return madlen.chat.ask(text, [POLLY]).generations[0]


def ended(generation: Generation) -> Reply:
    *_, last = generation.follow(every=0)
    assert last.ended is not None
    return last.ended


def talked(madlen: Services, *prompts: str, lane: Lane = POLLY) -> list[Turn]:
    """A chat in which each prompt was answered."""
    session_id = ""
    for prompt in prompts:
        made = madlen.chat.ask(prompt, [lane], session_id=session_id)
        ended(made.generations[0])
        session_id = made.session_id
    return madlen.store.turns(session_id)


def told(updates: list[Update]) -> str:
    return "".join(update.text for update in updates)


def stored_text(madlen: Services, reply_id: str, expected: str) -> str:
    """The stored text, once it is what is expected or five seconds have passed."""
    until = time.monotonic() + 5
    while (text := madlen.store.reply(reply_id).text) != expected and time.monotonic() < until:
        time.sleep(0.01)
    return text
