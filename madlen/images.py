"""Uploads made safe and small enough to send.

Every picture is decoded and written anew, which drops metadata such as GPS positions, applies the
orientation and makes the declared media type true. The limits are those that providers were seen
to enforce: 5 MB of base64 for one image at Anthropic, 30 MB for all images of a request at OpenRouter.
"""

from __future__ import annotations

import base64
import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from PIL import ExifTags, Image, UnidentifiedImageError

from madlen.errors import TooLarge, Unacceptable
from madlen.types import Message, Picture

UPLOAD_BYTES = 10_000_000
PIXELS = 25_000_000
LONGEST_SIDE = 2048
SENT_BYTES = 3_700_000
PER_REQUEST = 20
REQUEST_BYTES = 20_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
SUFFIXES = ("png", "jpg", "jpeg", "webp", "gif")
STORED = "sha256:"
"""What the name of kept bytes begins with; where nothing but the name is found, they are gone."""
_NOT_AN_ADDRESS = "An image must be a data URL of an image in base64, or an https address."
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each orientation that EXIF knows."""


def prepared(content: bytes) -> Picture:
    """The picture as it will be stored and sent: PNG or JPEG, at most 2048 px and 3.7 MB.

    Raises ``TooLarge`` over 10 MB or 25 megapixels, before any pixel is decoded, and
    ``Unacceptable`` for what is not a PNG, JPEG, WebP or GIF image. Of a GIF the first frame counts.
    """
    if len(content) > UPLOAD_BYTES:
        raise TooLarge(
            f"The image is {len(content) / 1e6:.1f} MB; at most {UPLOAD_BYTES // 1_000_000} MB can be sent."
        )
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes under our own limit and of damaged metadata, which is dropped anyway.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > PIXELS:
                    raise TooLarge(
                        f"The image has {opened.width} × {opened.height} pixels; at most "
                        f"{PIXELS // 1_000_000} million can be sent. Scale it down and try again."
                    )
                # A phone's JPEG with a second picture inside is an MPO to Pillow.
                photo = opened.format in {"JPEG", "MPO"}
                sent, media_type = _encoded(_upright(opened), photo=photo)
    except UnidentifiedImageError as error:
        raise Unacceptable("The file is not a PNG, JPEG, WebP or GIF image; convert it first.") from error
    except Image.DecompressionBombError as error:
        raise TooLarge("The image has too many pixels to be sent; scale it down.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise Unacceptable("The image is damaged and cannot be read; save it anew and try again.") from error
    return Picture(sha256=hashlib.sha256(sent).hexdigest(), media_type=media_type, content=sent)


def from_url(url: str) -> Picture:
    """The picture behind an ``image_url``: a data URL is prepared, an https address is kept as it is.

    Madlen never fetches an address that a caller names; the provider does. Raises ``Unacceptable``
    for any other scheme or broken base64, and what ``prepared`` raises.
    """
    if url.startswith("data:"):
        head, _, body = url.partition(",")
        if not head.startswith("data:image/") or not head.endswith(";base64"):
            raise Unacceptable(_NOT_AN_ADDRESS)
        if len(body) > UPLOAD_BYTES * 4 / 3 + 4:
            raise TooLarge(f"An image is larger than {UPLOAD_BYTES // 1_000_000} MB.")
        try:
            content = base64.b64decode(body, validate=True)
        except ValueError as error:
            raise Unacceptable("The image's base64 is broken; encode the file anew.") from error
        return prepared(content)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Unacceptable(_NOT_AN_ADDRESS) from error
    if parts.scheme != "https" or not parts.hostname:
        raise Unacceptable(_NOT_AN_ADDRESS)
    return Picture(url=url)


def _upright(opened: Image.Image) -> Image.Image:
    """The pixels alone, 8 bits a channel, scaled down and turned as the camera was held."""
    orientation = opened.getexif().get(ExifTags.Base.Orientation)
    pixels = opened
    if pixels.mode.startswith("I"):
        # Pillow's own conversion cuts 16-bit greys off at 255: nearly everything would be white.
        pixels = pixels.point(lambda grey: grey / 256).convert("L")
    mode = "RGBA" if opened.has_transparency_data else "RGB"
    if pixels.mode != mode:
        pixels = pixels.convert(mode)
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if orientation in _TURNS:
        pixels = pixels.transpose(_TURNS[orientation])
    # Writing a file would copy comments and profiles from here.
    pixels.info = {}
    return pixels


def check_number(number: int) -> None:
    """Raises ``TooLarge`` when so many pictures are sent at once that they cannot go into a request."""
    if number > PER_REQUEST:
        raise TooLarge(f"There are {number} images; at most {PER_REQUEST} can be sent at once.")


def is_missing(picture: Picture) -> bool:
    """Whether a message names bytes that are not in the database any more."""
    return picture.url.startswith(STORED)


def is_damaged(picture: Picture) -> bool:
    """Whether there are bytes and they do not even begin as an image does."""
    try:
        Image.open(io.BytesIO(picture.content), formats=FORMATS).close()
    except (UnidentifiedImageError, OSError):
        return bool(picture.content)
    return False


def fitting(messages: Sequence[Message], *, sees: bool) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """The messages with as many pictures as may be sent, and a sentence for what was left out.

    The newest pictures stay: a conversation must not get stuck on the ones at its beginning.
    """
    there = [_without_missing(message) for message in messages]
    missing = sum(len(message.pictures) for message in messages) - sum(len(one.pictures) for one in there)
    notes = [f"{_counted(missing)} left out: missing from the database."] if missing else []
    kept: list[Message] = []
    left, room, dropped = PER_REQUEST if sees else 0, REQUEST_BYTES, 0
    for message in reversed(there):
        pictures: list[Picture] = []
        for picture in reversed(message.pictures):
            if left > 0 and len(picture.content) <= room:
                left, room = left - 1, room - len(picture.content)
                pictures.insert(0, picture)
            else:
                left, dropped = 0, dropped + 1
        kept.insert(0, replace(message, pictures=tuple(pictures)))
    if not dropped:
        return tuple(there), tuple(notes)
    why = (
        f"at most {PER_REQUEST} images and {REQUEST_BYTES // 1_000_000} MB go into one request"
        if sees
        else "this model cannot see"
    )
    return tuple(kept), (*notes, f"{_counted(dropped)} left out: {why}.")


def _without_missing(message: Message) -> Message:
    if not any(map(is_missing, message.pictures)):
        return message
    return replace(message, pictures=tuple(one for one in message.pictures if not is_missing(one)))


def _counted(number: int) -> str:
    return "1 earlier image was" if number == 1 else f"{number} earlier images were"


def _encoded(pixels: Image.Image, *, photo: bool) -> tuple[bytes, str]:
    """PNG where that is small enough, for screenshots and transparency; else JPEG, ever coarser."""
    transparent = pixels.mode == "RGBA"
    if transparent or not photo:
        png = _saved(pixels, "PNG", optimize=False)
        if len(png) <= SENT_BYTES:
            return png, "image/png"
    if transparent:
        backed = Image.new("RGBA", pixels.size, "white")
        backed.alpha_composite(pixels)
        pixels = backed.convert("RGB")
    for quality in (90, 80, 65, 50):
        jpeg = _saved(pixels, "JPEG", quality=quality)
        if len(jpeg) <= SENT_BYTES:
            return jpeg, "image/jpeg"
    raise TooLarge("The image stays over 3.7 MB even when compressed; scale it down.")


def _saved(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
