"""The steps of the PostgreSQL schema for presets and saved prompts."""

from __future__ import annotations

from madlen.store.postgres_connections import Connection


def m012_presets(connection: Connection) -> None:
    # A preset is the one lane of a chat, written as the lanes of a comparison are.
    connection.execute("""
        CREATE TABLE presets (
            name text COLLATE "C" PRIMARY KEY,
            lanes json NOT NULL,
            updated_at text COLLATE "C" NOT NULL
        );
        CREATE TABLE saved_prompts (
            name text COLLATE "C" PRIMARY KEY,
            text text NOT NULL,
            updated_at text COLLATE "C" NOT NULL
        )
    """)
