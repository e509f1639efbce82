"""The PostgreSQL schema, in the same steps as SQLite's. A step that has been released is never edited."""

from __future__ import annotations

from collections.abc import Callable

from madlen.errors import StoreUnavailable
from madlen.store import postgres_schema_budget as budget
from madlen.store import postgres_schema_chats as chats
from madlen.store import postgres_schema_comparing as comparing
from madlen.store import postgres_schema_history as history
from madlen.store import postgres_schema_presets as presets
from madlen.store.postgres_connections import Connection

# Any number will do, as long as every Madlen takes the same.
_LOCK = 6_278_127


def migrate(connection: Connection) -> None:
    """Takes the steps that are missing, in the transaction of its caller; one process at a time.

    Raises ``StoreUnavailable`` for a database that a newer Madlen has taken further.
    """
    connection.execute("SET LOCAL lock_timeout = 0")
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    connection.execute("""
        CREATE TABLE IF NOT EXISTS madlen_migrations (
            name text PRIMARY KEY,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    applied = {row["name"] for row in connection.execute("SELECT name FROM madlen_migrations")}
    if newer := sorted(applied - {step.__name__ for step in STEPS}):
        known = f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}"
        raise StoreUnavailable(
            f"The database {known} was made by a newer Madlen (it has taken the step "
            f"{newer[-1]}); nothing in it was changed. Use that version, or set DATABASE_URL to another "
            "database."
        )
    for step in STEPS:
        if step.__name__ not in applied:
            step(connection)
            connection.execute("INSERT INTO madlen_migrations (name) VALUES (%s)", [step.__name__])


STEPS: tuple[Callable[[Connection], None], ...] = (
    chats.m001_sessions_and_messages,
    chats.m002_images,
    chats.m003_search,
    chats.m004_choices,
    chats.m005_stop_requests,
    comparing.m006_comparisons,
    comparing.m007_lane_sets,
    comparing.m008_prompt_sets,
    comparing.m009_judgements,
    comparing.m010_origins,
    history.m011_history,
    presets.m012_presets,
    history.m013_remarks,
    budget.m014_usage_and_budget,
    history.m015_even_commits,
)
