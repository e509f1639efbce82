"""What all pages share."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

from PIL import Image

from madlen.ui import navigation


def test_the_icon_is_a_small_picture_that_the_page_brings_itself() -> None:
    head, _, content = navigation.ICON.partition(",")
    assert head == "data:image/png;base64"
    with Image.open(BytesIO(b64decode(content))) as icon:
        assert (icon.format, icon.size) == ("PNG", (64, 64))
