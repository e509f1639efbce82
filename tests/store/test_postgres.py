"""What only PostgreSQL can do and suffer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlite_utils import Database

from madlen.errors import BadSetting, StoreUnavailable
from madlen.store import open_store, postgres_schema, schema
from madlen.store.postgres import PostgresStore
from madlen.types import Reply, Status
from tests import postgres
from tests.postgres import PASSWORD, Postgres
from tests.store.keeping import NOW, PICTURE, a_reply, a_session, a_turn, asked

Raw = psycopg.Connection[TupleRow]


@pytest.fixture
def url(postgres_server: Postgres, migrated: str) -> Iterator[str]:
    with postgres_server.database(migrated) as name:
        yield postgres_server.url(name)


@pytest.fixture
def empty(postgres_server: Postgres) -> Iterator[str]:
    """The address of a database without a schema."""
    with postgres_server.database() as name:
        yield postgres_server.url(name)


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    opened = PostgresStore(url)
    yield opened
    opened.close()


@pytest.fixture
def raw(url: str, store: PostgresStore) -> Iterator[Raw]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def count(raw: Raw, table: str) -> int:
    [(found,)] = raw.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(found)


def test_both_back_ends_take_the_same_steps() -> None:
    sqlite = schema.migrations.pending(Database(memory=True))
    assert [step.__name__ for step in postgres_schema.STEPS] == [step.name for step in sqlite]


def test_the_tables_and_columns_are_those_of_sqlite(raw: Raw) -> None:
    file = Database(memory=True)
    schema.migrations.apply(file)
    for table in ("chat_sessions", "messages", "images", "message_images", "model_choices"):
        found = raw.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " ORDER BY ordinal_position",
            [table],
        ).fetchall()
        assert [name for (name,) in found] == [*file.table(table).columns_dict]


def test_it_says_what_runs_without_the_password(store: PostgresStore, url: str) -> None:
    assert store.description.startswith("PostgreSQL 1")
    assert store.description.endswith(url.partition("@")[2])
    assert PASSWORD not in store.description


def test_either_scheme_opens_the_database(url: str) -> None:
    opened = open_store(url.replace("postgresql://", "postgres://"))
    assert opened.sessions() == []
    opened.close()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "canary-wrong"}, "refuses the name or the password"),
        ({"database": "nowhere"}, "/nowhere does not exist"),
    ],
)
def test_an_address_that_does_not_fit_is_a_sentence(
    postgres_server: Postgres, wrong: dict[str, str], sentence: str
) -> None:
    with pytest.raises(StoreUnavailable, match=sentence) as caught:
        open_store(postgres_server.url(**wrong))
    assert PASSWORD not in str(caught.value)
    assert "canary-wrong" not in str(caught.value)


def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9/chat cannot be reached") as caught:
        open_store(f"postgresql://me:{PASSWORD}@127.0.0.1:9/chat")
    assert PASSWORD not in str(caught.value)


def test_an_address_that_is_none_is_a_sentence() -> None:
    with pytest.raises(BadSetting, match="DATABASE_URL must look like postgresql://") as caught:
        open_store(f"postgresql://me:{PASSWORD}@host:port:5432/?nonsense=1")
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_encoding_that_cannot_hold_every_text_is_refused(postgres_server: Postgres) -> None:
    postgres_server.execute(
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    )
    with pytest.raises(StoreUnavailable, match="has the encoding LATIN1"):
        open_store(postgres_server.url("latin"))


def test_a_database_of_a_newer_madlen_is_refused(url: str, raw: Raw) -> None:
    raw.execute("INSERT INTO madlen_migrations (name) VALUES ('m999_the_future')")
    with pytest.raises(StoreUnavailable, match=r"made by a newer Madlen .*m999_the_future"):
        open_store(url)


def test_a_step_that_fails_leaves_nothing_behind(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def m006_broken(connection: psycopg.Connection[dict[str, object]]) -> None:
        connection.execute("CREATE TABLE half (id text)")
        connection.execute("SELECT nothing")

    with monkeypatch.context() as context:
        context.setattr(postgres_schema, "STEPS", (*postgres_schema.STEPS, m006_broken))
        with pytest.raises(StoreUnavailable):
            open_store(empty)
    with psycopg.connect(empty) as raw:
        assert raw.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall() == []
    open_store(empty).close()


def test_processes_that_start_at_once_make_the_schema_once(empty: str) -> None:
    program = "import sys; from madlen.store import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-c", program, empty]
    root = Path(__file__).parents[2]
    racing = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1] for process in racing] == [b""] * 4
    with psycopg.connect(empty) as raw:
        assert count(raw, "madlen_migrations") == len(postgres_schema.STEPS)


def test_a_picture_is_kept_once_and_goes_with_its_last_prompt(store: PostgresStore, raw: Raw) -> None:
    for number in range(2):
        session = a_session(f"s{number}")
        store.create_session(session)
        turn = replace(a_turn(f"t{number}", session.id), pictures=(PICTURE,))
        store.begin(turn, [a_reply(f"r{number}", turn.id, session.id)], model_id="parrot/seer")
    assert count(raw, "images") == 1
    store.delete_session("s0")
    assert count(raw, "images") == 1
    store.delete_session("s1")
    assert count(raw, "images") == 0


def test_a_growing_answer_is_not_found_before_it_ends(store: PostgresStore) -> None:
    asked(store)
    store.save(replace(a_reply(), text="seven"))
    assert store.sessions(words="seven") == []
    store.save(replace(a_reply(), text="seven", status=Status.COMPLETE))
    assert len(store.sessions(words="seven")) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tea and/or coffee", "or"),
        ("see example.com/page", "page"),
        ("a café au lait", "cafe"),
        ("CAFÉ", "caf"),
        ("snake_case", "case"),
        ("1,234", "234"),
        ("what's up", "what's u"),
    ],
)
def test_words_are_told_apart_as_in_sqlite(
    store: PostgresStore, tmp_path: Path, text: str, words: str
) -> None:
    file = open_store(f"sqlite:///{tmp_path}/chat.db")
    for each in (store, file):
        each.create_session(a_session(title=text))
    assert len(store.sessions(words=words)) == len(file.sessions(words=words)) == 1
    file.close()


@pytest.mark.parametrize("word", ["x{} ", "\U00020000{} ", "가{} ", "\u0958{}", "Ⱥ{}-"])
def test_a_text_of_any_length_and_kind_can_be_kept(store: PostgresStore, word: str) -> None:
    store.create_session(a_session())
    text = "".join(word.format(number) for number in range(150_000))
    store.begin(a_turn(text=text), [a_reply()], model_id="parrot/polly")
    assert store.turns("s1")[0].text == text


def test_a_row_that_another_program_locks_is_a_sentence(store: PostgresStore, url: str) -> None:
    asked(store)
    with psycopg.connect(url) as other:
        other.execute("SELECT * FROM chat_sessions FOR UPDATE")
        assert len(store.turns("s1")) == 1
        with pytest.raises(StoreUnavailable, match="in use by another program"):
            store.rename_session("s1", "Clouds", NOW)
    store.rename_session("s1", "Clouds", NOW)


def test_a_database_that_takes_no_writes_is_a_sentence(store: PostgresStore, url: str, raw: Raw) -> None:
    asked(store)
    name = url.rpartition("/")[2]
    raw.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        open_store(url)


def test_a_server_that_comes_back_is_used_again_and_has_everything() -> None:
    with postgres.running(durable=True) as server:
        store = open_store(server.url())
        asked(store)
        server.stop()
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            store.save(replace(a_reply(), text="lost"))
        server.start()
        store.save(replace(a_reply(), text="kept"))
        assert store.reply("r1").text == "kept"
        store.close()


def test_what_was_acknowledged_survives_a_crash_of_the_server() -> None:
    with postgres.running(durable=True) as server:
        store = open_store(server.url())
        store.create_session(a_session())
        turns = [a_turn(f"t{number}") for number in range(20)]
        for turn in turns:
            reply = a_reply(f"r{turn.id}", turn.id)
            store.begin(turn, [reply], model_id="parrot/polly")
            store.save(replace(reply, text=turn.id))
        server.stop(crash=True)
        server.start()
        assert [turn.replies[0].text for turn in store.turns("s1")] == [turn.id for turn in turns]
        store.close()


def test_others_hear_of_a_reply_and_oneself_does_not(store: PostgresStore, url: str) -> None:
    asked(store)
    other = open_store(url)
    own, ears = store.listen(), other.listen()
    assert (own.heard(0), ears.heard(0)) == (None, None)
    store.save(replace(a_reply(), text="Seven"))
    assert ears.heard(10) == {"r1"}
    assert own.heard(0.1) == set()
    other.request_stop("r1")
    assert own.heard(10) == {"r1"}
    assert store.unwanted(["r1"]) == {"r1"}
    for each in (own, ears, other):
        each.close()


def kept(store: PostgresStore) -> Reply:
    return store.turns("s1")[0].replies[0]


def test_nul_and_its_stand_in_come_back_exactly_wherever_they_are(store: PostgresStore) -> None:
    text = "\0 \ufdd0 \ufdd00 \0\ufdd01 \ufdd0\0"
    store.create_session(a_session(title=text))
    store.begin(a_turn(), [a_reply()], model_id="parrot/polly")
    store.save(replace(a_reply(), text=text, reasoning=text, finish_reason=text, status=Status.COMPLETE))
    assert store.session("s1").title == text
    assert (kept(store).text, kept(store).reasoning, kept(store).finish_reason) == (text,) * 3
