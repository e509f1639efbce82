"""What a piece of Python has loaded at its end, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def loaded(script: str, names: set[str]) -> str:
    """Those of the named modules that the script has loaded, with spaces between them."""
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; {script}; print(*{names!r} & sys.modules.keys())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()
