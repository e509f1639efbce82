"""Pictures in a chat: a prompt's, a model's, and those that have gone or are damaged."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from PIL import Image

from madlen import images
from madlen.store.library import sqlite3
from madlen.types import Lane, Picture
from tests.pages.opening import Current, chatted, opened, texts
from tests.parrot import DONE, SEER, Parrot
from tests.test_generated_pictures import painted


def test_the_pictures_of_a_prompt_are_shown_and_an_address_is_only_named(current: Current) -> None:
    madlen = current()
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
    pictures = [images.prepared(drawn.getvalue()), Picture(url="https://example.com/cat.png")]
    made = madlen.chat.ask("Look", [Lane(SEER.id)], pictures=pictures)
    list(made.generations[0].follow(every=0))
    page = opened(session=made.session_id)
    assert not page.exception
    assert len(page.main.get("image")) == 1
    assert "example" in "".join(page.main.caption.values)


def test_an_image_that_is_gone_from_the_database_is_said_to_be_and_the_chat_goes_on(
    current: Current, tmp_path: Path
) -> None:
    roomy = replace(SEER, context_length=10_000)
    seer = Parrot(["A red square.", DONE], ["It was red.", DONE], models=[roomy])
    madlen = current(seer)
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
    made = madlen.chat.ask("Look", [Lane(SEER.id)], pictures=[images.prepared(drawn.getvalue())])
    list(made.generations[0].follow(every=0))
    # Another program's connection, on which foreign keys are off unless it asks for them.
    with closing(sqlite3.connect(tmp_path / "chat.db")) as connection, connection:
        assert connection.execute("DELETE FROM images").rowcount == 1
    page = opened(session=made.session_id)
    assert not page.exception
    assert "An image that was here is missing" in "".join(page.main.caption.values)
    assert "A red square." in texts(page)
    page.chat_input[0].set_value("Which colour?").run()
    assert not page.exception
    assert "It was red." in texts(page)
    assert "1 earlier image was left out" in "".join(page.main.caption.values)
    assert not any(message.pictures for message in seer.requests[-1].messages)


def test_an_image_whose_bytes_are_damaged_does_not_close_the_chat(current: Current, tmp_path: Path) -> None:
    madlen = current(Parrot(["A red square.", DONE], models=[SEER]))
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
    made = madlen.chat.ask("Look", [Lane(SEER.id)], pictures=[images.prepared(drawn.getvalue())])
    list(made.generations[0].follow(every=0))
    with closing(sqlite3.connect(tmp_path / "chat.db")) as connection, connection:
        connection.execute("UPDATE images SET content = x'00'")
    page = opened(session=made.session_id)
    assert not page.exception
    assert "A red square." in texts(page)
    assert "An image that was here is damaged" in "".join(page.main.caption.values)


def test_a_picture_that_a_model_made_is_shown(current: Current) -> None:
    madlen = current(Parrot([painted(), DONE]))
    page = opened(session=chatted(madlen, "Paint"))
    assert len(page.main.get("image")) == 1
    assert "empty answer" not in "".join(page.main.caption.values)
