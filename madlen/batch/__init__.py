"""Prompt sets and their runs: what pages and API do with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from anyio.from_thread import BlockingPortal

from madlen import beginnings, catalogue, comparison, prompt_sets, tracing
from madlen.batch.asking import Asking
from madlen.batch.limits import MINUTE_SECONDS, Limits
from madlen.batch.runner import Runner
from madlen.batch.verdicts import Verdicts
from madlen.batch.work import Means
from madlen.chat import check_prompt
from madlen.errors import TooLarge, Unacceptable
from madlen.hub import Hub
from madlen.origins import Origin
from madlen.prompt_sets import Cell, CellState, Progress, Prompt, PromptSet, Run, RunStatus
from madlen.providers.account import MINUTE_REQUESTS
from madlen.providers.directory import Directory
from madlen.store import Store
from madlen.types import Lane, Model, Quota, Reply, Turn

MOST_PROMPTS = 5000
_LIVE = (RunStatus.RUNNING, RunStatus.PAUSED)
_RESTING = (RunStatus.PAUSED, RunStatus.STOPPED)


class Batch:
    """Prompt sets and runs. Every method may be called from any thread but the loop's.

    ``quota`` gives what the account may still do, ``renew_quota`` asks it anew; ``concurrency`` is how
    many cells are asked at once.
    """

    def __init__(
        self,
        store: Store,
        hub: Hub,
        directory: Directory,
        portal: BlockingPortal,
        tracer: tracing.Tracing,
        *,
        concurrency: int,
        quota: Callable[[], Quota | None],
        renew_quota: Callable[[], Awaitable[None]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._hub = hub
        self._portal = portal
        self._now = now
        self.verdicts = Verdicts()
        means = Means(
            owner=beginnings.fresh_id(),
            store=store,
            hub=hub,
            asking=Asking(store, hub, directory, tracer, now=now),
            limits=Limits(concurrency, quota),
            renew_quota=renew_quota,
            now=now,
            verdicts=self.verdicts,
        )
        self.asking, self.limits = means.asking, means.limits
        """What judges are paced by too, for they take from the same minute and the same day."""
        self._runner = Runner(means)

    def save(self, wanted: PromptSet) -> PromptSet:
        """Keeps a set in place of the one with its id and dates it; what has no id is given one.

        Raises ``Unacceptable`` and ``TooLarge``.
        """
        now, name = self._now(), beginnings.title(wanted.name)
        if not name:
            raise Unacceptable("A prompt set needs a name.")
        known = replace(
            wanted, id=wanted.id or beginnings.fresh_id(), name=name, prompts=_prompts(wanted), updated_at=now
        )
        self._store.save_set(known)
        return known

    def delete_set(self, set_id: str) -> None:
        """Deletes a set; its runs stay. Raises ``NotFound``."""
        self._store.delete_set(set_id)

    def start(
        self, wanted: PromptSet, lanes: Sequence[Lane], name: str = "", *, origin: Origin | None = None
    ) -> Run:
        """Begins a run of the set as it is; a set without an id need not be kept.

        Raises ``Unacceptable`` and ``TooLarge``.
        """
        comparison.check_lanes(lanes)
        prompts = _prompts(wanted)
        if not prompts:
            raise Unacceptable("There is nothing to run: the prompt set has no prompts.")
        now = self._now()
        title = beginnings.title(name) or beginnings.title(wanted.name) or "Run"
        session = replace(beginnings.session(lanes[0].model_id, title, now), lanes=tuple(lanes))
        run = Run(
            id=beginnings.fresh_id(),
            session_id=session.id,
            name=title,
            lanes=tuple(lanes),
            prompts=prompts,
            created_at=now,
            set_id=wanted.id,
            checks=wanted.checks,
            went_on_at=now,
        )
        turns = [
            Turn(beginnings.fresh_id(), session.id, prompt.asked, now, prompt.pictures) for prompt in prompts
        ]
        self._store.begin_run(run, session, turns, origin=origin)
        self._runner.rouse()
        return run

    def pause(self, run_id: str) -> Run:
        """Asks nothing more of a running run; cells in flight finish. Raises ``NotFound``."""
        return self._changed(run_id, RunStatus.PAUSED, [RunStatus.RUNNING])

    def resume(self, run_id: str) -> Run:
        """Lets a run that paused or was stopped go on with what waits. Raises ``NotFound``."""
        return self._changed(run_id, RunStatus.RUNNING, _RESTING)

    def stop(self, run_id: str) -> Run:
        """Asks nothing more and stops the cells in flight, which have failed then. Raises ``NotFound``."""
        run = self._changed(run_id, RunStatus.STOPPED, _LIVE)
        for cell in self._store.cells(run_id):
            if cell.state is CellState.ASKING and run.status is RunStatus.STOPPED:
                self._hub.stop(cell.reply_id)
        return run

    def retry(self, run_id: str) -> Run:
        """Asks the failed cells anew, whose replies go, and those that wait. Raises ``NotFound``."""
        self._store.retry_cells(run_id, self._now())
        self._runner.rouse()
        return self._store.run_heading(run_id)

    def delete_run(self, run_id: str) -> None:
        """Deletes a run with its answers and stops what is in flight. Raises ``NotFound``."""
        session_id = self._store.run_heading(run_id).session_id
        self._store.delete_session(session_id)
        self._hub.stop_session(session_id)
        self._runner.rouse()

    def progress(self, run_id: str) -> Progress:
        """How far a run is. Raises ``NotFound``."""
        run, cells = self._store.run_heading(run_id), self._store.cells(run_id)
        free = {lane.name for lane in run.lanes if catalogue.counts_against_quota(_unlisted(lane))}
        waiting = sum(1 for cell in cells if cell.lane in free and cell.state is CellState.WAITING)
        least = waiting // MINUTE_REQUESTS * MINUTE_SECONDS
        return prompt_sets.progress(run, cells, self._now(), least_seconds=least)

    def results(self, run_id: str) -> list[tuple[Cell, Reply | None]]:
        """Every cell with its reply, prompt by prompt and in the order of the lanes. Raises ``NotFound``."""
        session_id = self._store.run_heading(run_id).session_id
        # Read before the replies: one that is said to be whole then has all its words.
        cells = self._store.cells(run_id)
        replies = {reply.id: reply for turn in self._store.turns(session_id) for reply in turn.replies}
        return [(cell, replies.get(cell.reply_id)) for cell in cells]

    def check(self, run: Run, cells: Sequence[tuple[Cell, Reply | None]]) -> Iterator[float]:
        """Comes to the verdicts that are not known yet, and tells how far it is, from 0 to 1."""
        prompts = {prompt.id: prompt for prompt in run.prompts}
        left = [
            (prompts[cell.prompt_id], reply)
            for cell, reply in cells
            if reply is not None and not self.verdicts.knows(reply)
        ]
        for number, (prompt, reply) in enumerate(left, 1):
            self.verdicts.of(reply, prompt, run.checks)
            yield number / len(left)

    async def keep_running(self) -> None:
        """Brings runs to their ends, for as long as the process runs."""
        await self._runner.keep()

    def close(self) -> None:
        """Returns when no cell is being started any more."""
        self._portal.call(self._runner.close)

    def _changed(self, run_id: str, status: RunStatus, among: Sequence[RunStatus]) -> Run:
        """The run, with the status where it had one of those; else as it is."""
        self._store.change_run(run_id, status, self._now(), among=among)
        self._runner.rouse()
        return self._store.run_heading(run_id)


def _prompts(wanted: PromptSet) -> tuple[Prompt, ...]:
    """The set's prompts, each with an id of its own. Raises ``Unacceptable`` and ``TooLarge``."""
    if len(wanted.prompts) > MOST_PROMPTS:
        raise TooLarge(f"A prompt set has at most {MOST_PROMPTS:,} prompts, not {len(wanted.prompts):,}.")
    for prompt in wanted.prompts:
        check_prompt(prompt.asked, prompt.pictures)
    known = tuple(replace(prompt, id=prompt.id or beginnings.fresh_id()) for prompt in wanted.prompts)
    if len({prompt.id for prompt in known}) < len(known):
        raise Unacceptable("Two prompts of the set have the same id; give each one of its own.")
    return known


def _unlisted(lane: Lane) -> Model:
    return Model(lane.model_id, lane.model_id, "openrouter")
