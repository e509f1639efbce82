"""Pictures that a model makes: kept with the answer, shown, and given out by the API."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image as Drawing

from madlen.providers.chunks import Grammar, body
from madlen.types import Image, Lane, Message, Model, Reply, Request, Status
from tests.conftest import StartMadlen
from tests.parrot import DONE, FREE, Parrot

PAINTER = Model(
    "parrot/painter",
    "Painter",
    "parrot",
    output_modalities=frozenset({"text", "image"}),
    pricing=FREE,
)


def painted(colour: str = "red") -> Image:
    out = io.BytesIO()
    Drawing.new("RGB", (4, 4), colour).save(out, "PNG")
    return Image(f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}")


def answered(start_madlen: StartMadlen, *script: object) -> tuple[Reply, Parrot, Reply]:
    """The reply as its followers get it, the parrot, and the reply as it is stored."""
    parrot = Parrot(script, models=[PAINTER])
    madlen = start_madlen(parrot)
    generation = madlen.chat.ask("Paint", [Lane(PAINTER.id)]).generations[0]
    *_, last = generation.follow(every=0)
    assert last.ended is not None
    [turn] = madlen.store.turns(last.ended.session_id)
    assert turn.replies == (madlen.store.reply(generation.id),)
    return last.ended, parrot, turn.replies[0]


def test_a_picture_is_kept_with_its_answer(start_madlen: StartMadlen) -> None:
    ended, _, stored = answered(start_madlen, "Here: ", painted("red"), painted("blue"), DONE)
    assert (ended.text, ended.status, len(ended.pictures)) == ("Here: ", Status.COMPLETE, 2)
    assert stored == ended


def test_a_picture_alone_is_an_answer_and_its_first_chunk(start_madlen: StartMadlen) -> None:
    ended, _, _ = answered(start_madlen, painted(), DONE)
    assert ended.timing.time_to_first_chunk is not None
    assert ended.timing.time_to_first_token is None


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,AAAA", "data:text/html;base64,AAAA", "file:///etc/passwd"]
)
def test_what_is_no_picture_is_left_out_with_a_note(start_madlen: StartMadlen, url: str) -> None:
    ended, _, _ = answered(start_madlen, "Here: ", Image(url), DONE)
    assert ended.pictures == ()
    assert ended.notes[0].startswith("An image was left out: ")
    assert ended.status is Status.COMPLETE


def test_a_model_that_paints_is_asked_to(start_madlen: StartMadlen) -> None:
    _, parrot, _ = answered(start_madlen, "Here", DONE)
    assert parrot.requests[0].makes_images


@pytest.mark.parametrize(("makes_images", "modalities"), [(True, ["image", "text"]), (False, None)])
def test_the_body_names_pictures_only_where_they_can_come(makes_images: bool, modalities: object) -> None:
    request = Request("a/b", (Message("user", "Paint"),), makes_images=makes_images)
    assert body(request, default_max_tokens=9).get("modalities") == modalities


def test_pictures_come_in_deltas_and_in_whole_messages() -> None:
    url = painted().url
    images = [{"type": "image_url", "image_url": {"url": url}}]
    for holder in ("delta", "message"):
        assert Image(url) in Grammar("a/b").take({"choices": [{holder: {"content": "", "images": images}}]})


@pytest.mark.parametrize(
    "images", [None, {}, "x", [None], [{}], [{"image_url": None}], [{"image_url": {"url": 7}}]]
)
def test_what_is_no_list_of_pictures_says_nothing(images: object) -> None:
    assert Grammar("a/b").take({"choices": [{"delta": {"images": images}}]}) == []
