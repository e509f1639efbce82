"""The use cases of a conversation that is changed: fork it, delete a turn, choose and rate replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from madlen import beginnings, tracing
from madlen.chat import Asked, Chat, check_prompt
from madlen.errors import MadlenError, NotFound, Unacceptable
from madlen.origins import Origin
from madlen.remarks import Rating
from madlen.types import Lane, Session, Status, Turn

_EDITED = " (edited)"


class Editing:
    """What pages and API change of a conversation.

    Every method may be called from any thread but the loop's.
    """

    def __init__(
        self,
        chat: Chat,
        tracer: tracing.Tracing,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._chat = chat
        self._store = chat.store
        self._tracer = tracer
        self._now = now

    def fork(
        self, session_id: str, turn_id: str, text: str | None = None, *, lanes: Sequence[Lane] = ()
    ) -> Asked:
        """A new session with the turns before one, in which its prompt is asked as ``text``.

        Without ``text`` the prompt is asked as it was, without ``lanes`` of what the session asks; images
        go with it. The session that is forked stays as it is. Raises ``NotFound``, ``Unacceptable`` while
        an answer that is to be taken along is being written, and what ``Chat.ask`` raises.
        """
        session, turns = self._store.session(session_id), self._store.turns(session_id)
        position = _position(turns, turn_id)
        turn, before = turns[position], turns[:position]
        text = turn.text if text is None else text
        check_prompt(text, turn.pictures)
        forked, copies = _forked(session, before, text if position == 0 else "", self._now())
        remarks = self._store.remarks(session_id)
        self._store.keep(
            forked, [copy for copy, _ in copies.values()], origin=Origin("fork", session_id, turn_id)
        )
        try:
            for old_id, (copy, ids) in copies.items():
                if chosen := ids.get(remarks.chosen.get(old_id, "")):
                    self._store.choose(copy.id, chosen)
            return self._chat.ask(
                text, lanes or _lanes(session), session_id=forked.id, pictures=turn.pictures
            )
        except MadlenError:
            self._store.delete_session(forked.id)
            raise

    def delete_turn(self, session_id: str, turn_id: str) -> None:
        """Deletes a prompt with its replies, and stops those in flight. Raises ``NotFound``."""
        turns = self._store.turns(session_id)
        turn = turns[_position(turns, turn_id)]
        for reply in turn.replies:
            if reply.status is Status.STREAMING:
                self._chat.stop(reply.id)
        self._store.delete_turn(session_id, turn_id)

    def choose(self, turn_id: str, reply_id: str) -> None:
        """Has the conversation go on with a reply, until the turn gets one more. Raises ``NotFound``."""
        self._store.choose(turn_id, reply_id)

    def rate(self, reply_id: str, rating: Rating | None) -> None:
        """Keeps a thumb for a reply in place of an earlier one, or takes it back. Raises ``NotFound``."""
        reply = self._store.reply(reply_id)
        with self._tracer.rating(rating, reply), self._tracer.store("rate"):
            self._store.rate(reply_id, rating)


def _position(turns: Sequence[Turn], turn_id: str) -> int:
    position = next((place for place, turn in enumerate(turns) if turn.id == turn_id), None)
    if position is None:
        raise NotFound("There is no such prompt; it may have been deleted.")
    return position


def _lanes(session: Session) -> tuple[Lane, ...]:
    """What a session asks."""
    chat = Lane(session.model_id, parameters=session.parameters, system=session.system)
    return session.lanes or (chat,)


def _forked(
    session: Session, turns: Sequence[Turn], words: str, now: datetime
) -> tuple[Session, dict[str, tuple[Turn, dict[str, str]]]]:
    """A session that asks like another, titled after ``words`` or after that one, with copies of turns.

    Each copy comes by the id of its turn, with the new ids of its replies by the old ones.
    """
    if beginnings.arriving(turns):
        raise Unacceptable("An earlier answer is still being written; wait for its end or stop it first.")
    title = words or f"{session.title.removesuffix(_EDITED)}{_EDITED}"
    begun = beginnings.session(session.model_id, title, now)
    forked = replace(begun, system=session.system, parameters=session.parameters, lanes=session.lanes)
    copies = {}
    for turn in turns:
        turn_id = beginnings.fresh_id()
        ids = {reply.id: beginnings.fresh_id() for reply in turn.replies}
        replies = tuple(
            replace(reply, id=ids[reply.id], session_id=forked.id, turn_id=turn_id) for reply in turn.replies
        )
        copies[turn.id] = replace(turn, id=turn_id, session_id=forked.id, replies=replies), ids
    return forked, copies
