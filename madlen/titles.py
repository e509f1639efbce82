"""Titles by a model: asked in the background for chats that begin, where a setting names the model."""

from __future__ import annotations

import re
from concurrent.futures import Future
from contextlib import aclosing

import anyio.to_thread
from anyio.from_thread import BlockingPortal

from madlen import beginnings
from madlen.chat import Chat
from madlen.errors import MadlenError
from madlen.generation import Generation
from madlen.types import Message, Parameters, Session, Status

_ASKED = (
    "Give a title of at most six words, in the language of the message, to a chat that begins with the "
    "message below. Answer with the title alone, without quotes.\n\n"
)
_SEEN = 2000
"""So many characters of a prompt are enough to name it."""
_SAMPLED = Parameters(temperature=0.2, max_tokens=32, reasoning_effort="none")
_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_AROUND = "\"'“”‘’«»„`*_# ."


class Titles:
    """Gives chats that begin a title by a model, in place of the one made from the first prompt."""

    def __init__(self, chat: Chat, portal: BlockingPortal, model_id: str) -> None:
        self._chat = chat
        self._portal = portal
        self._model_id = model_id
        self._asking: set[Future[None]] = set()

    def begun(self, session: Session, prompt: str) -> None:
        """Asks for a title and returns at once. A prompt without words has none."""
        if prompt.strip():
            task = self._portal.start_task_soon(self._entitle, session, prompt)
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    def close(self) -> None:
        """Chats without an answer keep the titles that they have."""
        for task in tuple(self._asking):
            task.cancel()

    async def _entitle(self, session: Session, prompt: str) -> None:
        try:
            generation = await anyio.to_thread.run_sync(self._ask, prompt)
            async with aclosing(generation.afollow()) as updates:
                async for _ in updates:
                    pass
            reply = generation.reply()
            title = words(reply.text)
            if reply.status is Status.COMPLETE and title:
                await anyio.to_thread.run_sync(
                    lambda: self._chat.store.entitle(session.id, title, instead_of=session.title)
                )
        except MadlenError:
            # The title made from the prompt stays; nobody asked for another one.
            return

    def _ask(self, prompt: str) -> Generation:
        return self._chat.answer(self._model_id, [Message("user", _ASKED + prompt[:_SEEN])], _SAMPLED)


def words(answer: str) -> str:
    """The title in a model's answer: its first line that says something, without quotes; empty for none."""
    return beginnings.title(beginnings.title(_THOUGHTS.sub("", answer)).strip(_AROUND).removeprefix("Title:"))
