"""Connections to one PostgreSQL database: how each is set up, and what its errors mean to a person."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from madlen.errors import BadSetting, StoreUnavailable

# Its warnings come with every attempt to connect again; ours say the same once, as sentences.
logging.getLogger("psycopg").setLevel(logging.ERROR)

Connection = psycopg.Connection[dict[str, Any]]

_OLDEST = 130000
_POOL_SIZE = 10
# SIGTERM leaves five seconds, in which an answer may still have to find that nothing can be stored.
_POOL_SECONDS = 2.0
# Nobody waits for a page yet, and who is refused then ends. A busy machine may take a while to answer.
_OPENING_SECONDS = 10
_USUAL = {
    "application_name": "madlen",
    "connect_timeout": 2,
    # A server that is gone without a word is given up after ten seconds.
    "keepalives_idle": 10,
    "tcp_user_timeout": 10_000,
}
_SESSION = """
    SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
_ESCAPE, _ESCAPED_NUL, _ESCAPED_ESCAPE = "\ufdd0", "\ufdd00", "\ufdd01"
_REFUSED = (errors.InvalidPassword, errors.InvalidAuthorizationSpecification)
_BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.QueryCanceled)
_FULL = (errors.DiskFull, errors.OutOfMemory)
_FORBIDDEN = (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)


class Connections:
    """A pool of them, which connects again by itself when the server was away.

    Raises ``BadSetting`` for an address that is none, else ``StoreUnavailable``.
    """

    def __init__(self, url: str, migrate: Callable[[Connection], None]) -> None:
        self._options = _options(url)
        self.place = _place(self._options)
        """Where the database is, without the password: ``db:5432/madlen``."""
        opening = _options(url, connect_timeout=_OPENING_SECONDS)
        with self.sentences(), _connected(opening) as connection:
            self._refuse_unfit(connection)
            version = connection.info.server_version
            self.version = f"{version // 10000}.{version % 10000}"
            with connection.transaction():
                migrate(connection)
        self._pool = ConnectionPool(
            connection_class=psycopg.Connection[dict[str, Any]],
            kwargs={**self._options, **_HOW},
            configure=_set_up,
            check=ConnectionPool.check_connection,
            min_size=1,
            max_size=_POOL_SIZE,
            timeout=_POOL_SECONDS,
            # After that the next request tries anew at once; a longer series waits ever longer between.
            reconnect_timeout=_POOL_SECONDS,
            open=True,
        )
        self._lent = 0
        """How often a connection was lent."""

    def close(self) -> None:
        self._pool.close(timeout=_POOL_SECONDS)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot for all that is read in it."""
        with self.plain() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            with connection.transaction():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.plain() as connection:
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            connection.read_only = False
            with connection.transaction():
                yield connection

    @contextmanager
    def plain(self) -> Iterator[Connection]:
        """One of the pool's, for one statement, which is a transaction by itself.

        It is waited for as long as others get theirs: then it is only our own crowd.
        """
        with self.sentences(), ExitStack() as stack:
            while True:
                before = self._lent
                try:
                    connection = stack.enter_context(self._pool.connection())
                    break
                except PoolTimeout:
                    if self._lent == before:
                        raise
            self._lent += 1
            yield connection

    def alone(self) -> Connection:
        """One outside the pool, which whoever asked for it closes."""
        return _connected(self._options)

    @contextmanager
    def sentences(self) -> Iterator[None]:
        """Turns PostgreSQL's errors into sentences that name the database."""
        try:
            yield
        except psycopg.IntegrityError:
            # A defect of ours, not a state of the database.
            raise
        except psycopg.Error as error:
            raise StoreUnavailable(_cause(error, f"The database {self.place}")) from error

    def _refuse_unfit(self, connection: Connection) -> None:
        if connection.info.server_version < _OLDEST:
            raise StoreUnavailable(
                f"The database {self.place} is of PostgreSQL {connection.info.server_version // 10000}; "
                f"Madlen needs {_OLDEST // 10000} or newer."
            )
        if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
            raise StoreUnavailable(
                f"The database {self.place} has the encoding {encoding}, which cannot hold every text; "
                "make one with the encoding UTF8."
            )


class _TextDumper(Dumper):
    """PostgreSQL's text cannot hold NUL: a code point that stands for no character escapes it."""

    def dump(self, obj: str) -> bytes:
        if _ESCAPE in obj or "\0" in obj:
            obj = obj.replace(_ESCAPE, _ESCAPED_ESCAPE).replace("\0", _ESCAPED_NUL)
        return obj.encode()


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        text = bytes(data).decode()
        if _ESCAPE in text:
            text = text.replace(_ESCAPED_NUL, "\0").replace(_ESCAPED_ESCAPE, _ESCAPE)
        return text


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(str, _TextDumper)
    for name in ("text", "json"):
        adapters.register_loader(name, _TextLoader)
    return adapters


class _Context:
    """What psycopg asks for adapters, apart from those that everybody in the process uses."""

    adapters = _adapters()
    connection = None


_HOW: dict[str, Any] = {"autocommit": True, "row_factory": dict_row, "context": _Context()}


def _set_up(connection: psycopg.Connection[Any]) -> None:
    connection.execute(_SESSION)


def _connected(options: dict[str, Any]) -> Connection:
    connection = psycopg.connect(**options, **_HOW)
    _set_up(connection)
    return connection


def _options(url: str, **instead: int) -> dict[str, Any]:
    """What the address says, and else what is usual or is to be ``instead``."""
    try:
        named = conninfo_to_dict(url)
    except psycopg.Error:
        # Its message quotes the address, which may hold a password.
        named = None
    if named is None:
        raise BadSetting("DATABASE_URL must look like postgresql://user:password@host/database")
    return {**_USUAL, **instead, **named}


def _place(options: dict[str, Any]) -> str:
    host, port = options.get("host") or "localhost", options.get("port") or 5432
    return f"{host}:{port}/{options.get('dbname') or options.get('user') or ''}"


def _cause(error: psycopg.Error, known: str) -> str:
    said = str(error).lower()
    if isinstance(error, _REFUSED) or "authentication failed" in said or "no password supplied" in said:
        return f"{known} refuses the name or the password in DATABASE_URL; correct them."
    if isinstance(error, errors.InvalidCatalogName) or ("database" in said and "does not exist" in said):
        return f"{known} does not exist; create it, or correct DATABASE_URL."
    if isinstance(error, _BUSY):
        return f"{known} is in use by another program that does not let go; try again."
    if isinstance(error, _FULL):
        return f"{known} cannot be written because its disk or memory is full; free some and try again."
    if isinstance(error, _FORBIDDEN):
        return f"{known} cannot be written; see that its server takes writes and the user may write."
    if isinstance(error, errors.TooManyConnections) or "too many clients" in said:
        return f"{known} has no connection left; raise max_connections or run fewer programs on it."
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        return f"{known} cannot be reached; see that its server runs. Madlen goes on by itself once it does."
    return f"{known} failed: {error.diag.message_primary or type(error).__name__}."
