"""A growing text, and those who are woken for what is new in it."""

from __future__ import annotations

from madlen.transcript import Transcript, Update


class Bell:
    """Counts how often a follower was woken."""

    rings = 0

    def __call__(self) -> None:
        self.rings += 1


def test_a_follower_is_woken_once_for_all_that_comes_before_it_looks() -> None:
    transcript, bell = Transcript(), Bell()
    with transcript.tail(bell) as news:
        for word in ("one", "two", "three"):
            transcript.write(text=word)
        assert bell.rings == 1
        assert news() == Update(text="onetwothree")
        transcript.write(reasoning="four")
        assert bell.rings == 2
        assert news() == Update(reasoning="four")


def test_a_follower_that_looked_before_it_was_woken_is_woken_for_what_comes_then() -> None:
    transcript, bell = Transcript(), Bell()
    transcript.write(text="before")
    with transcript.tail(bell) as news:
        assert news() == Update(text="before")
        transcript.write(text="after")
        assert bell.rings == 1


def test_each_follower_is_woken_for_itself() -> None:
    transcript, quick, slow = Transcript(), Bell(), Bell()
    with transcript.tail(quick) as news, transcript.tail(slow):
        for _ in range(3):
            transcript.write(text="word")
            news()
    assert (quick.rings, slow.rings) == (3, 1)


def test_one_who_has_gone_is_not_woken() -> None:
    transcript, bell = Transcript(), Bell()
    with transcript.tail(bell):
        pass
    transcript.write(text="word")
    assert bell.rings == 0


def test_a_follower_that_cannot_be_woken_any_more_hinders_nobody() -> None:
    transcript, last, other = Transcript(), Bell(), Bell()

    def gone() -> None:
        last()
        raise RuntimeError("Event loop is closed")

    with transcript.tail(gone) as news, transcript.tail(other):
        transcript.write(text="one")
        news()
        transcript.write(text="two")
    assert (last.rings, other.rings) == (1, 1)


def test_the_end_of_the_words_wakes_as_words_do() -> None:
    transcript, bell = Transcript(), Bell()
    with transcript.tail(bell) as news:
        transcript.close()
        assert bell.rings == 1
        assert news().whole
        transcript.wait("OpenRouter is busy.")
        assert bell.rings == 2
        assert news().note == "OpenRouter is busy."
