"""The steps of the SQLite schema that usage and budget need. A released step is never edited."""

# ruff: noqa: S608  # put together from the names in this file, never from values

from __future__ import annotations

from madlen.store.library import Database

_SECONDS = "json_extract({row}.extra_metadata, '$.timing.{name}')"
_COLUMNS = (
    "id, session_id, model_id, status, moment, prompt_tokens, completion_tokens, reasoning_tokens, cost,"
    " first_token, duration, speed"
)


def _figures(row: str) -> str:
    """The figures of a message, in the order of the columns."""
    tokens = ", ".join(
        f"CAST(min(json_extract({row}.extra_metadata, '$.usage.{name}'), 1e12) AS INTEGER)"
        for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens")
    )
    first, chunk, duration = (
        _SECONDS.format(row=row, name=name)
        for name in ("time_to_first_token", "time_to_first_chunk", "duration")
    )
    return f"""
        {row}.id, {row}.session_id, coalesce({row}.model_id, ''), {row}.status, {row}.timestamp, {tokens},
        CAST(round(min(max(CAST(json_extract({row}.extra_metadata, '$.usage.cost') AS REAL), 0) * 1e12, 1e15))
            AS INTEGER),
        CAST(coalesce({first}, {chunk}) AS REAL), CAST({duration} AS REAL),
        CASE WHEN {duration} - {chunk} >= 0.05 THEN CAST(
            json_extract({row}.extra_metadata, '$.usage.completion_tokens') AS REAL
        ) / ({duration} - {chunk}) END
    """


def m014_usage_and_budget(db: Database) -> None:
    # What an answer took, apart from its words: a million messages are read through in a moment, and
    # what was spent stays known when a chat is deleted. Costs are in picodollars, so that sums are exact.
    # A copy of an answer, such as in a fork or an import, took nothing: its row is never brought up to date.
    db.execute("""
        CREATE TABLE usage (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            session_id TEXT NOT NULL,
            model_id TEXT NOT NULL,
            status TEXT NOT NULL,
            moment TEXT NOT NULL,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            reasoning_tokens INTEGER,
            cost INTEGER,
            first_token REAL,
            duration REAL,
            speed REAL
        ) STRICT
    """)
    db.execute(f"""
        INSERT INTO usage ({_COLUMNS}) SELECT {_figures("m")}
        FROM messages m JOIN chat_sessions s ON s.id = m.session_id
        WHERE m.role = 'assistant' AND m.status <> 'streaming' AND s.origin IS NULL ORDER BY m.seq
    """)
    db.execute("CREATE INDEX usage_moment ON usage (moment)")
    db.execute("CREATE INDEX usage_of_model ON usage (model_id, moment)")
    db.execute("CREATE INDEX usage_of_session ON usage (session_id, moment)")
    changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[3:])
    db.execute(f"""
        CREATE TRIGGER messages_used AFTER UPDATE OF status, extra_metadata ON messages
        WHEN NEW.role = 'assistant' AND NEW.status <> 'streaming' BEGIN
            INSERT INTO usage ({_COLUMNS}) VALUES ({_figures("NEW")})
            ON CONFLICT (id) DO UPDATE SET {changes};
        END
    """)
    # What may be spent on a day of UTC is kept as one row, which a reservation changes only where it fits.
    db.execute("""
        CREATE TABLE budget_days (
            day TEXT PRIMARY KEY,
            spent INTEGER NOT NULL,
            reserved INTEGER NOT NULL
        ) STRICT
    """)
    db.execute("""
        CREATE TABLE spendings (
            id TEXT PRIMARY KEY,
            day TEXT NOT NULL,
            model_id TEXT NOT NULL,
            amount INTEGER NOT NULL,
            cost INTEGER,
            generation_id TEXT NOT NULL DEFAULT '',
            owner TEXT NOT NULL,
            alive_at TEXT NOT NULL
        ) STRICT
    """)
    db.execute("CREATE INDEX spendings_of_day ON spendings (day)")
    db.execute("CREATE INDEX spendings_open ON spendings (alive_at) WHERE cost IS NULL")
