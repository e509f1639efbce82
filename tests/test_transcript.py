"""A growing text, and those who are woken for what is new in it."""

from __future__ import annotations

import threading
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

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


@given(chunks=st.lists(st.text(max_size=5), max_size=120), places=st.sets(st.integers(0, 120)))
def test_a_follower_that_looks_now_and_then_misses_and_repeats_nothing(
    chunks: list[str], places: set[int]
) -> None:
    transcript, seen = Transcript(), []
    with transcript.tail(lambda: None) as news:
        for place, chunk in enumerate(chunks):
            transcript.write(text=chunk, reasoning=chunk[:2])
            if place in places:
                seen.append(news())
        seen.append(news())
    assert "".join(update.text for update in seen) == "".join(chunks) == transcript.words()[0]
    assert "".join(update.reasoning for update in seen) == "".join(chunk[:2] for chunk in chunks)


def test_a_long_answer_in_short_chunks_takes_little_more_than_its_letters() -> None:
    tracemalloc.start()
    try:
        transcript = Transcript()
        for number in range(10_000):
            transcript.write(text=f"{number:04} ")
        room, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert room < 2.5 * len(transcript.words()[0])


def test_one_who_waits_for_the_next_frame_is_told_of_the_last_words_at_once() -> None:
    transcript, looked, seen = Transcript(), threading.Event(), []

    def follow() -> None:
        for update in transcript.follow(every=3600):
            seen.append(update)
            looked.set()
            if update.whole:
                return

    follower = threading.Thread(target=follow)
    follower.start()
    assert looked.wait(30)
    transcript.write(text="The end.")
    transcript.close()
    follower.join(30)
    assert not follower.is_alive()
    assert "".join(update.text for update in seen) == "The end."


def test_one_who_comes_after_the_last_words_waits_for_no_frame() -> None:
    transcript = Transcript()
    transcript.write(text="The end.")
    transcript.close()
    updates = transcript.follow(every=3600)
    assert next(updates) == Update(text="The end.", whole=True)
    assert next(updates) == Update(whole=True)
