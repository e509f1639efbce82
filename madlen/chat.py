"""The use cases: ask, ask again, stop. One function asks, for chat and comparison alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anyio.from_thread import BlockingPortal

from madlen import beginnings, catalogue, comparison, conversation, images, lane_sets, tracing
from madlen.errors import MadlenError, TooLarge, Unacceptable
from madlen.generation import Generation
from madlen.hub import Hub
from madlen.lane_sets import LaneSet
from madlen.providers import Provider
from madlen.providers.directory import Directory, Listing
from madlen.store import Store
from madlen.types import Lane, Message, Model, Parameters, Picture, Reply, Session, Turn
from madlen.votes import Vote

PROMPT_CHARACTERS = 400_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn that has been stored and whose replies are on their way."""

    session_id: str
    turn: Turn
    generations: tuple[Generation, ...]
    """One for each new reply, in the order of the lanes."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A lane that can be asked, with its model and who answers for it."""

    lane: Lane
    model: Model
    provider: Provider


class Chat:
    """What pages and API do. Every method may be called from any thread but the loop's."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        directory: Directory,
        portal: BlockingPortal,
        tracer: tracing.Tracing,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.hub = hub
        self._directory = directory
        self._portal = portal
        self._tracer = tracer
        self._now = now
        self.begun: Callable[[Session, str], None] = _unheard
        """Hears of each session that a prompt begins, with the prompt."""

    def models(self) -> Listing:
        """Every model on offer; a page that asks does not wait for the loop where the list is there."""
        return self._directory.known or self._portal.call(self._directory.listing)

    def create_session(self, model_id: str, title: str = "") -> Session:
        """An empty session. Raises ``Unacceptable`` without a model, ``ModelGone`` for an unknown one."""
        if not model_id.strip():
            raise Unacceptable("A chat needs a model; name one in model_id.")
        self._directory.find(self.models(), model_id)
        session = beginnings.session(model_id, title, self._now())
        self.store.create_session(session)
        return session

    def rename_session(self, session_id: str, title: str) -> Session:
        """Raises ``NotFound``, and ``Unacceptable`` for an empty title."""
        if not beginnings.title(title):
            raise Unacceptable("A title needs at least one character.")
        self.store.rename_session(session_id, beginnings.title(title), self._now())
        return self.store.session(session_id)

    def configure(self, session_id: str, *, system: str, parameters: Parameters) -> None:
        """Keeps how a chat asks from now on. Raises ``NotFound``."""
        self.store.configure(session_id, system=system, parameters=parameters)

    def arrange(self, session_id: str, lanes: Sequence[Lane]) -> None:
        """Keeps what a comparison asks from now on. Raises ``Unacceptable`` and ``NotFound``."""
        comparison.check_lanes(lanes)
        self.store.arrange(session_id, lanes)

    def keep_lane_set(self, name: str, lanes: Sequence[Lane]) -> LaneSet:
        """Keeps lanes under a name, in place of those it had. Raises ``Unacceptable``."""
        comparison.check_lanes(lanes)
        kept = lane_sets.made(name, lanes, self._now())
        self.store.keep_lane_set(kept)
        return kept

    def pin_model(self, model_id: str, pinned: bool) -> None:
        """Keeps a model at the top of the list, or lets it go."""
        self.store.pin_model(model_id, self._now() if pinned else None)

    def delete_session(self, session_id: str) -> None:
        """Deletes the session with its messages and stops what is in flight. Raises ``NotFound``."""
        self.store.delete_session(session_id)
        self.hub.stop_session(session_id)

    def ask(
        self,
        text: str,
        lanes: Sequence[Lane],
        *,
        session_id: str = "",
        pictures: Sequence[Picture] = (),
        history: Sequence[Message] | None = None,
        blind: bool = False,
    ) -> Asked:
        """Stores the prompt with an empty reply for each lane, then sets the models going.

        Without ``session_id`` a session begins, titled after the prompt. Each model sees its own
        words of the session so far, or ``history`` where that is given. A lane that cannot be asked
        has a reply that fails. Raises ``Unacceptable``, ``TooLarge`` and ``NotFound``, and where no lane
        can be asked ``Unsupported``, ``ModelGone`` or ``OverBudget``, before anything is stored.
        """
        check_prompt(text, pictures)
        comparison.check_lanes(lanes)
        asked = self._checked_all(lanes, pictures)
        begun = None if session_id else self._begun_with(lanes, text.strip() or "Image")
        with self._tracer.ask(begun.id if begun else session_id, len(asked)):
            earlier = self.store.turns(session_id) if session_id else []
            turn = Turn(
                id=beginnings.fresh_id(),
                session_id=begun.id if begun else session_id,
                text=text,
                created_at=self._now(),
                pictures=tuple(pictures),
                blind=blind,
            )
            prompt = Message("user", text, turn.pictures)
            made = self._begin(turn, asked, earlier, prompt, history=history, session=begun)
        if begun:
            self.begun(begun, text)
        return made

    def regenerate(self, session_id: str, turn_id: str, lane: Lane, *, system: str | None = None) -> Asked:
        """One more reply to a turn. Raises ``Unacceptable`` when the session has no such turn.

        It is told ``system``, an empty one for nothing. Without it the lane is told what it was told
        for its last reply to this turn, or what is set in ``lane`` where it has none.
        """
        return self._again(session_id, turn_id, lane, None, system=system)

    def resume(self, reply_id: str, *, system: str | None = None) -> Asked:
        """One more reply to a turn, which goes on where the given one was cut off.

        It begins with the words that are there, and without ``system`` is told what that one was told.
        Raises ``NotFound``, and what ``regenerate`` raises.
        """
        cut = self.store.reply(reply_id)
        lane = Lane(cut.model_id, cut.lane, cut.parameters)
        told = cut.system if system is None else system
        return self._again(cut.session_id, cut.turn_id, lane, cut if cut.text else None, system=told)

    def continue_with(self, session_id: str, lane_name: str) -> Session:
        """A new chat that has the session's prompts with one lane's last replies, to go on from there.

        Raises ``NotFound``, and ``Unacceptable`` where the lane has no reply or one is in flight.
        """
        session, turns = self.store.session(session_id), self.store.turns(session_id)
        chat, copies = comparison.as_chat(session, turns, lane_name, now=self._now())
        self.store.keep(chat, copies)
        return self.store.session(chat.id)

    def vote(self, vote: Vote) -> None:
        """Keeps a vote in place of the turn's earlier one, and says it in the trace of the answers.

        Raises ``NotFound``, and ``Unacceptable`` for answers that are not the turn's.
        """
        replies = comparison.voted_on(vote, self.store.turns(vote.session_id))
        with self._tracer.vote(vote, replies), self._tracer.store("vote"):
            self.store.vote(vote)

    def answer(self, model_id: str, messages: Sequence[Message], parameters: Parameters) -> Generation:
        """Sets a model going on messages that nobody asked to keep. Raises what ``ask`` raises."""
        prompts = [message for message in messages if message.role == "user"]
        if not prompts:
            raise Unacceptable("There is nothing to answer: send at least one user message.")
        check_prompt(prompts[-1].text, prompts[-1].pictures)
        lane = Lane(model_id, parameters=parameters)
        one = self._checked(lane, [picture for each in messages for picture in each.pictures])
        reply = beginnings.reply(lane, session_id="", turn_id="", now=self._now())
        request, notes = conversation.request(one.lane, one.model, messages, session_id="")
        with self.hub.costs.reserved([(reply, request, one.provider)]):
            return self.hub.start(replace(reply, notes=notes), request, one.provider, kept=False)

    def stop(self, reply_id: str) -> None:
        self.hub.stop(reply_id)

    def _again(
        self, session_id: str, turn_id: str, lane: Lane, cut: Reply | None, *, system: str | None
    ) -> Asked:
        """One more reply to a turn; with ``cut``, one that goes on where that was cut off."""
        turns = self.store.turns(session_id)
        position = next((i for i, turn in enumerate(turns) if turn.id == turn_id), None)
        if position is None:
            raise Unacceptable("This prompt is not in the chat any more; reload the page.")
        turn = turns[position]
        if system is None:
            told = [reply.system for reply in turn.replies if reply.lane == lane.name]
            system = told[-1] if told else lane.system
        lane = replace(lane, system=system)
        asked = [self._checked(lane, turn.pictures)]
        with self._tracer.ask(session_id, 1):
            prompt = Message("user", turn.text, turn.pictures)
            return self._begin(turn, asked, turns[:position], prompt, cut=cut)

    def _begin(
        self,
        turn: Turn,
        asked: Sequence[_Ready],
        earlier: Sequence[Turn],
        prompt: Message,
        *,
        history: Sequence[Message] | None = None,
        session: Session | None = None,
        cut: Reply | None = None,
    ) -> Asked:
        replies, requests = [], []
        chosen = self.store.remarks(turn.session_id).chosen if earlier and history is None else {}
        so_far = [Message("assistant", cut.text), Message("user", conversation.GO_ON)] if cut else []
        for one in asked:
            before = (
                conversation.seen_by(one.lane.name, earlier, one.lane.model_id, chosen)
                if history is None
                else history
            )
            system = [Message("system", one.lane.system)] if one.lane.system else []
            request, notes = conversation.request(
                one.lane, one.model, [*system, *before, prompt, *so_far], session_id=turn.session_id
            )
            empty = beginnings.reply(one.lane, session_id=turn.session_id, turn_id=turn.id, now=self._now())
            if cut is not None:
                notes = (*notes, "Continued from an answer that was cut off.")
                empty = replace(empty, text=cut.text, reasoning=cut.reasoning, pictures=cut.pictures)
            requests.append(request)
            replies.append(replace(empty, notes=notes))
        wanted = list(zip(replies, requests, (one.provider for one in asked), strict=True))
        with self.hub.costs.reserved(wanted) as providers, self._tracer.store("begin"):
            self.store.begin(turn, replies, model_id=asked[0].lane.model_id, session=session)
        generations = [
            self.hub.start(reply, request, provider)
            for reply, request, provider in zip(replies, requests, providers, strict=True)
        ]
        whole = replace(turn, replies=(*turn.replies, *replies))
        return Asked(turn.session_id, whole, tuple(generations))

    def _checked_all(self, lanes: Sequence[Lane], pictures: Sequence[Picture]) -> list[_Ready]:
        asked, refused = [], []
        for lane in lanes:
            try:
                asked.append(self._checked(lane, pictures))
            except MadlenError as error:
                refused.append(error)
                unknown = Model(lane.model_id, lane.model_id, "")
                asked.append(_Ready(lane, unknown, comparison.Refusing(error)))
        if len(refused) == len(lanes):
            raise refused[0]
        return asked

    def _checked(self, lane: Lane, pictures: Sequence[Picture]) -> _Ready:
        model, provider = self._directory.find(self.models(), lane.model_id)
        catalogue.check_sees(model, pictures)
        return _Ready(lane, model, provider)

    def _begun_with(self, lanes: Sequence[Lane], title: str) -> Session:
        """A session that goes on asking as it began."""
        lane = lanes[0]
        session = beginnings.session(lane.model_id, title, self._now())
        if comparison.is_one(lanes):
            return replace(session, lanes=tuple(lanes))
        return replace(session, system=lane.system, parameters=lane.parameters)


def _unheard(session: Session, prompt: str) -> None:
    """Nobody wants to know."""


def check_prompt(text: str, pictures: Sequence[Picture]) -> None:
    """Raises ``Unacceptable`` for an empty prompt, ``TooLarge`` for one past the limits."""
    if not text.strip() and not pictures:
        raise Unacceptable("The message is empty; write something or add an image.")
    if len(text) > PROMPT_CHARACTERS:
        raise TooLarge(
            f"The message has {len(text):,} characters; at most {PROMPT_CHARACTERS:,} can be sent."
        )
    images.check_number(len(pictures))
