"""The steps of the PostgreSQL schema that usage and budget need. A released step is never edited."""

# ruff: noqa: S608  # put together from the names in this file

from __future__ import annotations

from madlen.store.postgres_connections import Connection

_COLUMNS = (
    "id, session_id, model_id, status, moment, prompt_tokens, completion_tokens, reasoning_tokens, cost,"
    " first_token, duration, speed"
)


def _figures(row: str, extra: str) -> str:
    """The figures of a message, in the order of the columns; a cost that is no sane number is not known."""
    tokens = ", ".join(
        f"(CASE WHEN {said} > 1e12 THEN 1e12 ELSE {said} END)::bigint"
        for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens")
        for said in [f"({extra} -> 'usage' ->> '{name}')::numeric"]
    )
    first, chunk, duration = (
        f"({extra} -> 'timing' ->> '{name}')::double precision"
        for name in ("time_to_first_token", "time_to_first_chunk", "duration")
    )
    cost = f"({extra} -> 'usage' ->> 'cost')"
    return f"""
        {row}.id, {row}.session_id, coalesce({row}.model_id, ''), {row}.status, {row}.timestamp, {tokens},
        CASE WHEN {cost} ~ '^[0-9]{{1,9}}(\\.[0-9]{{1,60}})?(E-[0-9]{{1,2}})?$'
            THEN least(round(({cost})::numeric * 1e12), 1e15)::bigint END,
        coalesce({first}, {chunk}), {duration},
        CASE WHEN {duration} - {chunk} >= 0.05 THEN
            ({extra} -> 'usage' ->> 'completion_tokens')::double precision
            / ({duration} - {chunk}) END
    """


def m014_usage_and_budget(connection: Connection) -> None:
    # What an answer took, apart from its words: a million messages are read through in a moment, and
    # what was spent stays known when a chat is deleted. Costs are in picodollars, so that sums are exact.
    # A copy of an answer, such as in a fork or an import, took nothing: its row is never brought up to date.
    # No operator reads a member of JSON with an escaped NUL anywhere in it; a backslash may be escaped too.
    changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[3:])
    connection.execute(f"""
        CREATE TABLE usage (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text NOT NULL UNIQUE,
            session_id text NOT NULL,
            model_id text NOT NULL,
            status text NOT NULL,
            moment text COLLATE "C" NOT NULL,
            prompt_tokens bigint,
            completion_tokens bigint,
            reasoning_tokens bigint,
            cost bigint,
            first_token double precision,
            duration double precision,
            speed double precision
        );
        CREATE FUNCTION without_nul(extra json) RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN strpos(extra::text, '\\u0000') = 0 THEN extra
                ELSE regexp_replace(extra::text, '(\\\\\\\\)|\\\\u0000', '\\1', 'g')::json END
        $$;
        INSERT INTO usage ({_COLUMNS}) SELECT {_figures("m", "m.extra")}
        FROM (SELECT *, without_nul(extra_metadata) AS extra FROM messages) m
        JOIN chat_sessions s ON s.id = m.session_id
        WHERE m.role = 'assistant' AND m.status <> 'streaming' AND s.origin IS NULL ORDER BY m.seq;
        CREATE INDEX usage_moment ON usage (moment);
        CREATE INDEX usage_of_model ON usage (model_id, moment);
        CREATE INDEX usage_of_session ON usage (session_id, moment);
        CREATE FUNCTION keep_usage() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            extra json := without_nul(NEW.extra_metadata);
        BEGIN
            INSERT INTO usage ({_COLUMNS}) VALUES ({_figures("NEW", "extra")})
            ON CONFLICT (id) DO UPDATE SET {changes};
            RETURN NULL;
        END
        $$;
        CREATE TRIGGER messages_used AFTER UPDATE OF status, extra_metadata ON messages FOR EACH ROW
            WHEN (NEW.role = 'assistant' AND NEW.status <> 'streaming') EXECUTE FUNCTION keep_usage()
    """)
    # What may be spent on a day of UTC is kept as one row, which a reservation changes only where it fits.
    connection.execute("""
        CREATE TABLE budget_days (
            day text COLLATE "C" PRIMARY KEY,
            spent bigint NOT NULL,
            reserved bigint NOT NULL
        );
        CREATE TABLE spendings (
            id text PRIMARY KEY,
            day text COLLATE "C" NOT NULL,
            model_id text NOT NULL,
            amount bigint NOT NULL,
            cost bigint,
            generation_id text NOT NULL DEFAULT '',
            owner text NOT NULL,
            alive_at text COLLATE "C" NOT NULL
        );
        CREATE INDEX spendings_of_day ON spendings (day);
        CREATE INDEX spendings_open ON spendings (alive_at) WHERE cost IS NULL
    """)
    # One statement each, so that nobody waits for a process that is busy while it holds the day's row.
    # Both give nothing where the day has no row yet.
    connection.execute("""
        CREATE FUNCTION set_aside(
            wanted text, today text, model text, most bigint, allowed bigint, who text, moment text
        ) RETURNS TABLE (fits boolean, spent bigint, reserved bigint) LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE budget_days d SET reserved = d.reserved + most
                WHERE d.day = today AND d.spent + d.reserved + most <= allowed;
            IF FOUND THEN
                INSERT INTO spendings (id, day, model_id, amount, owner, alive_at)
                    VALUES (wanted, today, model, most, who, moment);
                RETURN QUERY SELECT true, 0::bigint, 0::bigint;
            ELSE
                RETURN QUERY SELECT false, d.spent, d.reserved FROM budget_days d WHERE d.day = today;
            END IF;
        END
        $$;
        CREATE FUNCTION settle_spending(wanted text, today text, model text, told bigint)
        RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            known spendings%ROWTYPE;
            after bigint;
        BEGIN
            SELECT * INTO known FROM spendings s WHERE s.id = wanted;
            UPDATE budget_days d SET spent = d.spent WHERE d.day = coalesce(known.day, today);
            IF NOT FOUND THEN
                RETURN false;
            END IF;
            SELECT * INTO known FROM spendings s WHERE s.id = wanted;
            IF FOUND THEN
                after := coalesce(told, known.amount);
                UPDATE spendings s SET cost = after WHERE s.id = wanted;
            ELSE
                after := coalesce(told, 0);
                INSERT INTO spendings (id, day, model_id, amount, cost, owner, alive_at)
                    VALUES (wanted, today, model, 0, after, '', '');
            END IF;
            UPDATE budget_days d SET spent = d.spent + after - coalesce(known.cost, 0),
                reserved = d.reserved - CASE WHEN known.cost IS NULL THEN coalesce(known.amount, 0) ELSE 0 END
                WHERE d.day = coalesce(known.day, today);
            RETURN true;
        END
        $$
    """)
