"""A growing text, and those who are woken for what is new in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from madlen.transcript import Transcript, Update


@dataclass
class Bell:
    """Counts how often a follower was woken."""

    rings: int = 0
    transcript: Transcript = field(default_factory=Transcript)

    def __call__(self) -> None:
        self.rings += 1


def test_a_follower_is_woken_once_for_all_that_comes_before_it_looks() -> None:
    bell = Bell()
    with bell.transcript.tail(bell) as news:
        for word in ("one", "two", "three"):
            bell.transcript.write(text=word)
        assert bell.rings == 1
        assert news() == Update(text="onetwothree")
        bell.transcript.write(reasoning="four")
        assert bell.rings == 2
        assert news() == Update(reasoning="four")


def test_a_follower_that_looked_before_it_was_woken_is_woken_for_what_comes_then() -> None:
    bell = Bell()
    bell.transcript.write(text="before")
    with bell.transcript.tail(bell) as news:
        assert news() == Update(text="before")
        bell.transcript.write(text="after")
        assert bell.rings == 1


def test_each_follower_is_woken_for_itself() -> None:
    quick, slow = Bell(), Bell()
    with quick.transcript.tail(quick) as news, quick.transcript.tail(slow):
        for _ in range(3):
            quick.transcript.write(text="word")
            news()
    assert (quick.rings, slow.rings) == (3, 1)


def test_one_who_has_gone_is_not_woken() -> None:
    bell = Bell()
    with bell.transcript.tail(bell):
        pass
    bell.transcript.write(text="word")
    assert bell.rings == 0


def test_a_follower_that_cannot_be_woken_any_more_hinders_nobody() -> None:
    bell = Bell()

    def gone() -> None:
        bell.rings += 100
        raise RuntimeError("Event loop is closed")

    other = Bell()
    with bell.transcript.tail(gone) as news, bell.transcript.tail(other):
        bell.transcript.write(text="one")
        news()
        bell.transcript.write(text="two")
    assert (bell.rings, other.rings) == (100, 1)


def test_the_end_of_the_words_wakes_as_words_do() -> None:
    bell = Bell()
    with bell.transcript.tail(bell) as news:
        bell.transcript.close()
        assert bell.rings == 1
        assert news().whole
        bell.transcript.wait("OpenRouter is busy.")
        assert bell.rings == 2
        assert news().note == "OpenRouter is busy."
