"""The use cases of files: export sessions, take them from files, ask what a file holds once more."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO

import anyio.to_thread
from anyio.from_thread import BlockingPortal

from madlen import beginnings, then_now
from madlen.chat import Asked, Chat
from madlen.errors import MadlenError, NotFound, Unacceptable
from madlen.files import documents, imports
from madlen.files.documents import Archive
from madlen.files.imports import Found
from madlen.files.kinds import MEDIA_TYPES, File, Kind, file_name
from madlen.origins import Origin
from madlen.store import Store
from madlen.types import Lane, Session, Status, Turn

PROMPTS_AGAIN = 200
_ENDED_BY_HAND = {Status.STOPPED, Status.INTERRUPTED}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one chat of a file; without a session it was not kept."""

    found: Found
    session: Session | None = None


class Archives:
    """What pages and API do with files. Every method may be called from any thread but the loop's."""

    def __init__(
        self,
        chat: Chat,
        portal: BlockingPortal,
        *,
        app_version: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._chat = chat
        self._store = chat.store
        self._portal = portal
        self._app_version = app_version
        self._now = now
        self._asking = threading.Lock()
        self._closing = False
        self._going: dict[str, Future[None]] = {}

    def export(self, session_id: str, kind: Kind) -> File:
        """A session as a file. Raises ``NotFound``."""
        return file(self._archive(session_id), kind, app_version=self._app_version, now=self._now())

    def bundle(self, session_ids: Sequence[str], kind: Kind, out: IO[bytes]) -> Iterator[float]:
        """Writes a ZIP archive with a file for each session, and tells how far it is, from 0 to 1.

        One session at a time is in memory. One that was deleted meanwhile is left out; where none is
        left ``NotFound`` is raised.
        """
        wanted, written = list(dict.fromkeys(session_ids)), 0
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for number, session_id in enumerate(wanted, 1):
                try:
                    archive = self._archive(session_id)
                except NotFound:
                    continue
                with packed.open(file_name(archive.session, kind), "w", force_zip64=True) as entry:
                    for part in parts(archive, kind, app_version=self._app_version, now=self._now()):
                        entry.write(part.encode())
                written += 1
                yield number / len(wanted)
        if not written:
            raise NotFound("None of these chats is there; they may have been deleted.")

    def take(self, file: IO[bytes]) -> Iterator[Taken]:
        """Keeps the chats of a file, one by one, and tells what became of each.

        Raises ``Unacceptable`` and ``TooLarge`` for the file as a whole; what came before it is kept.
        """
        for found in imports.read(file, self._now()):
            if found.archive is None:
                yield Taken(found)
            else:
                self._keep(found, found.archive)
                yield Taken(found, found.archive.session)

    def rerun_file(self, file: IO[bytes]) -> Session:
        """A new comparison that asks what a file of one chat asked, of the same lanes.

        What the file holds is kept too, unless it is here already, to be looked at beside the new
        answers. Raises what ``take`` and ``rerun`` raise, and ``Unacceptable`` for a file of several.
        """
        found, archive = only(file, self._now())
        if archive.run is not None:
            raise Unacceptable("The file holds a run of a prompt set, which is run again where sets are.")
        if is_here(self._store, found.source_id, archive):
            return self._again(archive, found.source_id)
        self._keep(found, archive)
        try:
            return self._again(archive, archive.session.id)
        except MadlenError:
            self._store.delete_session(archive.session.id)
            raise

    def rerun(self, session_id: str) -> Session:
        """A new comparison that asks what a session asked, of the same lanes.

        The first prompt is asked now, each next one when all lanes have answered. Raises ``NotFound``,
        ``Unacceptable`` where nothing was asked, and what ``Chat.ask`` raises.
        """
        return self._again(self._archive(session_id), session_id)

    def then_and_now(self, session_id: str) -> tuple[then_now.Round, ...]:
        """The answers of a session that asked again, beside those of then; none where that is gone."""
        origin = self._store.origin(session_id)
        if origin is None or origin.kind != "rerun":
            return ()
        return then_now.paired(self._store.turns(origin.session_id), self._store.turns(session_id))

    def is_asking(self, session_id: str) -> bool:
        """Whether prompts of a session that asks again are still to come."""
        return session_id in self._going

    def close(self) -> None:
        """Asks nothing more."""
        with self._asking:
            self._closing = True
        for task in tuple(self._going.values()):
            task.cancel()

    def _archive(self, session_id: str) -> Archive:
        session = self._store.session(session_id)
        turns, votes = self._store.turns(session_id), self._store.votes_of(session_id)
        return Archive(session, tuple(turns), tuple(votes))

    def _keep(self, found: Found, archive: Archive) -> None:
        keep(self._store, archive, Origin("import", found.source_id))

    def _again(self, archive: Archive, session_id: str) -> Session:
        prompts = [(turn, lanes) for turn, lanes in _lanes_of(archive) if lanes]
        now, (first, lanes) = self._now(), prompts[0]
        begun = beginnings.session(lanes[0].model_id, archive.session.title, now)
        again = replace(begun, lanes=tuple(prompts[-1][1]))
        self._store.keep(again, [], origin=Origin("rerun", session_id))
        try:
            asked = self._ask(again.id, first, lanes)
        except MadlenError:
            self._store.delete_session(again.id)
            raise
        if len(prompts) > 1 and asked is not None:
            task = self._portal.start_task_soon(self._go_on, again.id, asked, prompts[1:])
            self._going[again.id] = task
            task.add_done_callback(lambda _: self._going.pop(again.id, None))
        return self._store.session(again.id)

    def _ask(self, session_id: str, turn: Turn, lanes: Sequence[Lane]) -> Asked | None:
        """Asks a prompt again; nothing once this process ends."""
        with self._asking:
            if self._closing:
                return None
            return self._chat.ask(turn.text, lanes, session_id=session_id, pictures=turn.pictures)

    async def _go_on(
        self, session_id: str, asked: Asked | None, prompts: Sequence[tuple[Turn, list[Lane]]]
    ) -> None:
        """Asks one prompt after the other, until a person stops all lanes or a prompt cannot be asked."""
        for turn, lanes in prompts:
            if asked is None:
                return
            for generation in asked.generations:
                async with aclosing(generation.afollow()) as updates:
                    async for _ in updates:
                        pass
            if all(generation.reply().status in _ENDED_BY_HAND for generation in asked.generations):
                return
            try:
                asked = await anyio.to_thread.run_sync(self._ask, session_id, turn, lanes)
            except MadlenError:
                # The view of then and now says which prompts were not asked again.
                return


def file(archive: Archive, kind: Kind, *, app_version: str, now: datetime) -> File:
    """What is known of a session as a file."""
    content = "".join(parts(archive, kind, app_version=app_version, now=now)).encode()
    return File(file_name(archive.session, kind), MEDIA_TYPES[kind], content)


def parts(archive: Archive, kind: Kind, *, app_version: str, now: datetime) -> Iterator[str]:
    """The words of a file, in parts; join them."""
    if kind == "json":
        return documents.written([archive], app_version=app_version, now=now)
    # What writes for people is needed by few, and not at a start.
    from madlen.files import html, markdown  # noqa: PLC0415

    written = html.written if kind == "html" else markdown.written
    return written(archive, app_version=app_version, now=now)


def only(file: IO[bytes], now: datetime) -> tuple[Found, Archive]:
    """What a file of one chat holds. Raises what ``imports.read`` raises, and ``Unacceptable``."""
    found = [one for one, _ in zip(imports.read(file, now), range(2), strict=False)]
    if len(found) > 1:
        raise Unacceptable("The file holds several chats; only a file of one can be asked again.")
    archive = found[0].archive
    if archive is None:
        raise Unacceptable(" ".join(found[0].notes))
    return found[0], archive


def keep(store: Store, archive: Archive, origin: Origin) -> None:
    """Keeps what a file holds, as the chat, comparison or run that it is."""
    if archive.run is None:
        store.keep(archive.session, archive.turns, votes=archive.votes, origin=origin)
    else:
        store.begin_run(
            archive.run,
            archive.session,
            archive.turns,
            votes=archive.votes,
            judgements=archive.judgements,
            origin=origin,
        )


def is_here(store: Store, session_id: str, archive: Archive) -> bool:
    """Whether the session that a file was made from is here and says the same."""
    if not session_id:
        return False
    return [*map(_said, store.turns(session_id))] == [*map(_said, archive.turns)]


def _lanes_of(archive: Archive) -> list[tuple[Turn, list[Lane]]]:
    """Each prompt with the lanes that answered it. Raises ``Unacceptable`` where there are none at all."""
    asked = []
    for turn in archive.turns:
        last = {then_now.lane_name(reply.lane): reply for reply in turn.replies}
        lanes = [
            Lane(reply.model_id, name, reply.parameters, reply.system or archive.session.system)
            for name, reply in last.items()
        ]
        asked.append((turn, lanes))
    if not any(lanes for _, lanes in asked):
        raise Unacceptable("Nothing was answered in this chat, so there is nothing to ask again.")
    if len(asked) > PROMPTS_AGAIN:
        raise Unacceptable(f"There are {len(asked):,} prompts; at most {PROMPTS_AGAIN} can be asked again.")
    return asked


def _said(turn: Turn) -> tuple[str, ...]:
    return (turn.text, *(reply.text for reply in turn.replies))
