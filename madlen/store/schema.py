"""The SQLite schema, one numbered step per change. A step that has been released is never edited."""

from __future__ import annotations

from madlen.store.library import Database, Migrations

migrations = Migrations("madlen")


@migrations()
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


@migrations()
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


@migrations()
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


@migrations()
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


@migrations()
def m005_stop_requests(db: Database) -> None:
    # Whoever presses Stop may sit at another process than the one that makes the answer.
    db.execute("ALTER TABLE messages ADD COLUMN stop_requested INTEGER NOT NULL DEFAULT 0")


@migrations()
def m006_comparisons(db: Database) -> None:
    db.execute("ALTER TABLE chat_sessions ADD COLUMN lanes TEXT NOT NULL DEFAULT '[]'")
    # A turn has one vote: the ids of its replies in groups, the best first.
    db.execute("""
        CREATE TABLE votes (
            turn_id TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
            session_id TEXT NOT NULL,
            choice TEXT NOT NULL CHECK (json_valid(choice)),
            voted_at TEXT NOT NULL,
            bad INTEGER NOT NULL,
            blind INTEGER NOT NULL,
            note TEXT NOT NULL,
            tags TEXT NOT NULL CHECK (json_valid(tags))
        ) STRICT
    """)
    db.execute("CREATE INDEX votes_of_session ON votes (session_id)")


@migrations()
def m007_lane_sets(db: Database) -> None:
    db.execute("""
        CREATE TABLE lane_sets (
            name TEXT PRIMARY KEY,
            lanes TEXT NOT NULL CHECK (json_valid(lanes)),
            updated_at TEXT NOT NULL
        ) STRICT
    """)
    # How long a model's newest answers were is asked for every lane before each prompt.
    db.execute("CREATE INDEX messages_of_model ON messages (model_id, seq) WHERE role = 'assistant'")


@migrations()
def m008_prompt_sets(db: Database) -> None:
    db.execute("""
        CREATE TABLE prompt_sets (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            prompts TEXT NOT NULL CHECK (json_valid(prompts)),
            checks TEXT NOT NULL CHECK (json_valid(checks))
        ) STRICT
    """)
    # A run's own pictures hang on the turns of its session.
    db.execute("""
        CREATE TABLE prompt_set_images (
            set_id TEXT NOT NULL REFERENCES prompt_sets (id) ON DELETE CASCADE,
            sha256 TEXT NOT NULL REFERENCES images (sha256),
            PRIMARY KEY (set_id, sha256)
        ) STRICT
    """)
    db.execute("CREATE INDEX prompt_set_images_of_image ON prompt_set_images (sha256)")
    db.execute("DROP TRIGGER images_unused")
    unused = """
        DELETE FROM images WHERE sha256 = old.sha256
            AND NOT EXISTS (SELECT 1 FROM message_images WHERE sha256 = old.sha256)
            AND NOT EXISTS (SELECT 1 FROM prompt_set_images WHERE sha256 = old.sha256);
    """
    db.execute(f"CREATE TRIGGER images_unused AFTER DELETE ON message_images BEGIN {unused} END")
    db.execute(f"CREATE TRIGGER images_unused_by_sets AFTER DELETE ON prompt_set_images BEGIN {unused} END")
    # Lists of chats show those of kind 'chat'; the turns of a run are in a session of kind 'run'.
    db.execute("ALTER TABLE chat_sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'chat'")
    db.execute("""
        CREATE TABLE runs (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            session_id TEXT NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
            set_id TEXT NOT NULL,
            name TEXT NOT NULL,
            lanes TEXT NOT NULL CHECK (json_valid(lanes)),
            prompts TEXT NOT NULL CHECK (json_valid(prompts)),
            checks TEXT NOT NULL CHECK (json_valid(checks)),
            created_at TEXT NOT NULL,
            status TEXT NOT NULL,
            note TEXT NOT NULL,
            resume_at TEXT,
            went_on_at TEXT,
            ended_before INTEGER NOT NULL,
            owner TEXT,
            alive_at TEXT
        ) STRICT
    """)
    db.execute("CREATE INDEX runs_of_set ON runs (set_id)")
    db.execute("CREATE INDEX runs_of_session ON runs (session_id)")
    # How a cell stands is how its reply stands; one whose reply goes waits again.
    db.execute("""
        CREATE TABLE run_cells (
            run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            prompt_id TEXT NOT NULL,
            lane TEXT NOT NULL,
            turn_id TEXT NOT NULL,
            reply_id TEXT UNIQUE REFERENCES messages (id) ON DELETE SET NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (run_id, position)
        ) STRICT
    """)


@migrations()
def m009_judgements(db: Database) -> None:
    # What a model said as a judge: apart from the votes, which are people's. `replies` are the ids of the
    # one that has a score, or of the two that were compared; neither outcome nor score could not be read.
    db.execute("""
        CREATE TABLE judgements (
            judge TEXT NOT NULL,
            template TEXT NOT NULL,
            replies TEXT NOT NULL CHECK (json_valid(replies)),
            turn_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            session_id TEXT NOT NULL,
            judged_at TEXT NOT NULL,
            outcome TEXT CHECK (outcome IN ('first', 'second', 'tie')),
            score REAL,
            reason TEXT NOT NULL,
            flipped INTEGER NOT NULL,
            PRIMARY KEY (judge, template, replies)
        ) STRICT
    """)
    db.execute("CREATE INDEX judgements_of_session ON judgements (session_id)")
    db.execute("CREATE INDEX judgements_of_turn ON judgements (turn_id)")


@migrations()
def m010_origins(db: Database) -> None:
    # A session that was asked anew, forked or taken from a file knows from where.
    db.execute("ALTER TABLE chat_sessions ADD COLUMN origin TEXT")
