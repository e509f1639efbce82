"""The PostgreSQL schema, in the same steps as SQLite's. A step that has been released is never edited."""

from __future__ import annotations

from collections.abc import Callable

from madlen.errors import StoreUnavailable
from madlen.store.postgres_connections import Connection

# Any number will do, as long as every Madlen takes the same.
_LOCK = 6_278_127
_PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"


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


def m001_sessions_and_messages(connection: Connection) -> None:
    # Times are text as in SQLite, always as long as each other, so that text order is time order.
    connection.execute("""
        CREATE TABLE chat_sessions (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text NOT NULL UNIQUE,
            title text NOT NULL,
            model_id text NOT NULL,
            created_at text COLLATE "C" NOT NULL,
            updated_at text COLLATE "C" NOT NULL
        );
        CREATE INDEX chat_sessions_newest ON chat_sessions (updated_at DESC, seq DESC);
        CREATE TABLE messages (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text NOT NULL UNIQUE,
            session_id text NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
            role text NOT NULL CHECK (role IN ('user', 'assistant')),
            content text NOT NULL,
            image_url text,
            timestamp text COLLATE "C" NOT NULL,
            extra_metadata json,
            turn_id text REFERENCES messages (id) ON DELETE CASCADE,
            model_id text,
            lane text,
            status text NOT NULL DEFAULT 'complete',
            reasoning text NOT NULL DEFAULT '',
            alive_at text COLLATE "C",
            CHECK ((role = 'user') = (turn_id IS NULL))
        );
        CREATE INDEX messages_of_session ON messages (session_id, seq);
        CREATE INDEX messages_of_turn ON messages (turn_id);
        CREATE INDEX messages_streaming ON messages (alive_at) WHERE status = 'streaming'
    """)


def m002_images(connection: Connection) -> None:
    # The row is locked before it is asked whether anything shows the image, and asked in a statement
    # of its own: so a message that comes to show it meanwhile is waited for, and seen.
    connection.execute("""
        CREATE TABLE images (
            sha256 text PRIMARY KEY,
            media_type text NOT NULL,
            content bytea NOT NULL
        );
        CREATE TABLE message_images (
            message_id text NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            position integer NOT NULL,
            image_url text NOT NULL,
            sha256 text REFERENCES images (sha256),
            PRIMARY KEY (message_id, position)
        );
        CREATE INDEX message_images_of_image ON message_images (sha256);
        CREATE FUNCTION delete_unused_image() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM images WHERE sha256 = old.sha256 FOR UPDATE;
            DELETE FROM images WHERE sha256 = old.sha256
                AND NOT EXISTS (SELECT 1 FROM message_images WHERE sha256 = old.sha256);
            RETURN NULL;
        END $$;
        CREATE TRIGGER images_unused AFTER DELETE ON message_images
            FOR EACH ROW EXECUTE FUNCTION delete_unused_image()
    """)


def m003_search(connection: Connection) -> None:
    # Words as SQLite's index has them, without punctuation and accents. Left whole, PostgreSQL would
    # take and/or for the name of a file. A tsvector holds a megabyte, and 250,000 characters fit for
    # certain; what stands behind them is not found. A reply enters the index once, when it is whole.
    connection.execute(f"""
        CREATE FUNCTION plain_words(words text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT left(normalize(regexp_replace(
                normalize(translate(left(words, 250000), '{_PUNCTUATION}', repeat(' ', 32)), NFD),
                '[\\u0300-\\u036f]', '', 'g'), NFC), 250000)
        $$;
        CREATE INDEX messages_search ON messages
            USING gin (to_tsvector('simple', plain_words(content))) WHERE status <> 'streaming';
        CREATE INDEX sessions_search ON chat_sessions
            USING gin (to_tsvector('simple', plain_words(title)))
    """)


def m004_choices(connection: Connection) -> None:
    # Which models were used last is asked on every page; how a chat asks belongs to the chat.
    connection.execute("""
        CREATE TABLE model_choices (
            model_id text PRIMARY KEY,
            used_at text COLLATE "C",
            pinned_at text COLLATE "C"
        );
        INSERT INTO model_choices (model_id, used_at)
            SELECT model_id, max(timestamp) FROM messages
            WHERE role = 'assistant' AND model_id IS NOT NULL GROUP BY model_id;
        ALTER TABLE chat_sessions ADD COLUMN system text NOT NULL DEFAULT '';
        ALTER TABLE chat_sessions ADD COLUMN parameters json NOT NULL DEFAULT '{}'
    """)


def m005_stop_requests(connection: Connection) -> None:
    # Whoever presses Stop may sit at another process than the one that makes the answer.
    connection.execute("ALTER TABLE messages ADD COLUMN stop_requested boolean NOT NULL DEFAULT false")


