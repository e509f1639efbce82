"""Transactions in SQL that every back end understands, and the rows that go into them."""

# ruff: noqa: S608  # statements are put together from names in the code, never from values

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from madlen.store import rows
from madlen.store.rows import Row
from madlen.types import Picture, Reply, Turn


class Tables(Protocol):
    """One transaction. Values stand for the question marks of a statement."""

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]: ...

    def each(self, statement: str, values: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
        """The values of the rows as they are found, for whoever may not want all of them."""

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """How many rows it changed."""

    def change_all(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        """The same for each row of values."""


class Transactions(ABC):
    """A store that has such transactions."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Tables]: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Tables]: ...


def insert(db: Tables, table: str, columns: Sequence[Mapping[str, Any]], otherwise: str = "") -> None:
    """Rows with the same columns, which are named as the table's."""
    if columns:
        names = ", ".join(columns[0])
        db.change_all(
            f"INSERT INTO {table} ({names}) VALUES ({marks(columns[0])})" + otherwise,
            [[*row.values()] for row in columns],
        )


def keep_images(db: Tables, pictures: Iterable[Picture]) -> None:
    """The bytes of each kept once; what is there already stays."""
    columns = [
        {"sha256": one.sha256, "media_type": one.media_type, "content": one.content} for one in pictures
    ]
    insert(db, "images", columns, " ON CONFLICT DO NOTHING")


def links(messages: Sequence[Turn | Reply]) -> list[dict[str, Any]]:
    """The pictures of prompts or replies, in their order."""
    return [
        {
            "message_id": message.id,
            "position": position,
            "image_url": rows.reference(picture),
            "sha256": picture.sha256 or None,
        }
        for message in messages
        for position, picture in enumerate(message.pictures)
    ]


def show(db: Tables, messages: Sequence[Turn | Reply]) -> None:
    """Links prompts or replies to their pictures; what is there already stays."""
    keep_images(db, (picture for one in messages for picture in one.pictures if picture.sha256))
    insert(db, "message_images", links(messages), " ON CONFLICT DO NOTHING")


def marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
