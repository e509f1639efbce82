"""The steps of the PostgreSQL schema that chats need. A step that has been released is never edited."""

from __future__ import annotations

from madlen.store.postgres_connections import Connection

_PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"


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
