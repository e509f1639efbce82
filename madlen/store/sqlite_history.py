"""The lists of chats of the ``Store`` contract on SQLite, and what is found in its indexes by words."""

# ruff: noqa: S608  # statements are put together from the parts of the store, never from values

from __future__ import annotations

import re
import string
from typing import Any

from madlen.history import terms
from madlen.store.history_tables import HistoryTables, Hit, first_messages
from madlen.store.tables import Tables

_MOST_WORDS = 32
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


class SQLiteHistory(HistoryTables):
    """What a store does with lists of chats, in the transactions that it has."""

    _tokens = "CAST(json_extract(extra_metadata, '$.usage.{name}') AS REAL)"

    def _said(self, db: Tables, words: str, which: str, values: list[Any], number: int) -> list[Hit]:
        # The index gives its newest first and is read no further than the page is long. To sort what was
        # found by anything else it would have to be read to its end, a million rows for a common word.
        found: dict[str, Hit] = {}
        for session_id, seq, moment in db.each(
            "SELECT s.id, f.rowid AS seq, m.timestamp FROM messages_search f"
            " CROSS JOIN messages m ON m.seq = f.rowid"
            " CROSS JOIN chat_sessions s ON s.id = m.session_id"
            f" WHERE messages_search MATCH ? AND {which} ORDER BY f.rowid DESC",
            [match(words), *values],
        ):
            if session_id not in found:
                found[session_id] = Hit(session_id, seq, moment)
            if len(found) == number:
                break
        return list(found.values())

    def _titled(self, db: Tables, words: str, which: str, values: list[Any], number: int) -> list[Hit]:
        return first_messages(
            db,
            "SELECT s.id, s.created_at FROM sessions_search f CROSS JOIN chat_sessions s ON s.seq = f.rowid"
            f" WHERE sessions_search MATCH ? AND {which} ORDER BY f.rowid DESC LIMIT ?",
            [match(words), *values, number],
        )


def match(words: str) -> str:
    """An FTS5 query for all the words, the last one as a beginning; no input is a syntax error."""
    # Its tokenizer parts words there as well, and would then look for the parts one right after the other.
    apart = terms(_PUNCTUATION.sub(" ", words))
    quoted = [f'"{word}"' for word in apart]
    return " ".join([*quoted[:-1][:_MOST_WORDS], quoted[-1] + "*"]) if quoted else '""'
