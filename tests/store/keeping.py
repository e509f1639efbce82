"""Values that the tests of stores keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from madlen.store import Store
from madlen.types import Picture, Reply, Session, Status, Turn

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PICTURE = Picture(sha256="ab" * 32, media_type="image/png", content=b"\x89PNG")


def a_session(session_id: str = "s1", title: str = "Rainbows", minute: int = 0) -> Session:
    moment = NOW + timedelta(minutes=minute)
    return Session(session_id, title, "parrot/polly", moment, moment)


def a_turn(turn_id: str = "t1", session_id: str = "s1", text: str = "How many colours?") -> Turn:
    return Turn(turn_id, session_id, text, NOW)


def a_reply(reply_id: str = "r1", turn_id: str = "t1", session_id: str = "s1") -> Reply:
    return Reply(reply_id, session_id, turn_id, "parrot/polly", "chat", Status.STREAMING, NOW)


def asked(store: Store, *replies: Reply) -> None:
    store.create_session(a_session())
    store.begin(a_turn(), replies or [a_reply()], model_id="parrot/polly")
