"""File systems that only one process sees: a small one that fills up, and one that cannot be written.

They need the right to mount, which root has and users have where the kernel lets them. Without it a
limit on the size of files and a folder without the right to write come nearest.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from bench.faults.servers import ROOT, Server
from madlen.settings import child_environment

_NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
_ENTER = ("nsenter", "--user", "--mount", "--preserve-credentials")


@cache
def permitted() -> bool:
    """Whether this user may mount."""
    try:
        tried = subprocess.run(
            [*_NAMESPACE, "mount -t tmpfs none /mnt"], capture_output=True, check=False, timeout=30
        )
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def small(folder: Path, *, megabytes: int) -> Sequence[str]:
    """Goes before a command that is to see a file system of this size at the folder."""
    if not permitted():
        return ()
    return (*_NAMESPACE, f'mount -t tmpfs -o size={megabytes}m none "$0" && exec "$@"', str(folder))


def read_only(folder: Path) -> Sequence[str]:
    """Goes before a command that is to be unable to write in the folder."""
    if not permitted():
        if bars():
            folder.chmod(0o500)
        return ()
    return (*_NAMESPACE, 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"', str(folder))


def bars() -> bool:
    """Whether ``read_only`` works on any folder: root without mounts is kept out of a few only."""
    return permitted() or os.geteuid() != 0


def unbar(folder: Path) -> None:
    """Takes ``read_only`` back."""
    if bars():
        folder.chmod(0o700)


class Space:
    """What is left on the file system of a server that runs within ``small``."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._pid = server.process.pid
        self._ballast = Path(f"/proc/{self._pid}/root{folder}/ballast")
        self._log = folder / "chat.db-wal"

    def take(self) -> None:
        """Leaves nothing."""
        if not permitted():
            soft = self._log.stat().st_size if self._log.exists() else 0
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
            return
        with suppress(OSError), self._ballast.open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def give_back(self) -> None:
        if not permitted():
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            return
        self._ballast.unlink()

    def findings(self, database: Path) -> list[str]:
        """What ``python -m madlen check`` finds there."""
        enter = [*_ENTER, f"--target={self._pid}"] if permitted() else []
        checked = subprocess.run(
            [*enter, sys.executable, "-m", "madlen", "check"],
            cwd=ROOT,
            env=child_environment(DATABASE_URL=f"sqlite:///{database}", PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            check=False,
        )
        return [] if checked.returncode == 0 else (checked.stdout + checked.stderr).splitlines()
