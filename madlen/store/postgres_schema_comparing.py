"""The steps of the PostgreSQL schema for comparisons, sets and files. A released step is never edited."""

from __future__ import annotations

from madlen.store.postgres_connections import Connection


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
