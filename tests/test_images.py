import hashlib
import io
import os
import struct
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from madlen import images
from madlen.errors import TooLarge, Unacceptable

RED, GREEN, BLUE, WHITE = (254, 0, 0), (0, 128, 0), (0, 0, 254), (255, 255, 255)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def sent(content: bytes) -> Image.Image:
    """What ``prepared`` makes of an upload, decoded again."""
    return Image.open(io.BytesIO(images.prepared(content).content))


def color(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """The RGB of a pixel, rounded so that JPEG's losses do not show."""
    pixel = image.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return tuple(254 if part > 200 else 128 if part > 80 else 0 for part in pixel)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.frombytes(mode, (width, height), os.urandom(width * height * len(mode)))


def photo_exif() -> Image.Exif:
    """What a phone writes: where, when, with what."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "CANARY phone"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (41.0, 0.0, 49.0), 3: "E", 4: (28.0, 58.0, 0.0)})
    return exif


def oriented(orientation: int) -> bytes:
    """A PNG, red on the left and blue on the right once it is turned as its orientation says."""
    upright = Image.new("RGB", (40, 20), RED)
    upright.paste(BLUE, (20, 0, 40, 20))
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(stored, "PNG", exif=exif)


def png_that_claims(width: int, height: int) -> bytes:
    """The head of a PNG of that size and nothing behind it to decode."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 1000) + b"IDAT"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_photo_was_taken_is_not_sent(kind: str) -> None:
    upload = encoded(Image.new("RGB", (40, 20), RED), kind, exif=photo_exif())
    assert b"CANARY" in upload
    prepared = images.prepared(upload)
    assert b"CANARY" not in prepared.content
    assert not Image.open(io.BytesIO(prepared.content)).getexif()


def test_a_comment_in_a_photo_is_not_sent() -> None:
    upload = encoded(Image.new("RGB", (40, 20), RED), "JPEG", comment=b"CANARY", icc_profile=b"CANARY" * 40)
    assert b"CANARY" not in images.prepared(upload).content


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_the_camera_was_held(orientation: int) -> None:
    turned = sent(oriented(orientation))
    assert turned.size == (40, 20)
    assert (color(turned, 5, 10), color(turned, 35, 10)) == (RED, BLUE)


def test_an_orientation_that_does_not_exist_turns_nothing() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 9
    assert sent(encoded(Image.new("RGB", (40, 20)), "PNG", exif=exif)).size == (40, 20)


def test_a_photo_with_damaged_metadata_is_sent_all_the_same() -> None:
    upload = encoded(Image.new("RGB", (40, 20), RED), "JPEG", exif=photo_exif())
    begins = upload.index(b"Exif\0\0") + 20
    damaged = upload[:begins] + b"\xff" * 12 + upload[begins + 12 :]
    assert sent(damaged).size == (40, 20)


def test_a_photo_stays_a_jpeg() -> None:
    assert images.prepared(encoded(noise(64, 64), "JPEG")).media_type == "image/jpeg"


def test_a_photo_with_a_second_picture_inside_stays_a_jpeg() -> None:
    upload = encoded(noise(64, 64), "MPO", save_all=True, append_images=[noise(64, 64)])
    assert images.prepared(upload).media_type == "image/jpeg"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_no_photo_is_sent_without_loss(kind: str) -> None:
    picture = Image.new("RGB", (40, 20), WHITE)
    prepared = images.prepared(encoded(picture, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert prepared.media_type == "image/png"
    assert Image.open(io.BytesIO(prepared.content)).convert("RGB").tobytes() == picture.tobytes()


def test_transparency_is_kept() -> None:
    assert sent(encoded(Image.new("RGBA", (10, 10), (0, 0, 254, 0)), "PNG")).getpixel((5, 5)) == (
        0,
        0,
        254,
        0,
    )


def test_transparency_of_one_palette_entry_is_kept() -> None:
    upload = encoded(Image.new("P", (10, 10), 0), "PNG", transparency=0)
    pixel = sent(upload).getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 0


def test_a_transparent_picture_that_is_too_large_as_png_is_laid_on_white() -> None:
    picture = noise(1200, 1000, "RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 100, 100))
    prepared = images.prepared(encoded(picture, "PNG"))
    assert prepared.media_type == "image/jpeg"
    shown = Image.open(io.BytesIO(prepared.content)).convert("L").getpixel((50, 50))
    assert isinstance(shown, int)
    assert shown > 240


def test_a_gif_is_sent_as_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 20), each) for each in (RED, GREEN, BLUE)]
    still = sent(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert not getattr(still, "is_animated", False)
    assert color(still, 10, 10) == RED


def test_sixteen_bit_greys_keep_their_shades() -> None:
    upload = encoded(Image.new("I;16", (10, 10), 0x8000), "PNG")
    assert sent(upload).getpixel((5, 5)) == (128, 128, 128)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png_is_accepted(mode: str) -> None:
    assert sent(encoded(Image.new(mode, (10, 10)), "PNG")).size == (10, 10)


def test_a_jpeg_for_print_is_sent_in_screen_colors() -> None:
    assert sent(encoded(Image.new("CMYK", (10, 10)), "JPEG")).mode == "RGB"


def test_the_longest_side_is_brought_down_to_2048_pixels() -> None:
    assert sent(encoded(Image.new("RGB", (4096, 1024)), "PNG")).size == (2048, 512)


def test_a_small_picture_is_not_blown_up() -> None:
    assert sent(encoded(Image.new("RGB", (3, 2)), "PNG")).size == (3, 2)


@pytest.mark.parametrize("size", [(5001, 5000), (13_000, 13_000), (60_000, 60_000)])
def test_too_many_pixels_are_refused_before_any_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge, match="pixels"):
        images.prepared(png_that_claims(*size))


def test_25_million_pixels_are_few_enough_to_decode() -> None:
    # There are none behind this head, which only decoding can tell.
    with pytest.raises(Unacceptable, match="damaged"):
        images.prepared(png_that_claims(5000, 5000))


def test_a_small_file_with_too_many_pixels_is_refused() -> None:
    bomb = encoded(Image.new("1", (9000, 9000)), "PNG")
    assert len(bomb) < 20_000
    with pytest.raises(TooLarge, match="9000 × 9000"):
        images.prepared(bomb)


def test_an_upload_over_10_mb_is_refused_with_its_size() -> None:
    with pytest.raises(TooLarge, match=r"12\.3 MB"):
        images.prepared(b"\0" * 12_300_000)


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 95})])
def test_noise_is_compressed_until_it_can_be_sent(kind: str, options: dict[str, int]) -> None:
    upload = encoded(noise(2048, 1600), kind, **options)
    assert len(upload) > images.SENT_BYTES
    prepared = images.prepared(upload)
    assert prepared.media_type == "image/jpeg"
    assert len(prepared.content) <= images.SENT_BYTES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200,
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + b"\0" * 200,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><script>alert(1)</script>",
        encoded(Image.new("RGB", (10, 10)), "BMP"),
        encoded(Image.new("RGB", (10, 10)), "TIFF"),
        encoded(Image.new("RGB", (16, 16)), "ICO"),
    ],
    ids=["nothing", "text", "heic", "avif", "pdf", "eps", "svg", "html", "bmp", "tiff", "ico"],
)
def test_what_is_not_one_of_the_four_formats_is_refused(content: bytes) -> None:
    with pytest.raises(Unacceptable, match="not a PNG, JPEG, WebP or GIF"):
        images.prepared(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    whole = encoded(noise(100, 100), kind)
    with pytest.raises(Unacceptable, match=r"image"):
        images.prepared(whole[: len(whole) // 2])


def test_markup_behind_an_image_is_not_sent() -> None:
    polyglot = encoded(Image.new("RGB", (10, 10)), "PNG") + b"<script>alert(1)</script>"
    assert b"script" not in images.prepared(polyglot).content


_WHOLE = [
    encoded(Image.new("RGB", (8, 8), RED), "JPEG", exif=photo_exif()),
    encoded(Image.new("RGB", (8, 8), RED), "PNG", exif=photo_exif()),
    encoded(Image.new("RGB", (8, 8), RED), "WEBP", exif=photo_exif()),
    encoded(Image.new("P", (8, 8)), "GIF"),
]


@settings(deadline=None)
@given(st.sampled_from(_WHOLE), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))))
def test_no_damage_ends_in_anything_but_a_sentence(whole: bytes, damage: list[tuple[float, int]]) -> None:
    content = bytearray(whole)
    for place, byte in damage:
        content[int(place * len(content))] = byte
    with suppress(TooLarge, Unacceptable):
        assert len(images.prepared(bytes(content)).content) <= images.SENT_BYTES


def test_the_same_upload_is_the_same_picture() -> None:
    upload = encoded(Image.new("RGB", (10, 10), RED), "PNG")
    first, second = images.prepared(upload), images.prepared(upload)
    assert first == second
    assert first.sha256 == hashlib.sha256(first.content).hexdigest()
