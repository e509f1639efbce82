import base64
import io

import pytest
from PIL import Image

from madlen import images
from madlen.errors import TooLarge, Unacceptable


def encoded(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (10, 10), "red").save(out, kind)
    return out.getvalue()


def data_url(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def test_a_data_url_is_prepared_like_an_upload() -> None:
    upload = encoded("PNG")
    assert images.from_url(data_url(upload)) == images.prepared(upload)


def test_the_bytes_and_not_the_declared_type_say_what_an_image_is() -> None:
    photo = encoded("JPEG")
    assert images.from_url(data_url(photo, "image/png")).media_type == "image/jpeg"


def test_an_https_address_is_kept_and_not_fetched() -> None:
    url = "https://example.com/cat.png?size=large#top"
    assert images.from_url(url).address == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cat.png",
        "http://example.com/cat.png",
        "file:///etc/passwd",
        "ftp://example.com/cat.png",
        "javascript:alert(1)",
        "https://",
        "https:///cat.png",
        "https://[",
        "https://[cat]/",
        "data:text/html;base64,PGI+",
        "data:image/png,plain",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(Unacceptable, match="https address"):
        images.from_url(url)


@pytest.mark.parametrize("body", ["!!!!", "abc", "YWJj YWJj", "é", "\ud83d"])
def test_broken_base64_is_refused(body: str) -> None:
    with pytest.raises(Unacceptable, match="base64 is broken"):
        images.from_url(f"data:image/png;base64,{body}")


def test_a_data_url_over_10_mb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLarge, match="10 MB"):
        images.from_url("data:image/png;base64," + "!" * 14_000_000)


def test_a_data_url_of_something_else_is_refused() -> None:
    with pytest.raises(Unacceptable, match="not a PNG"):
        images.from_url(data_url(b"<svg/>", "image/svg+xml"))


def test_a_data_url_without_an_image_is_refused() -> None:
    with pytest.raises(Unacceptable, match="not a PNG"):
        images.from_url("data:image/png;base64")
