"""The container files, the locked requirements and the server's settings hold together.

No Docker engine runs in the tests, so the files are read and checked against what they refer to.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from streamlit.web.cli import main_run

from madlen.settings import Settings

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
VARIABLES = {name.upper() for name in Settings.model_fields}

Instruction = tuple[str, str]


def dockerfile() -> list[Instruction]:
    """The instructions, each with what stands behind it, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def instructions(word: str) -> list[str]:
    return [rest for name, rest in dockerfile() if name == word]


def image_environment() -> dict[str, str]:
    pairs = [pair for line in instructions("ENV") for pair in shlex.split(line)]
    return dict(pair.split("=", 1) for pair in pairs)


def without_substitution(value: Any) -> str:
    """What Compose makes of a value when none of the variables in it is set."""
    return re.sub(r"\$\{[A-Z_]+:\+[^}]*\}", "", re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", str(value)))


def with_substitution(value: Any, word: str) -> str:
    """What Compose makes of a value when each variable in it is set to a word."""
    return re.sub(r"\$\{[A-Z_]+:\+([^}]*)\}", r"\1", re.sub(r"\$\{[A-Z_]+:-[^}]*\}", word, str(value)))


def requirements() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def locked() -> list[tuple[Requirement, Version, list[str]]]:
    """Each entry of the lock: what it is for, its version and its hashes."""
    found = []
    for entry in re.split(r"\n(?=\S)", LOCK.strip()):
        first, *rest = entry.replace("\\\n", "\n").splitlines()
        requirement = Requirement(first.strip())
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        found.append((requirement, Version(pin.version), [line.strip() for line in rest]))
    return found


def image_python() -> Version:
    (base,) = instructions("FROM")
    return Version(base.removeprefix("python:").partition("-")[0])


def applies_in_image(requirement: Requirement) -> bool:
    version = f"{image_python()}"
    linux = {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return requirement.marker is None or requirement.marker.evaluate(linux)


def test_the_compose_file_keeps_to_the_compose_specification() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE)]
    assert errors == []


def test_jaeger_is_reached_at_its_usual_ports() -> None:
    published = {port.rpartition(":")[2] for port in SERVICES["jaeger"]["ports"]}
    assert published == {"4317", "4318", "16686"}


def test_jaeger_is_pinned_to_a_release_of_version_2() -> None:
    image, _, version = SERVICES["jaeger"]["image"].rpartition(":")
    assert image == "jaegertracing/jaeger"
    assert re.fullmatch(r"2\.\d+\.\d+", version)


def test_jaeger_can_be_started_alone() -> None:
    assert not {"build", "depends_on"} & SERVICES["jaeger"].keys()


def test_jaeger_tells_how_it_is() -> None:
    assert SERVICES["jaeger"]["healthcheck"]["test"][-1] == "http://127.0.0.1:13133/status"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_published_on_loopback_only(service: str) -> None:
    for port in SERVICES[service].get("ports", []):
        address, outside, inside = port.split(":")
        assert address == "127.0.0.1"
        assert outside == inside


def test_everything_a_service_depends_on_is_in_the_file() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", [])) <= SERVICES.keys()


def test_every_config_that_a_service_reads_is_declared() -> None:
    read = {config["source"] for service in SERVICES.values() for config in service.get("configs", [])}
    assert read == COMPOSE["configs"].keys()


def test_every_volume_that_is_mounted_is_declared() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {volume.partition(":")[0] for volume in volumes} == COMPOSE["volumes"].keys()


@pytest.mark.parametrize("name", [*SERVICES["app"]["environment"], *image_environment()])
def test_every_variable_of_the_container_is_known(name: str) -> None:
    others = {"XDG_CACHE_HOME", "PYTHONUNBUFFERED"}
    assert name in VARIABLES | others or name.startswith(("STREAMLIT_", "OTEL_", "PIP_"))


