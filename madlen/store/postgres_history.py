"""The lists of chats of the ``Store`` contract on PostgreSQL, and what is found in its indexes by words."""

# ruff: noqa: S608  # statements are put together from the parts of the store, never from values

from __future__ import annotations

from typing import Any

from madlen.history import terms
from madlen.store.history_tables import HistoryTables, Hit, first_messages
from madlen.store.postgres_schema_history import BLOCK
from madlen.store.tables import Tables

# Punctuation alone makes an empty query, which finds nothing.
_TYPED = "plainto_tsquery('simple', plain_words(?))"
_MOST_BLOCKS = 32
"""So many blocks are searched by their names; what is behind them is searched as one."""


class PostgresHistory(HistoryTables):
    """What a store does with lists of chats, in the transactions that it has."""

    _tokens = "(without_nul(extra_metadata) -> 'usage' ->> '{name}')::double precision"

    def _said(self, db: Tables, words: str, which: str, values: list[Any], number: int) -> list[Hit]:
        # An index of words knows no order. So the newest block of messages is searched first, then twice
        # as many before it, until the page is full: a common word is found in the first, a rare one fast.
        [wanted] = db.rows(f"SELECT search_query({_TYPED})::text AS query", [_sought(words)])
        [newest] = db.rows("SELECT coalesce(max(seq), 0) AS seq FROM messages")
        found: dict[str, Hit] = {}
        if not wanted["query"]:
            return []
        last, span = newest["seq"] // BLOCK, 1
        while last >= 0 and len(found) < number:
            first = max(0, last - span + 1) if span <= _MOST_BLOCKS else 0
            blocks = " | ".join(f"'#{block}'" for block in range(first, last + 1))
            within = f"({wanted['query']}) & ({blocks})" if span <= _MOST_BLOCKS else wanted["query"]
            for session_id, seq, moment in db.each(
                "SELECT s.id, max(m.seq) AS seq, max(m.timestamp) AS moment"
                " FROM messages m JOIN chat_sessions s ON s.id = m.session_id"
                " WHERE m.status <> 'streaming' AND m.seq < ?"
                f" AND search_words(m.content, m.seq) @@ ?::tsquery AND {which}"
                " GROUP BY s.id ORDER BY 2 DESC LIMIT ?",
                [(last + 1) * BLOCK, within, *values, number],
            ):
                found.setdefault(session_id, Hit(session_id, seq, moment))
            last, span = first - 1, span * 2
        return list(found.values())[:number]

    def _titled(self, db: Tables, words: str, which: str, values: list[Any], number: int) -> list[Hit]:
        return first_messages(
            db,
            "SELECT s.id, s.created_at FROM chat_sessions s,"
            " (SELECT CASE numnode(t.words) WHEN 0 THEN t.words"
            f" ELSE (t.words::text || ':*')::tsquery END AS words FROM (SELECT {_TYPED} AS words) t) q"
            f" WHERE to_tsvector('simple', plain_words(s.title)) @@ q.words AND {which}"
            " ORDER BY s.seq DESC LIMIT ?",
            [_sought(words), *values, number],
        )


def _sought(words: str) -> str:
    return " ".join(terms(words))
