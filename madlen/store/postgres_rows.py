"""How rows come into PostgreSQL's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from madlen.store import rows
from madlen.store.postgres_connections import Connection
from madlen.types import Picture


def insert(connection: Connection, table: str, columns: Mapping[str, Any]) -> None:
    """One row; its columns are named as the table's."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    connection.execute(statement, [*columns.values()])


def insert_pictures(connection: Connection, message_id: str, pictures: Sequence[Picture]) -> None:
    """Links pictures to a message, the bytes of each kept once; what is there already stays."""
    for position, picture in enumerate(pictures):
        if picture.sha256:
            connection.execute(
                "INSERT INTO images (sha256, media_type, content) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [picture.sha256, picture.media_type, picture.content],
            )
        connection.execute(
            "INSERT INTO message_images (message_id, position, image_url, sha256) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [message_id, position, rows.reference(picture), picture.sha256 or None],
        )
