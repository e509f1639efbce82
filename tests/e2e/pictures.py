"""Pictures of pages that are small enough to be kept beside the words about them."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

_COLOURS = 128


def take(page: Page, path: Path) -> None:
    """Keeps what is in sight, in few colours."""
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        few = shot.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
