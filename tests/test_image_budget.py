from __future__ import annotations

from madlen.images import PER_REQUEST, fitting
from madlen.types import Message, Picture


def a_picture(name: str, size: int = 10) -> Picture:
    return Picture(sha256=name, media_type="image/png", content=bytes(size))


def asking(*pictures: Picture) -> Message:
    return Message("user", "Look", pictures)


def names(messages: tuple[Message, ...]) -> list[str]:
    return [picture.sha256 for message in messages for picture in message.pictures]


def test_what_fits_is_left_as_it_is() -> None:
    messages = [asking(a_picture("a"), a_picture("b")), Message("assistant", "Yes"), asking()]
    assert fitting(messages, sees=True) == (tuple(messages), ())


def test_a_model_that_cannot_see_gets_no_picture_and_all_the_words() -> None:
    sent, notes = fitting([asking(a_picture("a")), Message("assistant", "A cat"), asking()], sees=False)
    assert (names(sent), [message.text for message in sent]) == ([], ["Look", "A cat", "Look"])
    assert notes == ("1 earlier image was left out: this model cannot see.",)


def test_the_oldest_pictures_go_first_when_there_are_too_many() -> None:
    messages = [
        asking(*(a_picture(f"old{n}") for n in range(15))),
        asking(*(a_picture(f"new{n}") for n in range(10))),
    ]
    sent, notes = fitting(messages, sees=True)
    assert len(names(sent)) == PER_REQUEST
    assert names(sent)[:11] == [*(f"old{n}" for n in range(5, 15)), "new0"]
    assert notes == ("5 earlier images were left out: at most 20 images and 20 MB go into one request.",)


def test_the_oldest_pictures_go_first_when_they_are_too_large_together() -> None:
    messages = [
        asking(a_picture("old", 9_000_000)),
        asking(a_picture("mid", 9_000_000)),
        asking(a_picture("new", 9_000_000)),
    ]
    assert names(fitting(messages, sees=True)[0]) == ["mid", "new"]


def test_no_older_picture_jumps_over_one_that_did_not_fit() -> None:
    messages = [
        asking(a_picture("small", 1)),
        asking(a_picture("large", 19_000_000)),
        asking(a_picture("new", 9_000_000)),
    ]
    assert names(fitting(messages, sees=True)[0]) == ["new"]
