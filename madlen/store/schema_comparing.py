"""The steps of the SQLite schema for comparisons, sets and files. A released step is never edited."""

from __future__ import annotations

from madlen.store.library import Database


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


def m010_origins(db: Database) -> None:
    # A session that was asked anew, forked or taken from a file knows from where.
    db.execute("ALTER TABLE chat_sessions ADD COLUMN origin TEXT")
