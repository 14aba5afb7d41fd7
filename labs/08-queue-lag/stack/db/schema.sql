-- The shop's database as its consumer sees it: the table `orders` to read, write_order() and write_orders() to write.
-- Everything else belongs to the lab.
--
-- What is real here: the connections, the transactions, the order of writes, which session waits for which.
-- What is modelled: the storage, as one clock that says until when the disk is booked. A write books 10 ms of it, each
-- further event of the same statement 1 ms, a read 2 ms; each waits until its time has come. A disk that has more than
-- eight writes waiting for it gets slower. Waiting costs no CPU, so a laptop measures what a server would.

CREATE SCHEMA lab;

CREATE TABLE public.orders (
    id       bigint PRIMARY KEY,
    status   text NOT NULL,
    sequence int NOT NULL,
    cents    int NOT NULL
);

CREATE UNLOGGED TABLE lab.ledger (
    write    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call     bigint NOT NULL,
    event    text NOT NULL,
    order_id bigint NOT NULL,
    sequence int NOT NULL,
    status   text NOT NULL,
    cents    int NOT NULL,
    began    timestamptz NOT NULL,
    applied  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON lab.ledger (event);

-- Sequences are not undone with a transaction, and every session sees at once where they stand.
CREATE SEQUENCE lab.calls;
CREATE SEQUENCE lab.admitted MINVALUE 0;
CREATE SEQUENCE lab.disk_booked_until MINVALUE 0;  -- microseconds since 1970

-- When so many events of the sale are left, or at once, the storage hangs: the drill locks the door, and the COMMIT of each write that is admitted then waits
-- there: after all that the consumer does in the transaction, and before any of it counts. Only an order's last event gets through:
-- behind each of those that wait there is a later one, which must not overtake it when it fails. (The consumer's role has no right to lab.door:
-- no lock of its own can stand in the drill's way.)
-- While the database is away, the consumer gets no connection.
CREATE TABLE lab.gate (closed_after bigint, away boolean NOT NULL);
INSERT INTO lab.gate VALUES (NULL, false);
CREATE TABLE lab.door ();

CREATE FUNCTION lab.open_gate() RETURNS void LANGUAGE sql AS $$
    UPDATE lab.gate SET closed_after = NULL, away = false
$$;

-- What is deferred comes when the consumer says COMMIT.
CREATE UNLOGGED TABLE lab.commits (place bigint NOT NULL);
CREATE FUNCTION lab.pass_gate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'on', true);
    IF new.place > (SELECT closed_after FROM lab.gate) THEN
        BEGIN
            LOCK TABLE lab.door IN ROW SHARE MODE;
            RAISE SQLSTATE 'LAB01';  -- what is undone gives its locks back: through the door, and not in it
        EXCEPTION WHEN SQLSTATE 'LAB01' THEN
            NULL;
        END;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pass_gate AFTER INSERT ON lab.commits DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION lab.pass_gate();

-- Each write holds 7080 and its number of events, which all of them can hold at once; of these, the ones that wait at the door.
CREATE VIEW lab.writing AS SELECT pid, objid::bigint AS size FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = 7080 AND state = 'active';
CREATE VIEW lab.hanging AS SELECT pid FROM pg_locks WHERE relation = 'lab.door'::regclass AND NOT granted;

-- Writes whose COMMIT is done and not answered: the drill makes the database wait for a standby that does not exist.
CREATE VIEW lab.unanswered AS SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid IN (SELECT pid FROM lab.writing);

CREATE FUNCTION lab.book_disk(ms float) RETURNS float LANGUAGE plpgsql AS $$
DECLARE
    now_us float;
    free_us float;
BEGIN
    PERFORM pg_advisory_lock(7079);
    now_us := extract(epoch FROM clock_timestamp()) * 1e6;
    SELECT greatest(last_value, now_us) INTO free_us FROM lab.disk_booked_until;
    free_us := free_us + 1000 * ms * least(5, greatest(1, 1 + ((free_us - now_us) / 1e4 - 8) / 20));
    PERFORM setval('lab.disk_booked_until', free_us::bigint);
    PERFORM pg_advisory_unlock(7079);
    RETURN (free_us - now_us) / 1e6;
EXCEPTION WHEN OTHERS OR query_canceled THEN
    PERFORM pg_advisory_unlock(7079);
    RAISE;
END $$;

-- Before the disk the way to it, 5 to 55 ms, which depends on the event.
CREATE FUNCTION lab.use_storage(event text, ms float) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(0.005 + 0.050 * abs(hashtext(event) % 1000) / 1000);
    PERFORM pg_sleep(lab.book_disk(ms));
END $$;

CREATE FUNCTION public.write_orders(events jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    began timestamptz := clock_timestamp();
    mine bigint := nextval('lab.calls');
    size int := jsonb_array_length(events);
    one record;
BEGIN
    IF size = 0 THEN
        RETURN 0;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(7080, size);
    INSERT INTO lab.commits SELECT CASE WHEN events @? '$[*] ? (@.sequence < 3)' THEN max(place) ELSE 0 END
        FROM (SELECT nextval('lab.admitted') AS place FROM generate_series(1, size)) AS admitted;
    PERFORM lab.use_storage(events -> 0 ->> 'event', 9 + size);
    FOR one IN SELECT * FROM jsonb_to_recordset(events) AS e
        (event text, "order" bigint, sequence int, status text, cents int) LOOP
        INSERT INTO public.orders AS o VALUES (one."order", one.status, one.sequence, one.cents)
            ON CONFLICT (id) DO UPDATE
            SET status = excluded.status, sequence = excluded.sequence, cents = o.cents + excluded.cents;
        INSERT INTO lab.ledger (call, event, order_id, sequence, status, cents, began)
            VALUES (mine, one.event, one."order", one.sequence, one.status, one.cents, began);
    END LOOP;
    RETURN size;
END $$;

CREATE FUNCTION public.write_order(event text, "order" bigint, sequence int, status text, cents int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT public.write_orders(jsonb_build_array(jsonb_build_object(
        'event', event, 'order', "order", 'sequence', sequence, 'status', status, 'cents', cents)))
$$;

CREATE FUNCTION public.read_order(wanted bigint) RETURNS SETOF public.orders
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_sleep(lab.book_disk(2));
    RETURN QUERY SELECT * FROM public.orders WHERE id = wanted;
END $$;

CREATE ROLE shop LOGIN PASSWORD 'shop' CONNECTION LIMIT 10;
ALTER ROLE shop SET statement_timeout = '1500ms';
ALTER ROLE shop SET synchronous_commit = local;
ALTER ROLE lab SET synchronous_commit = local;
ALTER ROLE app CONNECTION LIMIT 30;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, lab FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.write_order, public.write_orders TO app;
GRANT EXECUTE ON FUNCTION public.read_order TO shop;
GRANT SELECT ON public.orders TO app;
GRANT CREATE ON SCHEMA public TO app;

-- The storage fails, or a process that is gone is forgotten: what the consumer was at is undone. Over when the sessions have
-- ended: one that waits for the answer to its COMMIT must not get it after all. Each wait looks every 0.1 s, so all are told
-- before the first one is waited for.
CREATE FUNCTION lab.disconnect(keep_out boolean) RETURNS bigint LANGUAGE sql AS $$
    UPDATE lab.gate SET away = true WHERE keep_out;
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app';
    SELECT count(pg_terminate_backend(pid, 3000)) FROM pg_stat_activity WHERE usename = 'app'
$$;

CREATE FUNCTION lab.let_in() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user = 'app' AND (SELECT away FROM lab.gate) THEN
        RAISE 'the database is away, because its storage is' USING ERRCODE = 'cannot_connect_now';
    END IF;
END $$;
CREATE EVENT TRIGGER let_in ON login EXECUTE FUNCTION lab.let_in();

CREATE VIEW lab.written AS SELECT DISTINCT event FROM lab.ledger;

-- Tables that the consumer has made to note something for itself; and how many of these sessions have asked for theirs.
CREATE VIEW lab.notebooks AS SELECT format('public.%I', tablename) AS name FROM pg_tables
    WHERE schemaname = 'public' AND tableowner = 'app' LIMIT 8;
CREATE FUNCTION lab.asked(sessions jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM pg_locks WHERE sessions @> to_jsonb(pid) AND locktype = 'relation' AND mode = 'ShareLock'
$$;

-- Where in the topic the events of the sale are.
CREATE TABLE lab.sale (event text PRIMARY KEY, partition int NOT NULL, at_offset bigint NOT NULL);

CREATE FUNCTION lab.sell(events jsonb) RETURNS int LANGUAGE sql AS $$
    INSERT INTO lab.sale SELECT s.event, s.partition, s."offset"
        FROM jsonb_to_recordset(events) AS s (event text, partition int, "offset" bigint);
    SELECT jsonb_array_length(events);
$$;

CREATE FUNCTION lab.stock(old jsonb) RETURNS int LANGUAGE sql AS $$
    INSERT INTO public.orders
        SELECT o.id, o.status, 2, o.cents FROM jsonb_to_recordset(old) AS o (id bigint, status text, cents int);
    SELECT jsonb_array_length(old);
$$;

-- How much of the sale is not written.
CREATE VIEW lab.unwritten AS SELECT event, partition, at_offset FROM lab.sale s
    WHERE NOT EXISTS (SELECT FROM lab.ledger l WHERE l.event = s.event);

CREATE FUNCTION lab.close_gate(leave bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE lab.gate SET closed_after = (SELECT last_value FROM lab.admitted) + greatest(0,
        (SELECT count(*) FROM lab.unwritten) - (SELECT coalesce(sum(size), 0) FROM lab.writing) - leave)
$$;

-- What of that is done for Kafka, so that a crash at this moment would lose it
-- (of each group and partition, where its consumer would begin: {"billing": {"orders-0": 17}}).
CREATE FUNCTION lab.exposed(committed jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM lab.unwritten WHERE at_offset < ANY (SELECT (offsets ->> ('orders-' || partition))::bigint FROM jsonb_each(committed) AS g (name, offsets))
$$;

-- Rows as columns: [{"a": 1}, {"a": 2}] becomes {"a": [1, 2]}.
CREATE FUNCTION lab.columns(list jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_object_agg(key, many), '{}') FROM (
        SELECT key, jsonb_agg(value ORDER BY n) AS many
        FROM jsonb_array_elements(list) WITH ORDINALITY AS one (fields, n), jsonb_each(fields) GROUP BY key
    ) AS columns
$$;

-- What was sent and what was written, small enough to be kept: an event's long id becomes its place among those that were sent
-- (-1 if it was not), and times become seconds since `zero`.
CREATE FUNCTION lab.keep(events jsonb, zero float) RETURNS jsonb LANGUAGE sql AS $$
    WITH sent AS (
        SELECT n - 1 AS place, e ->> 'event' AS event, e - 'event' || jsonb_build_object(
            'made', round(((e ->> 'made')::float - zero)::numeric, 3), 'at', round(((e ->> 'at')::float - zero)::numeric, 3)) AS fields
        FROM jsonb_array_elements(events) WITH ORDINALITY AS one (e, n)
    ), written AS (
        SELECT write, jsonb_build_object('event', coalesce(place, -1), 'call', call, 'order', order_id, 'sequence', sequence,
            'status', status, 'cents', cents, 'began', round(extract(epoch FROM began) - zero::numeric, 3),
            'applied', round(extract(epoch FROM applied) - zero::numeric, 3)) AS fields
        FROM lab.ledger LEFT JOIN sent USING (event)
    )
    SELECT jsonb_build_object('sent', lab.columns((SELECT jsonb_agg(fields ORDER BY place) FROM sent)),
        'written', lab.columns(coalesce((SELECT jsonb_agg(fields ORDER BY write) FROM written), '[]')))
$$;
