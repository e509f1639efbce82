"""Files over REST."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import httpx2
import pytest

from madlen.api import entry
from madlen.files import imports
from tests.api.conftest import Api
from tests.api.test_compare import HELLO
from tests.api.test_hanging_up import served
from tests.api.test_sessions import chatted
from tests.conftest import StartMadlen
from tests.files.hostile import HOSTILE
from tests.test_archives import settled

DATA = Path(__file__).parents[1] / "data"
CHATGPT = (DATA / "chatgpt-conversations.json").read_bytes()


def compared(api: Api) -> str:
    session_id: str = api.post("/compare/", json=HELLO).json()["session_id"]
    return session_id


def test_an_export_is_a_download(api: Api) -> None:
    session_id = chatted(api, "Çay demle")
    answer = api.get(f"/sessions/{session_id}/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    short = session_id[:8]
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"ay-demle-{short}.json\"; filename*=UTF-8''%C3%87ay-demle-{short}.json"
    )
    assert answer.json()["chats"][0]["title"] == "Çay demle"


@pytest.mark.parametrize(("kind", "media_type"), [("markdown", "text/markdown"), ("html", "text/html")])
def test_an_export_may_be_for_people(api: Api, kind: str, media_type: str) -> None:
    answer = api.get(f"/sessions/{compared(api)}/export?format={kind}")
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert "Hello there" in answer.text


def test_an_exported_page_is_held_in_a_sandbox(api: Api) -> None:
    answer = api.get(f"/sessions/{compared(api)}/export?format=html")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_a_title_cannot_write_headers(api: Api) -> None:
    for words in HOSTILE:
        title = f'x"\r\nSet-Cookie: a=1 {words}'
        made = api.post("/sessions/", json={"model_id": "parrot/polly", "title": title})
        answer = api.get(f"/sessions/{made.json()['id']}/export")
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["content-disposition"].count('"') == 2


@pytest.mark.parametrize(("path", "status"), [("nobody/export", 404), ("nobody/export?format=pdf", 422)])
def test_what_cannot_be_exported_is_a_problem(api: Api, path: str, status: int) -> None:
    answer = api.get(f"/sessions/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_many_are_exported_in_a_zip_archive(api: Api) -> None:
    ids = [chatted(api), compared(api)]
    answer = api.post("/sessions/export", json={"ids": ids, "format": "markdown"})
    assert answer.headers["content-type"] == "application/zip"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 2


@pytest.mark.parametrize(
    ("body", "status"), [({"ids": []}, 422), ({"ids": ["x"], "format": "pdf"}, 422), ({"ids": ["x"]}, 404)]
)
def test_a_bundle_of_nothing_is_a_problem(api: Api, body: dict[str, object], status: int) -> None:
    assert api.post("/sessions/export", json=body).status_code == status


def test_what_was_exported_is_imported_as_a_chat_of_its_own(api: Api) -> None:
    session_id = compared(api)
    content = api.get(f"/sessions/{session_id}/export").content
    report = api.post("/sessions/import", content=content).json()
    assert (report["taken"], report["not_taken"]) == (1, 0)
    [chat] = report["chats"]
    assert chat == {
        "where": "chats[0]",
        "title": "Hello there",
        "session_id": chat["session_id"],
        "comparison": True,
        "notes": [],
    }
    before, after = (api.get(f"/sessions/{one}").json() for one in (session_id, chat["session_id"]))
    assert [one["content"] for one in after["messages"]] == [one["content"] for one in before["messages"]]
    assert not {one["id"] for one in after["messages"]} & {one["id"] for one in before["messages"]}


def test_a_form_may_carry_the_file(api: Api) -> None:
    report = api.post("/sessions/import", files={"file": ("anything.bin", CHATGPT)}).json()
    assert (report["taken"], report["not_taken"]) == (2, 1)
    assert report["chats"][2]["session_id"] is None
    assert report["chats"][2]["notes"] == ["It holds no prompt, so there is no chat to keep."]


def test_a_form_without_a_file_is_a_problem(api: Api) -> None:
    answer = api.post("/sessions/import", files={"other": ("x", b"x")})
    assert answer.status_code == 422
    assert "no file" in answer.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"[" * 100_000, b"PK\x03\x04"])
def test_what_is_no_file_of_chats_is_a_problem(api: Api, content: bytes) -> None:
    for path in ("/sessions/import", "/compare/rerun"):
        answer = api.post(path, content=content)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
    assert api.get("/sessions/").json() == []


def test_an_import_may_be_larger_than_other_requests(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "BODY_BYTES", 1000)
    assert api.post("/sessions/import/", content=CHATGPT).json()["taken"] == 2
    assert api.post("/compare/rerun", content=CHATGPT).status_code == 413


def test_a_large_import_is_not_cut_off_by_the_limit_of_others(api: Api) -> None:
    padded = CHATGPT + b" " * entry.BODY_BYTES

    def parts() -> object:
        return (padded[start : start + 4_000_000] for start in range(0, len(padded), 4_000_000))

    assert api.post("/sessions/import", content=parts()).json()["taken"] == 2  # type: ignore[arg-type]


def test_an_import_over_its_own_limit_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "FILE_BYTES", 1000)
    answer = api.post("/sessions/import", content=CHATGPT)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:madlen:error:too-large"


def test_a_file_is_asked_again(api: Api) -> None:
    session_id = compared(api)
    content = api.get(f"/sessions/{session_id}/export").content
    answer = api.post("/compare/rerun", content=content)
    assert answer.status_code == 201
    begun = answer.json()
    assert (begun["origin"], begun["title"]) == (session_id, "Hello there")
    settled(api.madlen, begun["id"], 1)
    messages = api.get(f"/sessions/{begun['id']}").json()["messages"]
    assert [one["extra_metadata"]["lane"] for one in messages[1:]] == ["calm", "A"]


def test_a_model_that_is_gone_cannot_be_asked_again(api: Api) -> None:
    [river, *_] = json.loads(CHATGPT)
    answer = api.post("/compare/rerun", content=json.dumps([river]))
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:madlen:error:model-gone"


def test_a_real_server_exports_imports_and_asks_again(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    with served(madlen) as address, httpx2.Client(base_url=address, timeout=30) as client:
        session_id = client.post("/compare", json=HELLO).json()["session_id"]
        content = client.get(f"/sessions/{session_id}/export").content
        report = client.post("/sessions/import", files={"file": ("x.json", content)}).json()
        assert report["taken"] == 1
        bundle = client.post("/sessions/export", json={"ids": [session_id, report["chats"][0]["session_id"]]})
        again = client.post("/sessions/import", content=bundle.content).json()
        assert [chat["where"].endswith(".json, chats[0]") for chat in again["chats"]] == [True, True]
        begun = client.post("/compare/rerun", content=content)
        assert begun.status_code == 201
        settled(madlen, begun.json()["id"], 1)


def test_the_description_says_what_goes_in_and_out(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    assert "multipart/form-data" in paths["/sessions/import"]["post"]["requestBody"]["content"]
    assert "application/zip" in paths["/compare/rerun"]["post"]["requestBody"]["content"]
    [_, kind] = paths["/sessions/{session_id}/export"]["get"]["parameters"]
    assert kind["schema"]["enum"] == ["json", "markdown", "html"]
