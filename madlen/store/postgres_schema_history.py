"""The steps of the PostgreSQL schema that the history needs. A released step is never edited."""

# ruff: noqa: S608  # put together from the number in this file

from __future__ import annotations

from madlen.store.postgres_connections import Connection

BLOCK = 1024
"""So many messages share a block; a part of the index, so never changed."""


def m011_history(connection: Connection) -> None:
    # `named` is a title that a person gave. A discarded chat is kept for as long as it can be brought back.
    connection.execute("""
        ALTER TABLE chat_sessions ADD COLUMN pinned boolean NOT NULL DEFAULT false;
        ALTER TABLE chat_sessions ADD COLUMN archived boolean NOT NULL DEFAULT false;
        ALTER TABLE chat_sessions ADD COLUMN named boolean NOT NULL DEFAULT false;
        ALTER TABLE chat_sessions ADD COLUMN deleted_at text COLLATE "C";
        CREATE INDEX chat_sessions_listed ON chat_sessions (pinned DESC, updated_at DESC, seq DESC)
            WHERE kind = 'chat' AND NOT archived AND deleted_at IS NULL;
        CREATE INDEX chat_sessions_discarded ON chat_sessions (deleted_at) WHERE deleted_at IS NOT NULL;
        CREATE INDEX messages_answered_in ON messages (session_id, model_id) WHERE role = 'assistant';
        CREATE INDEX messages_failed ON messages (session_id) WHERE status IN ('failed', 'interrupted');
        CREATE INDEX messages_answered_at ON messages (timestamp) WHERE role = 'assistant'
    """)
    # Beside its words a message has the block that it is in, so that the newest can be searched first, and
    # the first three letters of its words, for to join all words that begin with one letter takes long.
    # Their marks are no part of a word: `plain_words` leaves no punctuation.
    connection.execute(f"""
        CREATE FUNCTION search_words(content text, seq bigint) RETURNS tsvector
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT words || array_to_tsvector(ARRAY['#' || (seq / {BLOCK})::text] || ARRAY(
                SELECT DISTINCT '^' || left(word, size) FROM unnest(tsvector_to_array(words)) word,
                    generate_series(1, 3) size
            ))
            FROM (SELECT to_tsvector('simple', plain_words(content)) AS words) said
        $$;
        CREATE FUNCTION search_query(typed tsquery) RETURNS tsquery
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT CASE
                WHEN numnode(typed) = 0 THEN typed
                WHEN typed::text ~ '''[^'']{{1,3}}''$'
                    THEN regexp_replace(typed::text, '''([^'']{{1,3}})''$', '''^\\1''')::tsquery
                ELSE (typed::text || ':*')::tsquery
            END
        $$;
        DROP INDEX messages_search;
        CREATE INDEX messages_search ON messages USING gin (search_words(content, seq))
            WHERE status <> 'streaming'
    """)


def m013_remarks(connection: Connection) -> None:
    # On the row of a prompt, the id of the reply to go on with; on that of a reply, 1 or -1 for a thumb. No
    # foreign key: each deleted message would look for the prompts that chose it. A chat shows what was
    # forked from it whenever it is opened.
    connection.execute("""
        ALTER TABLE messages ADD COLUMN chosen text;
        ALTER TABLE messages ADD COLUMN rating smallint CHECK (rating IN (-1, 1));
        CREATE INDEX messages_rated ON messages (model_id, rating) WHERE rating IS NOT NULL;
        CREATE INDEX chat_sessions_from ON chat_sessions ((origin->>'session_id')) WHERE origin IS NOT NULL
    """)


def m015_even_commits(connection: Connection) -> None:
    # By itself the index of words collects what is new in a list that each search goes through, and writes
    # all of it in the commit that finds the list full.
    # https://www.postgresql.org/docs/current/gin.html#GIN-FAST-UPDATE
    connection.execute("ALTER INDEX messages_search SET (fastupdate = off)")
