"""Our own JSON files: whole chats and comparisons, one or many, with the bytes of each image once.

    {"format": "madlen", "version": 1, "app_version": "1.0.0", "exported_at": "...",
     "chats": [{"id", "title", "lanes", "turns": [{"prompt", "replies": [...]}], "votes", ...}],
     "images": {"<sha256>": {"media_type", "base64"}}}

A run of a prompt set is a chat with a member ``run``: its prompts, checks and judgements.
A turn or reply names its images as ``sha256:...``, or by the https address that was given.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from madlen import comparison
from madlen.errors import MadlenError, Unacceptable
from madlen.files import runs, shapes
from madlen.files.album import BY_HASH, Album
from madlen.files.pieces import Piece
from madlen.judgements import Judgement
from madlen.prompt_sets import Run
from madlen.types import Failure, Lane, Parameters, Picture, Reply, Session, Status, Timing, Turn, Usage
from madlen.votes import Vote

_CUT = "The file was made while this answer was still being written."


@dataclass(frozen=True, slots=True)
class Archive:
    """A chat, a comparison, or a run of a prompt set, with all that belongs to it."""

    session: Session
    turns: tuple[Turn, ...] = ()
    votes: tuple[Vote, ...] = ()
    run: Run | None = None
    judgements: tuple[Judgement, ...] = ()


def written(archives: Iterable[Archive], *, app_version: str, now: datetime) -> Iterator[str]:
    """A file that holds the archives, in parts; join them. One archive at a time is needed in memory."""
    head = {
        "format": shapes.FORMAT,
        "version": shapes.VERSION,
        "app_version": app_version,
        "exported_at": now.isoformat(),
    }
    yield _json(head)[:-1] + ', "chats": ['
    shown: dict[str, Picture] = {}
    for number, archive in enumerate(archives):
        yield (",\n" if number else "\n") + _json(_chat(archive))
        shown |= {picture.sha256: picture for picture in _pictures(archive) if picture.sha256}
    yield '\n], "images": {'
    for number, picture in enumerate(shown.values()):
        encoded = base64.b64encode(picture.content).decode("ascii")
        image = {"media_type": picture.media_type, "base64": encoded}
        yield f"{',' if number else ''}\n{_json(picture.sha256)}: {_json(image)}"
    yield "\n}}\n"


def is_one(members: Mapping[str, Piece]) -> bool:
    """Whether the members of a document are those of ours."""
    return "format" in members and members["format"].value() == shapes.FORMAT


def read(members: Mapping[str, Piece]) -> Iterator[tuple[Piece, str]]:
    """Each chat of a file, and its place. Raises ``Unacceptable`` for a file of a newer Madlen."""
    version = members["version"].value() if "version" in members else None
    if version != shapes.VERSION:
        raise Unacceptable(
            f"The file has version {str(version)[:20]!r} of Madlen's format and this Madlen reads version "
            f"{shapes.VERSION}; a newer one may read it."
        )
    if "chats" not in members or members["chats"].opening != b"[":
        raise Unacceptable("The file holds no list of chats.")
    for number, piece in enumerate(members["chats"].members()):
        yield piece, f"chats[{number}]"


def images_of(members: Mapping[str, Piece]) -> dict[str, Piece]:
    """The images of a file by their SHA-256, not yet looked at."""
    if "images" not in members or members["images"].opening != b"{":
        return {}
    return {piece.name: piece for piece in members["images"].members()}


def chat(piece: Piece, where: str, table: Mapping[str, Piece]) -> tuple[Archive, list[str]]:
    """A chat with the ids that the file gives it, and what of it cannot be had, as sentences.

    Raises ``Unacceptable`` with the place of what is wrong. Images are decoded and written anew.
    """
    try:
        found = shapes.Chat.model_validate_json(piece.text())
    except ValidationError as error:
        raise Unacceptable(shapes.sentence(error.errors(include_url=False), where)) from error
    session = Session(
        id=found.id,
        title=found.title,
        model_id=found.model_id,
        created_at=found.created_at,
        updated_at=found.updated_at,
        system=found.system,
        parameters=_parameters(found.parameters),
        lanes=tuple(
            Lane(lane.model_id, lane.name, _parameters(lane.parameters), lane.system) for lane in found.lanes
        ),
    )
    if session.lanes:
        comparison.check_lanes(session.lanes)
    album = Album(table)
    turns = tuple(
        _turn(turn, session.id, album, f"{where}.turns[{number}]") for number, turn in enumerate(found.turns)
    )
    _check_ids(turns, where)
    votes, told = _votes(found.votes, session.id, turns)
    count = sum(1 + len(turn.replies) for turn in turns)
    whole = Archive(replace(session, message_count=count), turns, votes)
    if found.run is not None:
        run, judgements = runs.read(found.run, session, turns, where)
        whole = replace(whole, run=run, judgements=judgements)
    return whole, [*album.told, *told]


def _chat(archive: Archive) -> dict[str, Any]:
    session = archive.session
    return {
        "id": session.id,
        "title": session.title,
        "model_id": session.model_id,
        "created_at": session.created_at.isoformat(),
        "updated_at": session.updated_at.isoformat(),
        "system": session.system,
        "parameters": _known(session.parameters),
        "lanes": [{**_known(lane), "parameters": _known(lane.parameters)} for lane in session.lanes],
        "turns": [
            {
                "id": turn.id,
                "prompt": turn.text,
                "created_at": turn.created_at.isoformat(),
                "blind": turn.blind,
                "images": [_reference(picture) for picture in turn.pictures],
                "replies": [_reply(reply) for reply in turn.replies],
            }
            for turn in archive.turns
        ],
        "votes": [
            {
                **{name: part for name, part in _known(vote).items() if name != "session_id"},
                "voted_at": vote.voted_at.isoformat(),
            }
            for vote in archive.votes
        ],
        **({"run": runs.written(archive.run, archive.judgements)} if archive.run else {}),
    }


def _reply(reply: Reply) -> dict[str, Any]:
    """Everything that is known of a reply. Its cost is text, for a number would lose digits."""
    usage = _known(reply.usage)
    if reply.usage.cost is not None:
        usage["cost"] = str(reply.usage.cost)
    parts = {
        **_known(reply),
        "status": reply.status.value,
        "created_at": reply.created_at.isoformat(),
        "usage": usage,
        "timing": _known(reply.timing),
        "failure": reply.failure and {**_known(reply.failure), "extra": dict(reply.failure.extra)},
        "parameters": _known(reply.parameters),
        "pictures": None,
        "images": [_reference(picture) for picture in reply.pictures],
        "session_id": None,
        "turn_id": None,
    }
    return {name: part for name, part in parts.items() if part or name == "text"}


def _turn(found: shapes.Turn, session_id: str, album: Album, where: str) -> Turn:
    return Turn(
        id=found.id,
        session_id=session_id,
        text=found.prompt,
        created_at=found.created_at,
        pictures=album.shown(found.images, where),
        replies=tuple(
            _reply_of(reply, session_id, found.id, album.shown(reply.images, f"{where}.replies[{number}]"))
            for number, reply in enumerate(found.replies)
        ),
        blind=found.blind,
    )


def _reply_of(found: shapes.Reply, session_id: str, turn_id: str, pictures: tuple[Picture, ...]) -> Reply:
    plain = {name: getattr(found, name) for name in type(found).model_fields if name != "images"}
    failure = found.failure and Failure(**dict(found.failure))
    status = found.status
    if status is Status.STREAMING:
        # Nobody writes it any more.
        status, failure = Status.INTERRUPTED, Failure("interrupted", _CUT)
    return Reply(
        **{
            **plain,
            "session_id": session_id,
            "turn_id": turn_id,
            "status": status,
            "usage": Usage(**dict(found.usage)),
            "timing": Timing(**dict(found.timing)),
            "failure": failure,
            "parameters": _parameters(found.parameters),
            "pictures": pictures,
        }
    )


def _votes(
    found: Iterable[shapes.Vote], session_id: str, turns: tuple[Turn, ...]
) -> tuple[tuple[Vote, ...], list[str]]:
    kept: dict[str, Vote] = {}
    told = []
    by_id = {turn.id: turn for turn in turns}
    for number, one in enumerate(found):
        vote = Vote(session_id=session_id, **dict(one))
        try:
            comparison.voted_on(vote, [by_id[vote.turn_id]] if vote.turn_id in by_id else [])
        except MadlenError as error:
            told.append(f"votes[{number}] was not taken: {error}")
        else:
            kept[vote.turn_id] = vote
    return tuple(kept.values()), told


def _check_ids(turns: tuple[Turn, ...], where: str) -> None:
    ids = [turn.id for turn in turns] + [reply.id for turn in turns for reply in turn.replies]
    if len(set(ids)) < len(ids):
        raise Unacceptable(f"{where} gives the same id to two of its prompts or answers.")


def _parameters(found: shapes.Parameters) -> Parameters:
    return Parameters(**dict(found))


def _pictures(archive: Archive) -> Iterator[Picture]:
    for turn in archive.turns:
        yield from turn.pictures
        for reply in turn.replies:
            yield from reply.pictures


def _reference(picture: Picture) -> str:
    return picture.url or f"{BY_HASH}{picture.sha256}"


def _known(value: Any) -> dict[str, Any]:
    """The fields of a value that are known."""
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {name: part for name, part in fields.items() if part is not None and part != ()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