def test_a_variable_that_is_passed_through_keeps_its_name() -> None:
    passed = 0
    for name, value in SERVICES["app"]["environment"].items():
        if str(value).startswith("$") and ":+" not in value:
            assert value == f"${{{name}:-}}"
            passed += 1
    assert passed > 0
    assert "OPENROUTER_API_KEY" in SERVICES["app"]["environment"]


def test_madlen_starts_with_the_values_of_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**image_environment(), **SERVICES["app"]["environment"]}.items():
        if name in VARIABLES:
            monkeypatch.setenv(name, without_substitution(value))
    settings = Settings()
    assert settings.openrouter_api_key is None
    assert settings.allowed_hosts == Settings.model_fields["allowed_hosts"].default
    assert settings.openrouter_base_url == Settings.model_fields["openrouter_base_url"].default


def test_the_container_sends_its_traces_to_jaeger() -> None:
    environment = SERVICES["app"]["environment"]
    endpoint = urlsplit(without_substitution(environment["JAEGER_ENDPOINT"]))
    assert endpoint.hostname == "jaeger"
    assert f"127.0.0.1:{endpoint.port}:{endpoint.port}" in SERVICES["jaeger"]["ports"]
    assert without_substitution(environment["OTEL_EXPORTER_OTLP_ENDPOINT"]) == ""


