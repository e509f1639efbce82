"""Presets and saved prompts on PostgreSQL."""

from __future__ import annotations

from typing import LiteralString

from madlen.presets import Preset
from madlen.prompt_library import SavedPrompt
from madlen.store import preset_rows
from madlen.store.postgres_connections import Connections
from madlen.store.presets import no_preset, no_saved_prompt

_KEEP_PRESET: LiteralString = """
    INSERT INTO presets (name, lanes, updated_at) VALUES (%(name)s, %(lanes)s, %(updated_at)s)
    ON CONFLICT (name) DO UPDATE SET lanes = excluded.lanes, updated_at = excluded.updated_at
"""
_KEEP_PROMPT: LiteralString = """
    INSERT INTO saved_prompts (name, text, updated_at) VALUES (%(name)s, %(text)s, %(updated_at)s)
    ON CONFLICT (name) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at
"""


class PostgresPresets:
    """What a store does with presets and saved prompts, on the connections that it has."""

    _connections: Connections

    def presets(self) -> list[Preset]:
        with self._connections.read() as connection:
            found = connection.execute("SELECT * FROM presets ORDER BY name").fetchall()
        return [preset_rows.preset(row) for row in found]

    def preset(self, name: str) -> Preset:
        with self._connections.read() as connection:
            found = connection.execute("SELECT * FROM presets WHERE name = %s", [name]).fetchone()
        if found is None:
            raise no_preset()
        return preset_rows.preset(found)

    def keep_preset(self, wanted: Preset) -> None:
        with self._connections.write() as connection:
            connection.execute(_KEEP_PRESET, preset_rows.preset_columns(wanted))

    def delete_preset(self, name: str) -> None:
        with self._connections.write() as connection:
            if not connection.execute("DELETE FROM presets WHERE name = %s", [name]).rowcount:
                raise no_preset()

    def saved_prompts(self) -> list[SavedPrompt]:
        with self._connections.read() as connection:
            found = connection.execute("SELECT * FROM saved_prompts ORDER BY name").fetchall()
        return [preset_rows.saved_prompt(row) for row in found]

    def saved_prompt(self, name: str) -> SavedPrompt:
        with self._connections.read() as connection:
            found = connection.execute("SELECT * FROM saved_prompts WHERE name = %s", [name]).fetchone()
        if found is None:
            raise no_saved_prompt()
        return preset_rows.saved_prompt(found)

    def keep_saved_prompt(self, wanted: SavedPrompt) -> None:
        with self._connections.write() as connection:
            connection.execute(_KEEP_PROMPT, preset_rows.saved_prompt_columns(wanted))

    def delete_saved_prompt(self, name: str) -> None:
        with self._connections.write() as connection:
            if not connection.execute("DELETE FROM saved_prompts WHERE name = %s", [name]).rowcount:
                raise no_saved_prompt()