def m006_comparisons(connection: Connection) -> None:
    # A turn has one vote: the ids of its replies in groups, the best first.
    connection.execute("""
        ALTER TABLE chat_sessions ADD COLUMN lanes json NOT NULL DEFAULT '[]';
        CREATE TABLE votes (
            turn_id text PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
            session_id text NOT NULL,
            choice json NOT NULL,
            voted_at text COLLATE "C" NOT NULL,
            bad boolean NOT NULL,
            blind boolean NOT NULL,
            note text NOT NULL,
            tags json NOT NULL
        );
        CREATE INDEX votes_of_session ON votes (session_id)
    """)


def m007_lane_sets(connection: Connection) -> None:
    # How long a model's newest answers were is asked for every lane before each prompt.
    connection.execute("""
        CREATE TABLE lane_sets (
            name text COLLATE "C" PRIMARY KEY,
            lanes json NOT NULL,
            updated_at text COLLATE "C" NOT NULL
        );
        CREATE INDEX messages_of_model ON messages (model_id, seq) WHERE role = 'assistant'
    """)


def m008_prompt_sets(connection: Connection) -> None:
    # A run's own pictures hang on the turns of its session. Lists of chats show sessions of kind 'chat';
    # the turns of a run are in one of kind 'run'. How a cell stands is how its reply stands; one whose
    # reply goes waits again.
    connection.execute("""
        CREATE TABLE prompt_sets (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text NOT NULL UNIQUE,
            name text NOT NULL,
            created_at text COLLATE "C" NOT NULL,
            updated_at text COLLATE "C" NOT NULL,
            prompts json NOT NULL,
            checks json NOT NULL
        );
        CREATE TABLE prompt_set_images (
            set_id text NOT NULL REFERENCES prompt_sets (id) ON DELETE CASCADE,
            sha256 text NOT NULL REFERENCES images (sha256),
            PRIMARY KEY (set_id, sha256)
        );
        CREATE INDEX prompt_set_images_of_image ON prompt_set_images (sha256);
        CREATE OR REPLACE FUNCTION delete_unused_image() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM images WHERE sha256 = old.sha256 FOR UPDATE;
            DELETE FROM images WHERE sha256 = old.sha256
                AND NOT EXISTS (SELECT 1 FROM message_images WHERE sha256 = old.sha256)
                AND NOT EXISTS (SELECT 1 FROM prompt_set_images WHERE sha256 = old.sha256);
            RETURN NULL;
        END $$;
        CREATE TRIGGER images_unused_by_sets AFTER DELETE ON prompt_set_images
            FOR EACH ROW EXECUTE FUNCTION delete_unused_image();
        ALTER TABLE chat_sessions ADD COLUMN kind text NOT NULL DEFAULT 'chat';
        CREATE TABLE runs (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text NOT NULL UNIQUE,
            session_id text NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
            set_id text NOT NULL,
            name text NOT NULL,
            lanes json NOT NULL,
            prompts json NOT NULL,
            checks json NOT NULL,
            created_at text COLLATE "C" NOT NULL,
            status text NOT NULL,
            note text NOT NULL,
            resume_at text COLLATE "C",
            went_on_at text COLLATE "C",
            ended_before integer NOT NULL,
            owner text,
            alive_at text COLLATE "C"
        );
        CREATE INDEX runs_of_set ON runs (set_id);
        CREATE INDEX runs_of_session ON runs (session_id);
        CREATE TABLE run_cells (
            run_id text NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            position integer NOT NULL,
            prompt_id text NOT NULL,
            lane text NOT NULL,
            turn_id text NOT NULL,
            reply_id text UNIQUE REFERENCES messages (id) ON DELETE SET NULL,
            attempts integer NOT NULL DEFAULT 0,
            PRIMARY KEY (run_id, position)
        )
    """)


def m009_judgements(connection: Connection) -> None:
    # The ids of replies are text and not json here, for they are part of the key.
    connection.execute("""
        CREATE TABLE judgements (
            judge text NOT NULL,
            template text NOT NULL,
            replies text NOT NULL,
            turn_id text NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            session_id text NOT NULL,
            judged_at text COLLATE "C" NOT NULL,
            outcome text CHECK (outcome IN ('first', 'second', 'tie')),
            score double precision,
            reason text NOT NULL,
            flipped boolean NOT NULL,
            PRIMARY KEY (judge, template, replies)
        );
        CREATE INDEX judgements_of_session ON judgements (session_id);
        CREATE INDEX judgements_of_turn ON judgements (turn_id)
    """)


def m010_origins(connection: Connection) -> None:
    # A session that was asked anew, forked or taken from a file knows from where.
    connection.execute("ALTER TABLE chat_sessions ADD COLUMN origin json")


STEPS: tuple[Callable[[Connection], None], ...] = (
    m001_sessions_and_messages,
    m002_images,
    m003_search,
    m004_choices,
    m005_stop_requests,
    m006_comparisons,
    m007_lane_sets,
    m008_prompt_sets,
    m009_judgements,
    m010_origins,
)
