"""The steps of the SQLite schema for presets and saved prompts. A released step is never edited."""

from __future__ import annotations

from madlen.store.library import Database


def m012_presets(db: Database) -> None:
    # A preset is the one lane of a chat, written as the lanes of a comparison are.
    db.execute("""
        CREATE TABLE presets (
            name TEXT PRIMARY KEY,
            lanes TEXT NOT NULL CHECK (json_valid(lanes)),
            updated_at TEXT NOT NULL
        ) STRICT
    """)
    db.execute("""
        CREATE TABLE saved_prompts (
            name TEXT PRIMARY KEY,
            text TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT
    """)
