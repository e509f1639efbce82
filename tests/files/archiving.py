"""Values that the tests of files write and read: one archive by hand, and any archive there may be."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from madlen import images
from madlen.files import documents, pieces
from madlen.files.documents import Archive
from madlen.types import Failure, Lane, Parameters, Picture, Reply, Session, Status, Timing, Turn, Usage
from madlen.votes import Vote

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def painted(colour: str) -> Picture:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(out, "PNG")
    return images.prepared(out.getvalue())


RED, BLUE = painted("red"), painted("blue")
FAR = Picture(url="https://example.com/map.png")
FAST = Reply(
    id="r1",
    session_id="s1",
    turn_id="t1",
    model_id="parrot/polly",
    lane="A",
    status=Status.COMPLETE,
    created_at=NOW,
    text="**Seven**, as in a rainbow.",
    reasoning="Count them.",
    model="parrot/polly-2026",
    provider="Cage",
    generation_id="gen-1",
    finish_reason="stop",
    usage=Usage(3, 5, 8, 1, 2, Decimal("0.000071")),
    timing=Timing(0.25, 0.5, 1.5),
    trace_id="ab" * 16,
    span_id="cd" * 8,
    parameters=Parameters(0.5, 100, 0.9, 7, ("END",), "low"),
    system="Be brief.",
    reasoning_details=({"type": "reasoning.text", "text": "Count them."},),
    pictures=(RED, BLUE),
    notes=("1 earlier image was left out.",),
)
FAILED = Reply(
    id="r2",
    session_id="s1",
    turn_id="t1",
    model_id="parrot/seer",
    lane="B",
    status=Status.FAILED,
    created_at=NOW,
    failure=Failure("rate-limited", "Too many requests.", 429, {"retry_after": 3}),
)
TURN = Turn("t1", "s1", "How many colours?", NOW, (RED, FAR), (FAST, FAILED), blind=True)
LANES = (
    Lane("parrot/polly", "A", FAST.parameters, "Be brief."),
    Lane("parrot/seer", "B"),
)
COMPARISON = Archive(
    Session("s1", "Rainbows", "parrot/polly", NOW, NOW, 3, "Be kind.", Parameters(seed=1), LANES),
    (TURN,),
    (Vote("t1", "s1", (("r1",), ("r2",)), NOW, bad=True, blind=True, note="Clear.", tags=("physics",)),),
)


def written(*archives: Archive) -> bytes:
    return "".join(documents.written(archives, app_version="1.0.0", now=NOW)).encode()


def document(*archives: Archive) -> dict[str, Any]:
    """A file as JSON, for tests that change something in it."""
    found: dict[str, Any] = json.loads(written(*archives))
    return found


def read(content: bytes) -> tuple[list[Archive], list[str]]:
    """The archives of a file with the ids that stand in it, and what was not taken."""
    members = {piece.name: piece for piece in pieces.document(content).members()}
    table = documents.images_of(members)
    found = [documents.chat(piece, where, table) for piece, where in documents.read(members)]
    return [archive for archive, _ in found], [note for _, notes in found for note in notes]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
FLAGS = st.booleans()
NAMES = WORDS.filter(lambda word: word.strip() != "")
MOMENTS = st.integers(-(10**15), 10**15).map(lambda micro: NOW + timedelta(microseconds=micro))
COUNTS = st.none() | st.integers(0, 2**53)
SECONDS = st.none() | st.floats(0, 1e6)
COSTS = st.none() | st.decimals(0, 1000, places=9)
PARAMETERS = st.builds(
    Parameters,
    st.none() | st.floats(0, 2),
    st.none() | st.integers(1, 10**7),
    st.none() | st.floats(0, 1),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.lists(WORDS, max_size=3).map(tuple),
    st.none() | NAMES,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
PICTURES = st.lists(st.sampled_from([RED, BLUE, FAR]), max_size=3, unique=True).map(tuple)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    return Reply(
        id="",
        session_id="s1",
        turn_id="",
        model_id=draw(NAMES),
        lane=draw(st.sampled_from(["chat", "A", "B"])),
        status=draw(st.sampled_from([one for one in Status if one is not Status.STREAMING])),
        created_at=draw(MOMENTS),
        text=draw(WORDS),
        reasoning=draw(WORDS),
        model=draw(WORDS),
        provider=draw(WORDS),
        generation_id=draw(WORDS),
        finish_reason=draw(WORDS),
        usage=draw(st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COSTS)),
        timing=Timing(*(draw(SECONDS) for _ in range(3))),
        failure=draw(
            st.none()
            | st.builds(
                Failure,
                NAMES,
                WORDS,
                st.integers(400, 599),
                st.dictionaries(WORDS, JSON, max_size=2),
            )
        ),
        trace_id=draw(WORDS),
        span_id=draw(WORDS),
        parameters=draw(PARAMETERS),
        system=draw(WORDS),
        reasoning_details=draw(st.lists(st.dictionaries(WORDS, JSON, max_size=2), max_size=2).map(tuple)),
        pictures=draw(PICTURES),
        notes=draw(st.lists(WORDS, max_size=2).map(tuple)),
    )


@st.composite
def archives(draw: st.DrawFn) -> Archive:
    """Any chat or comparison, some of its turns voted on."""
    turns, votes = [], []
    for number in range(draw(st.integers(0, 3))):
        turn_id = f"t{number}"
        answers = tuple(
            replace(reply, id=f"{turn_id}r{place}", turn_id=turn_id)
            for place, reply in enumerate(draw(st.lists(replies(), max_size=2)))
        )
        turns.append(
            Turn(turn_id, "s1", draw(WORDS), draw(MOMENTS), draw(PICTURES), answers, draw(st.booleans()))
        )
        voted = draw(FLAGS)
        if answers and voted:
            order = tuple((reply.id,) for reply in draw(st.permutations(answers)))
            tags = tuple(draw(st.lists(WORDS, max_size=2)))
            votes.append(
                Vote(
                    turn_id,
                    "s1",
                    order,
                    draw(MOMENTS),
                    draw(st.booleans()),
                    draw(st.booleans()),
                    draw(WORDS),
                    tags,
                )
            )
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    session = Session(
        "s1",
        draw(WORDS),
        draw(NAMES),
        draw(MOMENTS),
        draw(MOMENTS),
        sum(1 + len(turn.replies) for turn in turns),
        draw(WORDS),
        draw(PARAMETERS),
        tuple(Lane(draw(NAMES), name, draw(PARAMETERS), draw(WORDS)) for name in names),
    )
    return Archive(session, tuple(turns), tuple(votes))
