"""Presets and saved prompts on SQLite."""

from __future__ import annotations

from madlen.presets import Preset
from madlen.prompt_library import SavedPrompt
from madlen.store import preset_rows
from madlen.store.connections import Connections
from madlen.store.presets import no_preset, no_saved_prompt


class SQLitePresets:
    """What a store does with presets and saved prompts, on the connections that it has."""

    _connections: Connections

    def presets(self) -> list[Preset]:
        with self._connections.read() as db:
            found = list(db.query("SELECT * FROM presets ORDER BY name"))
        return [preset_rows.preset(row) for row in found]

    def preset(self, name: str) -> Preset:
        with self._connections.read() as db:
            found = list(db.query("SELECT * FROM presets WHERE name = ?", [name]))
        if not found:
            raise no_preset()
        return preset_rows.preset(found[0])

    def keep_preset(self, wanted: Preset) -> None:
        with self._connections.write() as db:
            db.table("presets").upsert(preset_rows.preset_columns(wanted), pk="name")

    def delete_preset(self, name: str) -> None:
        with self._connections.write() as db:
            if not db.execute("DELETE FROM presets WHERE name = ?", [name]).rowcount:
                raise no_preset()

    def saved_prompts(self) -> list[SavedPrompt]:
        with self._connections.read() as db:
            found = list(db.query("SELECT * FROM saved_prompts ORDER BY name"))
        return [preset_rows.saved_prompt(row) for row in found]

    def saved_prompt(self, name: str) -> SavedPrompt:
        with self._connections.read() as db:
            found = list(db.query("SELECT * FROM saved_prompts WHERE name = ?", [name]))
        if not found:
            raise no_saved_prompt()
        return preset_rows.saved_prompt(found[0])

    def keep_saved_prompt(self, wanted: SavedPrompt) -> None:
        with self._connections.write() as db:
            db.table("saved_prompts").upsert(preset_rows.saved_prompt_columns(wanted), pk="name")

    def delete_saved_prompt(self, name: str) -> None:
        with self._connections.write() as db:
            if not db.execute("DELETE FROM saved_prompts WHERE name = ?", [name]).rowcount:
                raise no_saved_prompt()
