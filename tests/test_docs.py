"""The README, ``.env.example`` and the changelog say what is true of the program."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from madlen import api
from madlen.api import application
from madlen.providers.local import DEFAULT_ID
from madlen.settings import Settings
from madlen.types import Model
from tests.conftest import StartMadlen
from tests.parrot import FREE, Parrot

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")

API = "http://localhost:8501/api"
NOT_SET = "not set"
SMALL = Model(DEFAULT_ID, "Small", "parrot", pricing=FREE)


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", README, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> list[list[str]]:
    """The cells of the tables in a section, without their heads."""
    lines = [line for line in sections()[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def code(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Every shell command in the README, each on one line."""
    lines: list[str] = []
    for line in "\n".join(code("sh")).splitlines():
        if lines and (lines[-1].endswith("\\") or lines[-1].count("'") % 2):
            lines[-1] = lines[-1].removesuffix("\\") + line
        else:
            lines.append(line)
    return lines


def curls() -> list[str]:
    return [command for command in commands() if command.startswith("curl ")]


def settings_table() -> dict[str, tuple[str, str]]:
    return {name.strip("`"): (default, meaning) for name, default, meaning in rows("Settings")}


def endpoints(paths: dict[str, dict[str, Any]]) -> set[str]:
    return {f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs}


def test_the_first_code_block_holds_exactly_the_two_commands() -> None:
    assert code("sh")[0].splitlines() == ["pip install -r requirements.txt", "streamlit run app.py"]


def test_the_picture_and_the_two_commands_stand_on_the_first_screen() -> None:
    first = README.partition("\n## ")[0]
    assert first.count("![") == 1
    assert "streamlit run app.py" in first
    assert len(first.splitlines()) <= 25


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    assert list(settings_table()) == [name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize("field", Settings.model_fields)
def test_the_settings_table_says_what_a_setting_means(field: str) -> None:
    assert settings_table()[field.upper()][1] == Settings.model_fields[field].description


@pytest.mark.parametrize("field", Settings.model_fields)
def test_the_settings_table_gives_a_default_that_changes_nothing(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = settings_table()[field.upper()][0]
    expected = Settings.model_fields[field].default
    assert (default == NOT_SET) == (expected is None or (field == "local_models" and expected == ()))
    if default != NOT_SET:
        monkeypatch.setenv(field.upper(), default.strip("`"))
    assert getattr(Settings(), field) == expected


def example_settings() -> dict[str, str]:
    return dict(re.findall(r"^#([A-Z_]+)=(.+)$", EXAMPLE, flags=re.MULTILINE))


def test_the_example_settings_name_every_setting_once_and_no_other() -> None:
    named = re.findall(r"^#([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE)
    assert named == [name.upper() for name in Settings.model_fields]


def test_each_example_setting_has_a_sentence_above_it() -> None:
    lines = EXAMPLE.splitlines()
    settings = [number for number, line in enumerate(lines) if re.match("#[A-Z_]+=", line)]
    assert [lines[number] for number in settings if not re.match(r"# .+\.$", lines[number - 1])] == []


def test_a_copy_of_the_example_settings_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE, "utf-8")
    assert Settings() == Settings(_env_file=None)


def test_every_example_setting_can_be_used_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / ".env").write_text(re.sub(r"^#(?=[A-Z_]+=)", "", EXAMPLE, flags=re.MULTILINE), "utf-8")
    used = Settings()
    assert used.model_fields_set == set(Settings.model_fields)
    assert used.cors_origins == ("http://localhost:5173", "http://127.0.0.1:5173")
    assert used.local_models == (Path("models"),)


def test_the_example_settings_show_the_values_of_the_original() -> None:
    original = {
        "OPENROUTER_API_KEY": "your_api_key_here",
        "OPENROUTER_BASE_URL": "https://openrouter.ai/api/v1",
        "APP_NAME": "Madlen AI Chat",
        "APP_VERSION": "1.0.0",
        "DEBUG": "True",
        "DATABASE_URL": "sqlite:///./chat.db",
        "CORS_ORIGINS": '["http://localhost:5173","http://127.0.0.1:5173"]',
        "JAEGER_ENDPOINT": "http://localhost:4317",
        "OTEL_SERVICE_NAME": "madlen-chat-backend",
        "ENABLE_TRACING": "True",
    }
    assert example_settings().items() >= original.items()


def test_the_endpoint_table_names_every_endpoint_and_no_other(start_madlen: StartMadlen) -> None:
    paths = application.create(start_madlen()).openapi()["paths"]
    named = [cell.strip("`") for cell, _ in rows("The API")]
    without_slash = [f"{verb} {path.rstrip('/') or '/'}" for verb, path in map(str.split, named)]
    assert len(set(without_slash)) == len(without_slash)
    assert set(without_slash) == endpoints(paths)


def test_the_documentation_pages_that_the_readme_names_are_served(current: StartMadlen) -> None:
    current()
    client = TestClient(api.app, base_url="http://localhost")
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert f"`{path}`" in README
        assert client.get(path).status_code == 200


def curl(client: TestClient, command: str) -> tuple[int, str]:
    """Carries out one of the README's curl commands; its status and text."""
    words = shlex.split(command)[1:]
    verb, body, headers, address = "", None, {}, ""
    while words:
        match words.pop(0):
            case "-X":
                verb = words.pop(0)
            case "-d":
                body = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-N":
                pass
            case word:
                address = word
    assert address.startswith(f"{API}/")
    answer = client.request(
        verb or ("POST" if body else "GET"), address.removeprefix(API), content=body, headers=headers
    )
    return answer.status_code, answer.text


def test_every_curl_command_is_answered(current: StartMadlen) -> None:
    seeing = Model(
        "openrouter/free", "Seeing", "parrot", input_modalities=frozenset({"text", "image"}), pricing=FREE
    )
    current(Parrot(models=[SMALL, seeing]))
    client = TestClient(api.app, base_url="http://localhost")
    session_id = ""
    answered = 0
    for command in curls():
        status, text = curl(client, command.replace("SESSION_ID", session_id))
        assert 200 <= status < 300, f"{command}\n{text}"
        if status == 201:
            session_id = json.loads(text)["id"]
        answered += 1
    assert answered >= 8


def test_the_curl_command_with_stream_is_closed_by_done(current: StartMadlen) -> None:
    current(Parrot(models=[SMALL]))
    (command,) = [command for command in curls() if " -N " in command]
    assert (
        curl(TestClient(api.app, base_url="http://localhost"), command)[1].rstrip().endswith("data: [DONE]")
    )


def test_the_python_example_is_python() -> None:
    (example,) = code("python")
    compile(example, "README.md", "exec")
    assert f'base_url="{API}/v1"' in example
    assert DEFAULT_ID in example


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_every_relative_link_and_picture_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    relative = [target for target in targets if not target.startswith(("https://", "http://", "#"))]
    missing = [target for target in relative if not (ROOT / target.partition("#")[0]).exists()]
    assert missing == []


def test_every_link_within_the_readme_leads_to_a_heading() -> None:
    anchors = {heading.lower().replace(" ", "-") for heading in sections()}
    links = re.findall(r"\]\(#([^)]+)\)", README)
    assert set(links) <= anchors


def test_make_targets_that_the_readme_names_exist() -> None:
    named = {command.split()[1] for command in commands() if command.startswith("make ")}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    assert named
    assert named <= targets


def test_the_changelog_begins_with_the_version_of_the_program() -> None:
    versions = re.findall(r"^## \[([^\]]+)\]", CHANGELOG, flags=re.MULTILINE)
    assert versions[0] == Settings.model_fields["app_version"].default
