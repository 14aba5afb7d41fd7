-- The shop's database as its consumer sees it: the table `orders` to read, write_order() and write_orders() to write.
-- Everything else belongs to the lab.
--
-- What is real here: the connections, the transactions, the order of writes, who waits for whom.
-- What is modelled: the storage, as one clock that says until when the disk is booked. A write books 10 ms of it, each
-- further event of the same statement 1 ms, a read 2 ms; who books, waits until his time has come. A disk that has
-- more than eight writes waiting for it gets slower. Waiting costs no CPU, so a laptop measures what a server would.

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

-- Sequences are not undone with a transaction, and everybody sees at once where they stand.
CREATE SEQUENCE lab.calls;
CREATE SEQUENCE lab.admitted MINVALUE 0;
CREATE SEQUENCE lab.disk_booked_until MINVALUE 0;  -- microseconds since 1970

-- The drill holds the lock 7078 for itself alone while the storage is to hang: who is admitted after so many waits there.
-- While it is away, the consumer gets no connection.
CREATE TABLE lab.gate (closed_after bigint, away boolean NOT NULL);
INSERT INTO lab.gate VALUES (NULL, false);

CREATE FUNCTION lab.pass_gate(events int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT max(nextval('lab.admitted')) FROM generate_series(1, events)) > (SELECT closed_after FROM lab.gate) THEN
        PERFORM pg_advisory_lock_shared(7078);
        PERFORM pg_advisory_unlock_shared(7078);
    END IF;
END $$;

-- Who writes now holds 7080, together with all others who do; of these, who waits at the gate.
CREATE VIEW lab.writing AS SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objid = 7080 AND state = 'active';
CREATE VIEW lab.hanging AS SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 7078 AND NOT granted;

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
    PERFORM pg_advisory_xact_lock_shared(7080);
    PERFORM lab.pass_gate(size);
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
ALTER ROLE app CONNECTION LIMIT 30;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, lab FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.write_order, public.write_orders TO app;
GRANT EXECUTE ON FUNCTION public.read_order TO shop;
GRANT SELECT ON public.orders TO app;
GRANT CREATE ON SCHEMA public TO app;

-- The storage fails, or a process that is gone is forgotten: what the consumer was at is undone.
CREATE FUNCTION lab.disconnect(keep_out boolean) RETURNS bigint LANGUAGE sql AS $$
    UPDATE lab.gate SET away = true WHERE keep_out;
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'
$$;

CREATE FUNCTION lab.let_in() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user = 'app' AND (SELECT away FROM lab.gate) THEN
        RAISE 'the database is away, because its storage is' USING ERRCODE = 'cannot_connect_now';
    END IF;
END $$;
CREATE EVENT TRIGGER let_in ON login EXECUTE FUNCTION lab.let_in();

-- What the consumer has made to note something for itself.
CREATE VIEW lab.notebooks AS SELECT format('public.%I', tablename) AS name FROM pg_tables
    WHERE schemaname = 'public' AND tableowner = 'app';

-- What the drill asks when the run is over: what was sent, and what became of it.
CREATE TABLE lab.sent (
    event    text PRIMARY KEY,
    order_id bigint NOT NULL,
    sequence int NOT NULL,
    status   text NOT NULL,
    cents    int NOT NULL,
    made     timestamptz NOT NULL
);

-- Where in the topic the events of the sale are.
CREATE TABLE lab.sale (event text PRIMARY KEY, partition int NOT NULL, at_offset bigint NOT NULL);

CREATE FUNCTION lab.sell(events jsonb) RETURNS int LANGUAGE sql AS $$
    INSERT INTO lab.sale SELECT s.event, s.partition, s."offset"
        FROM jsonb_to_recordset(events) AS s (event text, partition int, "offset" bigint);
    SELECT jsonb_array_length(events);
$$;

