"""``streamlit run app.py`` as a copy of a process that has loaded what Madlen needs.

A server that begins from nothing takes 1.2 s of a core until it answers, a copy 0.4 s: what is loaded is the
same for each. How Madlen begins from nothing is in ``test_start.py``.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from multiprocessing import forkserver
from pathlib import Path
from types import ModuleType

_context = multiprocessing.get_context("forkserver")
_LOADED = [
    "streamlit.web.cli",
    "streamlit.web.server.starlette.starlette_app",
    "uvicorn.server",
    "madlen.api.mount",
    "madlen.api.application",
    "madlen.ui.talk",
]
"""Nothing that begins a thread, which a copy would not have: NumPy is not among them."""


class Fork:
    """Streamlit's command in a process of its own, with what is used here of a ``subprocess.Popen``."""

    def __init__(
        self, arguments: Sequence[str], *, cwd: Path, log: Path, environment: Mapping[str, str]
    ) -> None:
        _context.set_forkserver_preload(_LOADED)
        with chdir(cwd):
            # It looks for what it loads in the folder in which it begins.
            forkserver.ensure_running()
        log.touch()
        self._process = _context.Process(target=_run, args=(arguments, cwd, log, dict(environment)))
        with _no_main_module():
            self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("streamlit", timeout or 0)
        return code


@contextmanager
def _no_main_module() -> Iterator[None]:
    """What is begun runs the main module first, which is the app once a page was drawn in this process."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _run(arguments: Sequence[str], cwd: Path, log: Path, environment: Mapping[str, str]) -> None:
    """What an interpreter does for ``python -m streamlit`` with these arguments, from beginning to end."""
    os.environ.clear()  # noqa: TID251  # what a process begins with, and nothing that is Madlen's setting
    os.environ.update(environment)  # noqa: TID251
    os.chdir(cwd)
    with log.open("wb") as output:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), stream.fileno())
    sys.argv = ["streamlit", *arguments]
    warnings.simplefilter("default")
    from streamlit.web.cli import main  # noqa: PLC0415

    try:
        main(prog_name="streamlit")
    finally:
        atexit._run_exitfuncs()
