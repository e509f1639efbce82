"""Chats out of files: our own, ChatGPT's and Open WebUI's, known by their shape and not by their names.

Any of them may come inside ZIP archives. One chat at a time is read, so that its progress can be shown.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Any

from madlen import beginnings, lenient
from madlen.errors import MadlenError, TooLarge, Unacceptable
from madlen.files import chatgpt, documents, open_webui, pieces
from madlen.files.documents import Archive
from madlen.files.pieces import Piece

FILE_BYTES = 200_000_000
CHATS = 20_000
ENTRIES = 100_000
"""So many files may a ZIP archive hold, images among them."""
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError)

Reader = Callable[[Mapping[str, Any], datetime], tuple[Archive | None, list[str]]]


@dataclass(frozen=True, slots=True)
class Found:
    """One chat of a file, or a file in an archive that holds none: what was taken of it and what not."""

    where: str
    title: str = ""
    archive: Archive | None = None
    notes: tuple[str, ...] = ()
    """What was not taken, and why, as sentences."""
    done: float = 0.0
    """How much of the whole file is behind it, from 0 to 1."""
    source_id: str = ""
    """The id that one of our own files gives the session, which was that of the one it was made from."""


def read(file: IO[bytes], now: datetime) -> Iterator[Found]:
    """The chats of a file, each with ids of its own. What is wrong with one of them does not end the others.

    Raises ``TooLarge`` over 200 MB or 20,000 chats, and ``Unacceptable`` for what holds no chats at all.
    """
    size = file.seek(0, 2)
    if size > FILE_BYTES:
        raise TooLarge(f"The file is {size / 1e6:,.0f} MB; at most {FILE_BYTES // 1_000_000} MB can be read.")
    file.seek(0)
    begins = file.read(4)
    file.seek(0)
    found = _archived(file, now) if begins in {_ZIP, _EMPTY_ZIP} else _document(file.read(), now)
    chats = 0
    for one in found:
        chats += 1
        if chats > CHATS:
            raise TooLarge(f"The file holds more than {CHATS:,} chats; the first {CHATS:,} were read.")
        yield one
    if not chats:
        raise Unacceptable("The file holds no chats.")


def _document(content: bytes, now: datetime, *, beside_others: bool = False) -> Iterator[Found]:
    whole = pieces.document(content)
    if whole.opening == b"[":
        if beside_others:
            # An export has lists of other things too, which need no word about each of their members.
            _reader(next((piece.value() for piece in whole.members()), None))
        yield from _listed(whole, now)
        return
    members = {piece.name: piece for piece in whole.members()}
    if documents.is_one(members):
        yield from _ours(members)
    elif "conversations" in members and members["conversations"].opening == b"[":
        yield from _listed(members["conversations"], now)
    elif "mapping" in members or {"chat", "history", "messages"} & members.keys():
        yield _foreign(whole, "chat 1", now)
    else:
        raise Unacceptable("The file holds no chats of Madlen, ChatGPT or Open WebUI.")


def _ours(members: Mapping[str, Piece]) -> Iterator[Found]:
    table = documents.images_of(members)
    for piece, where in documents.read(members):
        done = piece.end / len(piece.content)
        try:
            archive, notes = documents.chat(piece, where, table)
        except MadlenError as error:
            yield Found(where, _title(piece), notes=(str(error),), done=done)
        else:
            session = archive.session
            yield Found(where, session.title, renewed(archive), tuple(notes), done, session.id)


def _listed(whole: Piece, now: datetime) -> Iterator[Found]:
    for number, piece in enumerate(whole.members(), 1):
        yield _foreign(piece, f"chat {number:,}", now)


def _foreign(piece: Piece, where: str, now: datetime) -> Found:
    done, title = piece.end / len(piece.content), ""
    try:
        value = piece.value()
        title = _title_of(value)
        archive, notes = _reader(value)(value, now)
    except MadlenError as error:
        return Found(where, title, notes=(str(error),), done=done)
    if archive is None:
        notes = [*notes, "It holds no prompt, so there is no chat to keep."]
        return Found(where, title, notes=tuple(notes), done=done)
    return Found(where, archive.session.title, archive, tuple(notes), done)


def _reader(value: Any) -> Reader:
    if chatgpt.is_one(value):
        return chatgpt.chat
    if open_webui.is_one(value):
        return open_webui.chat
    raise Unacceptable("This is no chat of ChatGPT or Open WebUI.")


def _archived(file: IO[bytes], now: datetime) -> Iterator[Found]:
    """The chats of every JSON file in a ZIP archive; what the archive says of sizes is not believed."""
    left, any_json = FILE_BYTES, False
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > ENTRIES:
                raise TooLarge(f"The archive holds {len(entries):,} files; at most {ENTRIES:,} can be read.")
            named = [entry for entry in entries if entry.filename.lower().endswith(".json")]
            for number, entry in enumerate(named):
                any_json = True
                with archive.open(entry) as opened:
                    content = opened.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise TooLarge(
                        f"The archive unpacks to more than {FILE_BYTES // 1_000_000} MB of JSON; "
                        "take it apart and import its parts."
                    )
                name = lenient.text(entry.filename)[-200:]
                for one in _entry(content, name, now):
                    yield replace(one, done=(number + one.done) / len(named))
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        struct.error,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        raise Unacceptable("The ZIP archive is damaged; download or pack it anew.") from error
    except (RuntimeError, NotImplementedError) as error:
        raise Unacceptable("The ZIP archive is encrypted or oddly packed; pack it anew.") from error
    if not any_json:
        raise Unacceptable("The archive holds no JSON file, and so no chats that can be read.")


def _entry(content: bytes, name: str, now: datetime) -> Iterator[Found]:
    try:
        for one in _document(content, now, beside_others=True):
            yield replace(one, where=f"{name}, {one.where}")
    except MadlenError as error:
        yield Found(name, notes=(str(error),), done=1.0)


def renewed(archive: Archive) -> Archive:
    """The same with new ids throughout, so that keeping it writes over nothing."""
    session = replace(archive.session, id=beginnings.fresh_id())
    ids: dict[str, str] = {}
    turns = []
    for turn in archive.turns:
        ids[turn.id] = turn_id = beginnings.fresh_id()
        replies = []
        for reply in turn.replies:
            ids[reply.id] = beginnings.fresh_id()
            replies.append(replace(reply, id=ids[reply.id], session_id=session.id, turn_id=turn_id))
        turns.append(replace(turn, id=turn_id, session_id=session.id, replies=tuple(replies)))
    votes = tuple(
        replace(
            vote,
            turn_id=ids[vote.turn_id],
            session_id=session.id,
            order=tuple(tuple(ids[one] for one in group) for group in vote.order),
        )
        for vote in archive.votes
    )
    judgements = tuple(
        replace(
            one,
            turn_id=ids[one.turn_id],
            session_id=session.id,
            replies=tuple(ids[reply_id] for reply_id in one.replies),
        )
        for one in archive.judgements
    )
    run = archive.run and replace(archive.run, id=beginnings.fresh_id(), session_id=session.id)
    return Archive(session, tuple(turns), votes, run, judgements)


def _title(piece: Piece) -> str:
    try:
        return _title_of(piece.value())
    except MadlenError:
        return ""


def _title_of(value: Any) -> str:
    return beginnings.title(lenient.text(lenient.mapping(value).get("title")))
