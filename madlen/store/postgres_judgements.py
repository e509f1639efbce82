"""The judgements of the ``Store`` contract on PostgreSQL."""

from __future__ import annotations

from typing import LiteralString

from madlen.judgements import Judgement
from madlen.store import judgement_rows
from madlen.store.postgres_connections import Connections

_KEEP: LiteralString = """
    INSERT INTO judgements (judge, template, replies, turn_id, session_id, judged_at, outcome, score,
        reason, flipped)
    VALUES (%(judge)s, %(template)s, %(replies)s, %(turn_id)s, %(session_id)s, %(judged_at)s, %(outcome)s,
        %(score)s, %(reason)s, %(flipped)s)
    ON CONFLICT (judge, template, replies) DO UPDATE SET judged_at = excluded.judged_at,
        outcome = excluded.outcome, score = excluded.score, reason = excluded.reason,
        flipped = excluded.flipped
"""


class PostgresJudgements:
    """What a store does with judgements, on the connections that it has."""

    _connections: Connections

    def keep_judgement(self, judgement: Judgement) -> None:
        with self._connections.write() as connection:
            # Whoever deletes the turn waits, and then takes the judgement with it.
            if connection.execute(
                "SELECT 1 FROM messages WHERE id = %s AND role = 'user' FOR KEY SHARE", [judgement.turn_id]
            ).fetchone():
                connection.execute(_KEEP, judgement_rows.columns(judgement))

    def judgements(self, session_id: str = "") -> list[Judgement]:
        with self._connections.read() as connection:
            found = connection.execute(
                "SELECT * FROM judgements WHERE %s IN ('', session_id) ORDER BY judged_at, replies",
                [session_id],
            ).fetchall()
        return [judgement_rows.judgement(row) for row in found]
