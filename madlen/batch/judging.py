"""Judges at work: answers are judged in the background, a few at a time, each verdict kept at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal

from madlen.batch import judge as judges
from madlen.batch.judge import Judge, Question
from madlen.batch.limits import BUSY, Channel, Limits
from madlen.batch.work import BUSY_SECONDS, LOOK_SECONDS
from madlen.chat import Chat
from madlen.errors import DailyLimit, MadlenError, UpstreamError
from madlen.judgements import Judgement
from madlen.types import Lane, Message, Reply, Status

AT_ONCE = 4
TRIES = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a judge is. ``note`` is why the last one of those that failed did."""

    total: int
    done: int = 0
    failed: int = 0
    note: str = ""
    running: bool = True


class Judging:
    """Asks judges and keeps what they say, paced by the limits of runs.

    Every method may be called from any thread but the loop's.
    What is not judged when the process ends is not judged: beginning again asks only for what is missing.
    """

    def __init__(
        self,
        chat: Chat,
        portal: BlockingPortal,
        limits: Limits,
        channel: Callable[[Lane], Awaitable[Channel]],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._chat = chat
        self._portal = portal
        self._limits = limits
        self._channel = channel
        self._now = now
        self._progress: dict[str, Progress] = {}
        self._tasks: dict[str, Future[None]] = {}

    def begin(self, run_id: str, judge: Judge, asked: Sequence[Question]) -> None:
        """Judges what this judge has not judged in this way. Raises ``Unacceptable``; a second one waits."""
        judges.check_judge(judge)
        if self.running(run_id):
            return
        left = self.left(judge, asked)
        self._progress[run_id] = Progress(len(left), running=bool(left))
        if left:
            self._tasks[run_id] = self._portal.start_task_soon(self._judge_all, run_id, judge, left)

    def left(self, judge: Judge, asked: Sequence[Question]) -> list[Question]:
        """The questions that this judge has not answered in this way."""
        sessions = {question.session_id for question in asked}
        known = {
            one.replies
            for session_id in sessions
            for one in self._chat.store.judgements(session_id)
            if (one.judge, one.template) == (judge.model_id, judge.digest) and one.readable
        }
        return [question for question in asked if question.ids not in known]

    def running(self, run_id: str) -> bool:
        return run_id in self._tasks and not self._tasks[run_id].done()

    def progress(self, run_id: str) -> Progress | None:
        """How far the judging of a run is; ``None`` where none was begun since the process started."""
        found = self._progress.get(run_id)
        return found and replace(found, running=self.running(run_id))

    def stop(self, run_id: str) -> None:
        """Ends it here; what was judged stays."""
        if task := self._tasks.get(run_id):
            task.cancel()

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _judge_all(self, run_id: str, judge: Judge, asked: Sequence[Question]) -> None:
        free = anyio.Semaphore(AT_ONCE)
        channel = await self._channel(Lane(judge.model_id))
        # Whoever begins anew knows of requests that we do not.
        self._limits.try_again()

        async def one(question: Question) -> None:
            try:
                await self._judge(judge, question, channel)
            except MadlenError as error:
                now = self._progress[run_id]
                self._progress[run_id] = replace(now, failed=now.failed + 1, note=str(error))
            else:
                now = self._progress[run_id]
                self._progress[run_id] = replace(now, done=now.done + 1)
            finally:
                free.release()

        async with anyio.create_task_group() as group:
            for question in asked:
                await free.acquire()
                group.start_soon(one, question)

    async def _judge(self, judge: Judge, question: Question, channel: Channel) -> None:
        asked = judges.requests(judge, question)
        said = [await self._answer(judge, messages, channel) for messages in asked]
        verdict = judges.verdict(judge, said)
        judgement = Judgement(
            judge=judge.model_id,
            turn_id=question.turn_id,
            session_id=question.session_id,
            replies=question.ids,
            judged_at=self._now(),
            outcome=verdict.outcome,
            score=verdict.score,
            reason=verdict.reason,
            flipped=verdict.flipped,
            template=judge.digest,
        )
        await anyio.to_thread.run_sync(self._chat.store.keep_judgement, judgement)

    async def _answer(self, judge: Judge, messages: Sequence[Message], channel: Channel) -> str:
        """The judge's words, asked for when the limits allow it. Raises ``MadlenError``."""
        for left in reversed(range(TRIES)):
            await self._admitted(channel)
            try:
                reply = await self._reply(judge, messages)
            finally:
                self._limits.give(channel)
            if reply.status is Status.COMPLETE:
                return reply.text
            failure = reply.failure
            if failure and failure.kind == DailyLimit.kind and channel.free:
                self._limits.end_day()
            elif failure and failure.kind in BUSY and left:
                self._limits.hold(channel, float(failure.extra.get("retry_after", BUSY_SECONDS)))
                continue
            raise UpstreamError(failure.sentence if failure else "The judge's answer was stopped.")
        raise AssertionError

    async def _admitted(self, channel: Channel) -> None:
        """Returns when the channel may be asked, and has been taken. Raises ``DailyLimit``."""
        while seconds := self._limits.wait(channel):
            if self._limits.day_used_up(channel):
                raise DailyLimit("The free requests of today are used up. Judge the rest after midnight UTC.")
            await anyio.sleep(min(seconds, LOOK_SECONDS))
        self._limits.take(channel)

    async def _reply(self, judge: Judge, messages: Sequence[Message]) -> Reply:
        generation = await anyio.to_thread.run_sync(
            self._chat.answer, judge.model_id, messages, judge.parameters
        )
        try:
            async for _ in generation.afollow():
                pass
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(generation.stop)
            raise
        return generation.reply()
