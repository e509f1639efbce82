"""The judgements of the ``Store`` contract on SQLite."""

from __future__ import annotations

from madlen.judgements import Judgement
from madlen.store import judgement_rows
from madlen.store.connections import Connections


class SQLiteJudgements:
    """What a store does with judgements, on the connections that it has."""

    _connections: Connections

    def keep_judgement(self, judgement: Judgement) -> None:
        with self._connections.write() as db:
            if db.table("messages").count_where("id = ? AND role = 'user'", [judgement.turn_id]):
                db.table("judgements").upsert(
                    judgement_rows.columns(judgement), pk=("judge", "template", "replies")
                )

    def judgements(self, session_id: str = "") -> list[Judgement]:
        with self._connections.read() as db:
            found = list(
                db.query(
                    "SELECT * FROM judgements WHERE ? IN ('', session_id) ORDER BY judged_at, replies",
                    [session_id],
                )
            )
        return [judgement_rows.judgement(row) for row in found]
