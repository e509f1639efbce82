"""What SQLite is asked to do between Enter and the first byte upstream."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from madlen.store.sqlite import SQLiteStore
from tests.store.keeping import a_reply, a_session, a_turn


def test_a_prompt_that_begins_a_chat_is_stored_in_eight_statements(tmp_path: Path) -> None:
    said: dict[str, None] = {}
    with closing(SQLiteStore(str(tmp_path / "chat.db"))) as store:
        with store._connections.read() as lent_next:
            # A statement with triggers is said again for each.
            lent_next.conn.set_trace_callback(said.setdefault)
        store.begin(a_turn(), [a_reply()], model_id="parrot/polly", session=a_session())
    ours = [one for one in said if one != "ROLLBACK" and "'main'" not in one]
    assert [one.split()[0] for one in ours] == [
        *("PRAGMA", "BEGIN", "PRAGMA"),
        *("INSERT", "INSERT", "INSERT", "INSERT"),
        "COMMIT",
    ]
