"""The use cases of files for runs of prompt sets: export one, take one, run again what one holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO

from madlen import archives
from madlen.batch import Batch
from madlen.errors import MadlenError, NotFound, Unacceptable
from madlen.files.documents import Archive
from madlen.files.imports import Found
from madlen.files.kinds import File, Kind
from madlen.origins import Origin
from madlen.prompt_sets import PromptSet, Run
from madlen.store import Store


class RunFiles:
    """What pages and API do with files of runs. Every method may be called from any thread but the loop's."""

    def __init__(
        self,
        store: Store,
        batch: Batch,
        *,
        app_version: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._batch = batch
        self._app_version = app_version
        self._now = now

    def export(self, run_id: str, kind: Kind) -> File:
        """A run as a file: its prompts, checks, answers, votes and judgements. Raises ``NotFound``."""
        run = self._store.run(run_id)
        archive = Archive(
            self._store.session(run.session_id),
            tuple(self._store.turns(run.session_id)),
            tuple(self._store.votes_of(run.session_id)),
            run,
            tuple(self._store.judgements(run.session_id)),
        )
        return archives.file(archive, kind, app_version=self._app_version, now=self._now())

    def take(self, file: IO[bytes]) -> Run:
        """Keeps the run that a file holds. Raises ``Unacceptable`` and ``TooLarge``."""
        found, archive, run = self._only(file)
        archives.keep(self._store, archive, Origin("import", found.source_id))
        return run

    def rerun_file(self, file: IO[bytes]) -> Run:
        """A new run that asks what a file's run asked, of the same lanes.

        What the file holds is kept too, unless it is here already, to be laid beside the new answers.
        Raises what ``take`` and ``rerun`` raise.
        """
        found, archive, run = self._only(file)
        if archives.is_here(self._store, found.source_id, archive):
            return self._again(run, found.source_id)
        archives.keep(self._store, archive, Origin("import", found.source_id))
        try:
            return self._again(run, run.session_id)
        except MadlenError:
            self._store.delete_session(run.session_id)
            raise

    def rerun(self, run_id: str) -> Run:
        """A new run of the prompts, checks and lanes of a run. Raises ``NotFound`` and what runs raise."""
        run = self._store.run(run_id)
        return self._again(run, run.session_id)

    def then(self, run: Run) -> str:
        """The id of the session whose answers a run that asked again is to be laid beside; or nothing."""
        try:
            origin = self._store.origin(run.session_id)
        except NotFound:
            return ""
        return origin.session_id if origin and origin.kind == "rerun" else ""

    def _only(self, file: IO[bytes]) -> tuple[Found, Archive, Run]:
        found, archive = archives.only(file, self._now())
        if archive.run is None:
            raise Unacceptable("The file holds no run of a prompt set; chats are imported where chats are.")
        return found, archive, archive.run

    def _again(self, run: Run, session_id: str) -> Run:
        wanted = PromptSet(run.set_id, run.name, run.created_at, run.created_at, run.prompts, run.checks)
        return self._batch.start(wanted, run.lanes, run.name, origin=Origin("rerun", session_id))
