"""Uploads made safe and small enough to send.

Every picture is decoded and written anew, which drops metadata such as GPS positions, applies the
orientation and makes the declared media type true. The limits are those that providers were seen
to enforce: 5 MB of base64 for one image at Anthropic, 30 MB for all images of a request at OpenRouter.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import warnings
from urllib.parse import urlsplit

from PIL import Image, ImageOps, UnidentifiedImageError

from madlen.errors import TooLarge, Unacceptable
from madlen.types import Picture

UPLOAD_BYTES = 10_000_000
PIXELS = 25_000_000
LONGEST_SIDE = 2048
SENT_BYTES = 3_700_000
PER_PROMPT = 20
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
SUFFIXES = ("png", "jpg", "jpeg", "webp", "gif")


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
            # Our own limit below is stricter than the one Pillow warns of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > PIXELS:
                    raise TooLarge(
                        f"The image has {opened.width} × {opened.height} pixels; at most "
                        f"{PIXELS // 1_000_000} million can be sent. Scale it down and try again."
                    )
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
                sent, media_type = _encoded(upright)
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
            raise Unacceptable("An image must be a data URL of an image in base64, or an https address.")
        if len(body) > UPLOAD_BYTES * 4 / 3 + 4:
            raise TooLarge(f"An image is larger than {UPLOAD_BYTES // 1_000_000} MB.")
        try:
            return prepared(base64.b64decode(body, validate=True))
        except binascii.Error as error:
            raise Unacceptable("The image's base64 is broken; encode the file anew.") from error
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Unacceptable("An image must be a data URL of an image in base64, or an https address.")
    return Picture(url=url)


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    """PNG where that is small enough, for screenshots and transparency; else JPEG, ever coarser."""
    transparent = image.has_transparency_data
    pixels = image.convert("RGBA" if transparent else "RGB")
    if image.format != "JPEG" or transparent:
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