def test_the_container_sends_spans_and_metrics_to_a_collector_where_that_is_asked_for() -> None:
    environment = SERVICES["app"]["environment"]
    for name in ("JAEGER_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        assert with_substitution(environment[name], "collector") == "http://collector:4317"


def test_the_collector_hands_spans_to_jaeger_and_keeps_metrics_where_they_are_published() -> None:
    config = yaml.safe_load(COMPOSE["configs"]["collector"]["content"])
    pipelines = config["service"]["pipelines"]
    for pipeline in pipelines.values():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) <= config[part].keys()
    assert config["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].endswith(":4317")
    assert pipelines["traces"]["exporters"] == ["otlp"]
    assert config["exporters"]["otlp"]["endpoint"] == "jaeger:4317"
    (published,) = SERVICES["collector"]["ports"]
    assert pipelines["metrics"]["exporters"] == ["prometheus"]
    assert config["exporters"]["prometheus"]["endpoint"].endswith(published[published.rindex(":") :])


@pytest.mark.parametrize("profile", ["collector", "postgres"])
def test_a_profile_has_its_service(profile: str) -> None:
    assert profile in SERVICES[profile]["profiles"]
    assert "profiles" not in SERVICES["app"]


def test_database_and_model_cache_are_kept_in_volumes() -> None:
    mounts = {volume.partition(":")[2]: volume.partition(":")[0] for volume in SERVICES["app"]["volumes"]}
    database = SERVICES["app"]["environment"]["DATABASE_URL"].removeprefix("sqlite:///")
    assert str(Path(database).parent) in mounts
    assert image_environment()["XDG_CACHE_HOME"] in mounts
    assert len(set(mounts.values())) == 2


def test_the_image_without_compose_keeps_its_data_in_its_volume_too() -> None:
    (volume,) = instructions("VOLUME")
    assert image_environment()["DATABASE_URL"].startswith(f"sqlite:///{volume}/")
    assert image_environment()["XDG_CACHE_HOME"].startswith(f"{volume}/")


def test_the_image_has_a_python_that_madlen_runs_on() -> None:
    (base,) = instructions("FROM")
    assert re.fullmatch(r"python:3\.\d+-slim", base)
    assert image_python() >= Version("3.11")


def test_everything_the_image_copies_exists() -> None:
    sources = [source for line in instructions("COPY") for source in shlex.split(line)[:-1]]
    assert {source for source in sources if not (ROOT / source).exists()} == set()
    assert {"app.py", "madlen", "pages", ".streamlit", "requirements.lock"} == set(sources)


def test_the_build_sees_what_the_image_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    copied = {source for line in instructions("COPY") for source in shlex.split(line)[:-1]}
    assert patterns[0] == "*"
    assert {pattern[1:] for pattern in patterns if pattern.startswith("!")} == copied


def test_the_image_installs_the_locked_requirements_with_their_hashes() -> None:
    (install,) = [line for line in instructions("RUN") if "pip install" in line]
    assert shlex.split(install) == ["pip", "install", "--require-hashes", "-r", "requirements.lock"]


def test_the_image_does_not_run_as_root() -> None:
    words = [word for word, _ in dockerfile()]
    (user,) = instructions("USER")
    assert user != "root"
    assert any(f"useradd --uid 10001 --create-home {user}" in line for line in instructions("RUN"))
    assert words.index("USER") < words.index("CMD")


def test_the_image_starts_streamlit_with_options_that_exist() -> None:
    (command,) = instructions("CMD")
    program, run, script, *arguments = json.loads(command)
    assert [program, run, script] == ["streamlit", "run", "app.py"]
    known = {option for parameter in main_run.params for option in parameter.opts}
    assert arguments
    assert {argument.partition("=")[0] for argument in arguments} <= known


def test_the_container_listens_where_its_port_is_published() -> None:
    (command,) = instructions("CMD")
    options = dict(argument.split("=") for argument in json.loads(command)[3:])
    assert options == {"--server.address": "0.0.0.0", "--server.port": "8501"}  # noqa: S104
    assert instructions("EXPOSE") == ["8501"]
    assert SERVICES["app"]["ports"] == ["127.0.0.1:8501:8501"]


def test_the_image_asks_the_api_how_it_is() -> None:
    (check,) = instructions("HEALTHCHECK")
    program, option, script = json.loads(check.partition("CMD ")[2])
    assert [program, option] == ["python", "-c"]
    compile(script, "HEALTHCHECK", "exec")
    assert "'http://127.0.0.1:8501/api/health'" in script


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_the_lock_satisfies_a_requirement(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    versions = [version for entry, version, _ in locked() if canonicalize_name(entry.name) == name]
    assert versions
    assert all(requirement.specifier.contains(version, prereleases=True) for version in versions)


def test_the_lock_gives_the_image_one_version_of_each_package() -> None:
    names = [canonicalize_name(entry.name) for entry, _, _ in locked() if applies_in_image(entry)]
    assert len(names) == len(set(names))
    assert set(names) >= {
        canonicalize_name(entry.name) for entry in requirements() if applies_in_image(entry)
    }


def test_every_locked_package_has_hashes() -> None:
    for entry, _, hashes in locked():
        assert hashes, entry
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes), entry


def test_the_lock_names_no_package_index() -> None:
    assert "://" not in LOCK
    assert "--index" not in LOCK
    assert "--find-links" not in LOCK


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("server", "fileWatcherType", "none"),
        ("server", "address", "127.0.0.1"),
        ("runner", "postScriptGC", False),
        ("runner", "magicEnabled", False),
        ("browser", "gatherUsageStats", False),
        ("client", "showErrorDetails", "none"),
        ("client", "showErrorLinks", False),
    ],
)
def test_streamlit_is_set_up_as_a_service(section: str, name: str, value: object) -> None:
    assert CONFIG[section][name] == value


def test_uploads_are_as_large_as_images_may_be() -> None:
    assert CONFIG["server"]["maxUploadSize"] == 10


def test_light_and_dark_have_a_theme_of_their_own() -> None:
    assert CONFIG["theme"]["light"].keys() == CONFIG["theme"]["dark"].keys()


@pytest.mark.parametrize("section", [name for name in CONFIG if name != "theme"])
def test_every_setting_of_streamlit_exists(section: str) -> None:
    known = {option for parameter in main_run.params for option in parameter.opts}
    assert {f"--{section}.{name}" for name in CONFIG[section]} <= known
