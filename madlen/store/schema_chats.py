"""The steps of the SQLite schema that chats need. A step that has been released is never edited."""

from __future__ import annotations

from madlen.store.library import Database


def m001_sessions_and_messages(db: Database) -> None:
    # The tables and columns of the original, so that its tools can read a chat. `seq` keeps the
    # order whatever the clock does, and gives the search index a rowid that VACUUM cannot change.
    # A prompt is a row of its own; a reply names its prompt in `turn_id` and says how it stands.
    db.execute("""
        CREATE TABLE chat_sessions (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            model_id TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT
    """)
    db.execute("CREATE INDEX chat_sessions_newest ON chat_sessions (updated_at DESC, seq DESC)")
    db.execute("""
        CREATE TABLE messages (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            session_id TEXT NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            content TEXT NOT NULL,
            image_url TEXT,
            timestamp TEXT NOT NULL,
            extra_metadata TEXT CHECK (json_valid(extra_metadata)),
            turn_id TEXT REFERENCES messages (id) ON DELETE CASCADE,
            model_id TEXT,
            lane TEXT,
            status TEXT NOT NULL DEFAULT 'complete',
            reasoning TEXT NOT NULL DEFAULT '',
            alive_at TEXT,
            CHECK ((role = 'user') = (turn_id IS NULL))
        ) STRICT
    """)
    db.execute("CREATE INDEX messages_of_session ON messages (session_id, seq)")
    db.execute("CREATE INDEX messages_of_turn ON messages (turn_id)")
    db.execute("CREATE INDEX messages_streaming ON messages (alive_at) WHERE status = 'streaming'")


def m002_images(db: Database) -> None:
    # Bytes are kept once however often they are sent; `image_url` on the message names the first.
    db.execute("""
        CREATE TABLE images (
            sha256 TEXT PRIMARY KEY,
            media_type TEXT NOT NULL,
            content BLOB NOT NULL
        ) STRICT
    """)
    db.execute("""
        CREATE TABLE message_images (
            message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            image_url TEXT NOT NULL,
            sha256 TEXT REFERENCES images (sha256),
            PRIMARY KEY (message_id, position)
        ) STRICT
    """)
    db.execute("CREATE INDEX message_images_of_image ON message_images (sha256)")
    db.execute("""
        CREATE TRIGGER images_unused AFTER DELETE ON message_images BEGIN
            DELETE FROM images WHERE sha256 = old.sha256
                AND NOT EXISTS (SELECT 1 FROM message_images WHERE sha256 = old.sha256);
        END
    """)


def m003_search(db: Database) -> None:
    # A reply enters the index once, when it is whole: indexing each checkpoint of a growing text
    # would cost the square of its length. The view says the same to FTS5's integrity check.
    db.execute("""
        CREATE VIEW messages_searchable AS
            SELECT seq, content FROM messages WHERE status <> 'streaming'
    """)
    db.execute("""
        CREATE VIRTUAL TABLE messages_search USING fts5 (
            content, content = 'messages_searchable', content_rowid = 'seq',
            tokenize = "unicode61 remove_diacritics 2"
        )
    """)
    enter = "INSERT INTO messages_search (rowid, content) VALUES (new.seq, new.content);"
    leave = (
        "INSERT INTO messages_search (messages_search, rowid, content)"
        " VALUES ('delete', old.seq, old.content);"
    )
    # One trigger for each case: the order in which several would fire is not defined.
    was, now = "old.status <> 'streaming'", "new.status <> 'streaming'"
    cases = {
        "insert": f"AFTER INSERT ON messages WHEN {now} BEGIN {enter} END",
        "delete": f"AFTER DELETE ON messages WHEN {was} BEGIN {leave} END",
        "end": f"AFTER UPDATE ON messages WHEN NOT {was} AND {now} BEGIN {enter} END",
        "resume": f"AFTER UPDATE ON messages WHEN {was} AND NOT {now} BEGIN {leave} END",
        "change": f"AFTER UPDATE OF content ON messages WHEN {was} AND {now} BEGIN {leave} {enter} END",
    }
    for name, case in cases.items():
        db.execute(f"CREATE TRIGGER messages_search_{name} {case}")
    db.execute("""
        CREATE VIRTUAL TABLE sessions_search USING fts5 (
            title, content = 'chat_sessions', content_rowid = 'seq',
            tokenize = "unicode61 remove_diacritics 2"
        )
    """)
    named = "INSERT INTO sessions_search (rowid, title) VALUES (new.seq, new.title);"
    unnamed = (
        "INSERT INTO sessions_search (sessions_search, rowid, title) VALUES ('delete', old.seq, old.title);"
    )
    db.execute(f"CREATE TRIGGER sessions_search_insert AFTER INSERT ON chat_sessions BEGIN {named} END")
    db.execute(f"CREATE TRIGGER sessions_search_delete AFTER DELETE ON chat_sessions BEGIN {unnamed} END")
    db.execute(f"""
        CREATE TRIGGER sessions_search_rename AFTER UPDATE OF title ON chat_sessions
            BEGIN {unnamed} {named} END
    """)
    # Deleting a chat must leave none of its words in the index.
    for index in ("messages_search", "sessions_search"):
        db.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('secure-delete', 1)")  # noqa: S608


def m004_choices(db: Database) -> None:
    # Which models were used last is asked on every page: reading it from a million messages would
    # take longer than the page.
    db.execute("""
        CREATE TABLE model_choices (
            model_id TEXT PRIMARY KEY,
            used_at TEXT,
            pinned_at TEXT
        ) STRICT
    """)
    db.execute("""
        INSERT INTO model_choices (model_id, used_at)
            SELECT model_id, max(timestamp) FROM messages
            WHERE role = 'assistant' AND model_id IS NOT NULL GROUP BY model_id
    """)
    # How a chat asks belongs to the chat, so that it goes on the same way after a reload.
    db.execute("ALTER TABLE chat_sessions ADD COLUMN system TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE chat_sessions ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}'")


def m005_stop_requests(db: Database) -> None:
    # Whoever presses Stop may sit at another process than the one that makes the answer.
    db.execute("ALTER TABLE messages ADD COLUMN stop_requested INTEGER NOT NULL DEFAULT 0")
