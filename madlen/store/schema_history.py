"""The steps of the SQLite schema that the history needs. A step that has been released is never edited."""

from __future__ import annotations

from madlen.store.library import Database


def m011_history(db: Database) -> None:
    # `named` is a title that a person gave. A discarded chat is kept for as long as it can be brought back.
    for column in ("pinned", "archived", "named"):
        db.execute(f"ALTER TABLE chat_sessions ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE chat_sessions ADD COLUMN deleted_at TEXT")
    db.execute("""
        CREATE INDEX chat_sessions_listed ON chat_sessions (pinned DESC, updated_at DESC, seq DESC)
            WHERE kind = 'chat' AND NOT archived AND deleted_at IS NULL
    """)
    db.execute(
        "CREATE INDEX chat_sessions_discarded ON chat_sessions (deleted_at) WHERE deleted_at IS NOT NULL"
    )
    # Whether a model answered in a chat and whether it failed is asked of every chat that a search finds.
    db.execute(
        "CREATE INDEX messages_answered_in ON messages (session_id, model_id) WHERE role = 'assistant'"
    )
    db.execute("""
        CREATE INDEX messages_failed ON messages (session_id) WHERE status IN ('failed', 'interrupted')
    """)
    db.execute("CREATE INDEX messages_answered_at ON messages (timestamp) WHERE role = 'assistant'")
    # What is typed first is short and begins many words: to join the lists of all of them takes 0.4 s
    # among a million messages, to read one list a millisecond.
    db.execute("DROP TABLE messages_search")
    db.execute("""
        CREATE VIRTUAL TABLE messages_search USING fts5 (
            content, content = 'messages_searchable', content_rowid = 'seq',
            tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3'
        )
    """)
    db.execute("INSERT INTO messages_search (messages_search) VALUES ('rebuild')")
    db.execute("INSERT INTO messages_search (messages_search, rank) VALUES ('secure-delete', 1)")


def m013_remarks(db: Database) -> None:
    # On the row of a prompt, the id of the reply to go on with; on that of a reply, 1 or -1 for a thumb. No
    # foreign key: each deleted message would look for the prompts that chose it.
    db.execute("ALTER TABLE messages ADD COLUMN chosen TEXT")
    db.execute("ALTER TABLE messages ADD COLUMN rating INTEGER CHECK (rating IN (-1, 1))")
    db.execute("CREATE INDEX messages_rated ON messages (model_id, rating) WHERE rating IS NOT NULL")
    # A chat shows what was forked from it whenever it is opened.
    db.execute("""
        CREATE INDEX chat_sessions_from ON chat_sessions (json_extract(origin, '$.session_id'))
        WHERE origin IS NOT NULL
    """)


def m015_even_commits(db: Database) -> None:
    # By itself the index of words merges its parts now and then, and that commit takes ten times as long as
    # others. Left alone it merges sixteen parts when there are sixteen, each as small as what was written.
    # https://www.sqlite.org/fts5.html#the_automerge_configuration_option
    db.execute("INSERT INTO messages_search (messages_search, rank) VALUES ('automerge', 0)")
