"""A real PostgreSQL server of the tests' own, from the machine's binaries, on a loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.ports import free_port

USER, PASSWORD = "madlen", "canary-Pa55word"
_START_SECONDS = 30


class Postgres:
    """A database cluster in a temporary folder; ``start`` and ``stop`` may be repeated."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.port = free_port()
        self._folder = folder
        self._durable = durable
        self._who = _unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        if self._who:
            os.chown(folder, self._who.pw_uid, self._who.pw_gid)
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        command = [_binary("initdb"), "-D", str(folder / "data"), "-U", USER, "--pwfile", str(password)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **self._as_user())

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "on" if self._durable else "off",
        }
        command = [_binary("postgres"), "-D", str(self._folder / "data")]
        command += [f"--{name}={value}" for name, value in settings.items()]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdout=log, stderr=log, **self._as_user()
            )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(psycopg.OperationalError):
                self.execute("SELECT 1")
                return
            time.sleep(0.02)
        raise AssertionError(f"PostgreSQL did not start:\n{(self._folder / 'server.log').read_text()}")

    def stop(self, *, crash: bool = False) -> None:
        """Ends the server with every connection cut; after a crash its log is replayed at the next start."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
            self._process.wait(_START_SECONDS)

    @contextmanager
    def silent(self, *, seconds: float) -> Iterator[None]:
        """Takes connections and answers none for so long, as on a busy machine, and at most for the block."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        again = threading.Timer(seconds, self._process.send_signal, [signal.SIGCONT])
        again.start()
        try:
            yield
        finally:
            again.cancel()
            self._process.send_signal(signal.SIGCONT)

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: LiteralString | sql.Composed, *, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The name of a new database, a copy of the template; it is dropped at the end."""
        name = f"madlen_{uuid.uuid4().hex}"
        words = map(sql.Identifier, (name, template))
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*words))
        try:
            yield name
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _as_user(self) -> dict[str, Any]:
        if self._who is None:
            return {}
        return {"user": self._who.pw_uid, "group": self._who.pw_gid, "extra_groups": []}


@contextmanager
def running(*, durable: bool = False) -> Iterator[Postgres]:
    """A server that ends, and whose folder goes, with the block."""
    # Not in pytest's folder, which no other user may enter.
    with tempfile.TemporaryDirectory(prefix="madlen-postgres-") as folder:
        server = Postgres(Path(folder), durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _binary(name: str) -> str:
    found = shutil.which(name)
    if config := shutil.which("pg_config"):
        folder = subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True).stdout
        found = shutil.which(name, path=folder.strip()) or found
    for installed in sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        found = found or shutil.which(name, path=str(installed))
    assert found, "PostgreSQL is missing; make system installs it."
    return found


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom the server runs as where we are root, whom it refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("PostgreSQL does not run as root, and there is neither postgres nor nobody.")
