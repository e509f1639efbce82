"""``python -m madlen``, as whoever types it sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from madlen.settings import child_environment
from madlen.store import open_store

ROOT = Path(__file__).parents[1]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a sound database."""
    url = f"sqlite:///{tmp_path}/chat.db"
    open_store(url).close()
    return url


def typed(url: str, *words: str) -> tuple[int, str]:
    """Exit code and output."""
    finished = subprocess.run(
        [sys.executable, "-m", "madlen", *words],
        cwd=ROOT,
        env=child_environment(DATABASE_URL=url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return finished.returncode, finished.stdout


def test_a_sound_database_is_said_to_be_sound(url: str) -> None:
    assert typed(url, "check") == (0, "The database is sound.\n")


def test_the_indexes_are_made_anew(url: str) -> None:
    assert typed(url, "reindex") == (0, "The database is sound.\n")


def test_each_finding_is_a_line_and_the_exit_code_is_one(tmp_path: Path, url: str) -> None:
    (tmp_path / "chat.db").write_text("This is a letter. " * 300)
    code, output = typed(url, "check")
    assert code == 1
    assert output.count("\n") == 1
    assert "is damaged or not a SQLite file" in output


def test_a_backup_is_made_once_and_found_sound(tmp_path: Path, url: str) -> None:
    target = tmp_path / "copy.db"
    assert typed(url, "backup", str(target)) == (
        0,
        f"The database was copied to {target}, and the copy is sound.\n",
    )
    assert typed(f"sqlite:///{target}", "check")[0] == 0
    code, output = typed(url, "backup", str(target))
    assert code == 1
    assert output == f"{target} exists already and is left as it is; name another file.\n"


def test_a_setting_that_cannot_work_is_a_sentence() -> None:
    code, output = typed("mysql://x", "check")
    assert code == 1
    assert "DATABASE_URL must look like" in output
    assert "Traceback" not in output


def test_without_a_command_the_commands_are_told() -> None:
    code, output = typed("sqlite:///./chat.db")
    assert code == 2
    assert "{backup,check,reindex}" in output