CREATE FUNCTION lab.remember(events jsonb) RETURNS int LANGUAGE sql AS $$
    INSERT INTO lab.sent SELECT s.event, s."order", s.sequence, s.status, s.cents, to_timestamp(s.made)
        FROM jsonb_to_recordset(events)
        AS s (event text, "order" bigint, sequence int, status text, cents int, made float);
    SELECT jsonb_array_length(events);
$$;

CREATE FUNCTION lab.stock(old jsonb) RETURNS int LANGUAGE sql AS $$
    INSERT INTO public.orders
        SELECT o.id, o.status, 2, o.cents FROM jsonb_to_recordset(old) AS o (id bigint, status text, cents int);
    SELECT jsonb_array_length(old);
$$;

-- What of the sale is not written and done for Kafka, so that a crash at this moment would lose it
-- (of each group and partition, where its consumer would begin: {"billing": {"orders-0": 17}}).
CREATE FUNCTION lab.exposed(committed jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM lab.sale s WHERE NOT EXISTS (SELECT FROM lab.ledger l WHERE l.event = s.event)
        AND at_offset < ANY (SELECT (offsets ->> ('orders-' || partition))::bigint FROM jsonb_each(committed) AS g (name, offsets))
$$;

CREATE FUNCTION lab.written(since timestamptz, until timestamptz) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM (SELECT min(applied) AS at FROM lab.ledger GROUP BY event) AS w WHERE at BETWEEN since AND until
$$;

-- How many seconds the consumer's writes took in that time, added up.
CREATE FUNCTION lab.busy(since timestamptz, until timestamptz) RETURNS float LANGUAGE sql AS $$
    SELECT coalesce(sum(extract(epoch FROM least(ended, until) - greatest(began, since))), 0)
    FROM (SELECT min(began) AS began, max(applied) AS ended FROM lab.ledger GROUP BY call) AS calls
    WHERE began < until AND ended > since
$$;

CREATE VIEW lab.missing AS SELECT s.* FROM lab.sent s WHERE NOT EXISTS (SELECT FROM lab.ledger l WHERE l.event = s.event);

CREATE VIEW lab.doubled AS SELECT event, min(order_id) AS order_id FROM lab.ledger GROUP BY 1 HAVING count(*) > 1;

CREATE VIEW lab.strange AS SELECT l.* FROM lab.ledger l WHERE NOT EXISTS (
    SELECT FROM lab.sent s WHERE (s.event, s.order_id, s.sequence, s.status, s.cents)
        = (l.event, l.order_id, l.sequence, l.status, l.cents));

-- An event that was written after a later one of the same order; of one that was written twice the first time counts.
CREATE VIEW lab.disordered AS SELECT * FROM (
    SELECT *, max(sequence) OVER (PARTITION BY order_id ORDER BY write) AS highest
    FROM (SELECT DISTINCT ON (event) * FROM lab.ledger ORDER BY event, write) AS first_time
) AS told WHERE sequence < highest;

CREATE FUNCTION lab.most_at_once() RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(max(n), 0) FROM (
        SELECT sum(step) OVER (ORDER BY at, step) AS n FROM (
            SELECT min(began) AS at, 1 AS step FROM lab.ledger GROUP BY call UNION ALL
            SELECT max(applied), -1 FROM lab.ledger GROUP BY call
        ) AS steps
    ) AS running
$$;

-- Each half second: how many events were sent and not written, and how old the oldest of them was.
CREATE FUNCTION lab.lag(since timestamptz) RETURNS TABLE (at float, events bigint, oldest float) LANGUAGE sql AS $$
    SELECT extract(epoch FROM t - since)::float, count(s.event), coalesce(extract(epoch FROM t - min(s.made)), 0)::float
    FROM generate_series(since, clock_timestamp(), interval '0.5 s') AS t LEFT JOIN (
        SELECT s.event, s.made, min(l.applied) AS applied
        FROM lab.sent s LEFT JOIN lab.ledger l USING (event) GROUP BY 1, 2
    ) AS s ON s.made <= t AND coalesce(s.applied, 'infinity') > t
    GROUP BY t ORDER BY t
$$;
