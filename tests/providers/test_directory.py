from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from madlen.errors import ModelGone, UpstreamError
from madlen.providers import directory as directory_module
from madlen.providers.directory import Directory, Listing
from madlen.types import Model
from tests.parrot import POLLY, SEER, Parrot


class Clock:
    """Monotonic time that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Other(Parrot):
    """The source that is asked for ids that no list has."""

    source = "openrouter"


def ids(models: tuple[Model, ...]) -> list[str]:
    return [model.id for model in models]


def test_the_models_of_all_providers_are_one_list() -> None:
    beyond = Model("a/b", "B", "openrouter")

    async def main() -> None:
        directory = Directory([Other(models=[beyond]), Parrot(models=[POLLY])])
        assert ids((await directory.listing()).models) == ["a/b", POLLY.id]

    anyio.run(main)


def test_a_list_is_remembered_for_five_minutes() -> None:
    async def main() -> None:
        parrot, clock = Parrot(models=[POLLY]), Clock()
        directory = Directory([parrot], monotonic=clock)
        await directory.listing()
        parrot._models.append(SEER)
        clock.now = 299
        assert ids((await directory.refresh()).models) == [POLLY.id]
        clock.now = 301
        assert ids((await directory.refresh()).models) == [POLLY.id, SEER.id]

    anyio.run(main)


def test_the_last_good_list_stays_when_a_provider_is_down_and_a_note_says_so() -> None:
    async def main() -> None:
        parrot, clock = Parrot(models=[POLLY]), Clock()
        directory = Directory([parrot], monotonic=clock)
        await directory.listing()
        parrot.listing_error = UpstreamError("The cage is closed.")
        clock.now = 301
        listing = await directory.refresh()
        assert ids(listing.models) == [POLLY.id]
        assert listing.notes == ("The cage is closed. The list shown is 5 min old.",)

    anyio.run(main)


def test_a_provider_that_was_down_is_asked_again_soon() -> None:
    async def main() -> None:
        parrot, clock = Parrot(models=[POLLY]), Clock()
        parrot.listing_error = UpstreamError("The cage is closed.")
        directory = Directory([parrot], monotonic=clock)
        assert (await directory.listing()).models == ()
        parrot.listing_error = None
        clock.now = 16
        assert (await directory.refresh()).notes == ()

    anyio.run(main)


def test_one_provider_that_is_down_does_not_hide_the_others() -> None:
    async def main() -> None:
        down = Other()
        down.listing_error = UpstreamError("No network.")
        listing = await Directory([down, Parrot(models=[POLLY])]).listing()
        assert (ids(listing.models), listing.notes) == ([POLLY.id], ("No network.",))

    anyio.run(main)


def test_a_listed_model_is_found_with_its_provider() -> None:
    async def main() -> None:
        parrot = Parrot()
        directory = Directory([parrot])
        assert directory.find(await directory.listing(), POLLY.id) == (POLLY, parrot)

    anyio.run(main)


def test_an_id_that_no_list_has_goes_to_openrouter_which_knows_more_than_it_lists() -> None:
    async def main() -> None:
        other = Other()
        directory = Directory([other, Parrot()])
        model, provider = directory.find(await directory.listing(), "openai/gpt-9:nitro")
        assert (model.id, provider) == ("openai/gpt-9:nitro", other)
        assert "image" in model.input_modalities

    anyio.run(main)


@pytest.mark.parametrize("model_id", ["local/none", "", "  "])
def test_an_id_that_openrouter_cannot_know_is_gone(model_id: str) -> None:
    with pytest.raises(ModelGone):
        Directory([Other(), Parrot()]).find(Listing(()), model_id)


def test_without_openrouter_an_unlisted_id_is_gone() -> None:
    with pytest.raises(ModelGone, match="no model 'a/b'"):
        Directory([Parrot()]).find(Listing(()), "a/b")


def test_a_stale_list_is_given_at_once_and_renewed_in_the_background() -> None:
    async def main() -> None:
        parrot, clock = Parrot(models=[POLLY]), Clock()
        directory = Directory([parrot], monotonic=clock)
        await directory.listing()
        parrot._models.append(SEER)
        clock.now = 1000
        assert ids((await directory.listing()).models) == [POLLY.id]
        with anyio.move_on_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(directory.keep_fresh)
                while len((await directory.listing()).models) == 1:
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()
        assert ids((await directory.listing()).models) == [POLLY.id, SEER.id]

    anyio.run(main)


def test_a_provider_that_stays_silent_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Other):
        async def models(self) -> list[Model]:
            await anyio.sleep_forever()
            raise AssertionError

    monkeypatch.setattr(directory_module, "_FIRST_SECONDS", 0.05)

    async def main() -> None:
        directory = Directory([Silent(), Parrot(models=[POLLY])])
        listing = await directory.listing()
        assert (ids(listing.models), "still being listed" in listing.notes[0]) == ([POLLY.id], True)
        assert directory.find(listing, POLLY.id)[0] == POLLY

    anyio.run(main)


def test_a_list_that_takes_for_ever_is_given_up_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Parrot):
        async def models(self) -> list[Model]:
            await anyio.sleep_forever()
            raise AssertionError

    monkeypatch.setattr(directory_module, "_ASK_SECONDS", 0.05)

    async def main() -> None:
        assert (await Directory([Silent()]).refresh()).notes == (
            "The models of parrot could not be listed in time.",
        )

    anyio.run(main)


def test_the_list_is_as_old_as_its_oldest_part() -> None:
    async def main() -> None:
        parrot, clock = Parrot(models=[POLLY]), Clock()
        other = Other(models=[])
        directory = Directory([parrot, other], monotonic=clock)
        assert directory.age is None
        await directory.refresh()
        clock.now = 400
        other.listing_error = UpstreamError("Nobody answers.")
        await directory.refresh()
        clock.now = 410
        assert directory.age == 410

    anyio.run(main)


def test_a_list_is_had_anew_on_request_however_young_it_is() -> None:
    async def main() -> None:
        parrot = Parrot(models=[POLLY])
        directory = Directory([parrot], monotonic=Clock())
        await directory.listing()
        parrot._models.append(SEER)
        assert ids((await directory.refresh(anew=True)).models) == [POLLY.id, SEER.id]

    anyio.run(main)
