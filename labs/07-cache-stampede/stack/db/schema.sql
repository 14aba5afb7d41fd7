-- The shop's database as the catalogue sees it: one function. Everything else belongs to the lab.
--
-- What is real here: the connections, the pool, the queue before it, the prices' sum, the errors.
-- What is modelled: one wait. The price history fits into memory, so the time that production's storage takes to
-- bring it is a pg_sleep: lab.knobs.cost_ms, and crowd_ms more for each read beyond four that is under way, as a disk
-- gets slower when many ask it at once. A wait costs no CPU, so a laptop measures what a server would.

CREATE EXTENSION dblink;
CREATE SCHEMA lab;

CREATE TABLE lab.products (id int PRIMARY KEY, name text NOT NULL);

CREATE TABLE lab.price_changes (
    product int NOT NULL REFERENCES lab.products,
    cents   int NOT NULL
);
CREATE INDEX ON lab.price_changes (product) INCLUDE (cents);

CREATE TABLE lab.knobs (cost_ms int NOT NULL, crowd_ms int NOT NULL, failing bool NOT NULL);
INSERT INTO lab.knobs VALUES (80, 0, false);

-- What is wrong with single products' reads: `hangs`, `fails`, or `first fails`; of those since then.
CREATE TABLE lab.troubles (product int PRIMARY KEY, kind text NOT NULL, since timestamptz NOT NULL DEFAULT clock_timestamp());

CREATE UNLOGGED TABLE lab.ledger (
    read    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product int NOT NULL,
    client  inet,
    began   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended   timestamptz,
    failed  bool NOT NULL DEFAULT false
);
CREATE INDEX ON lab.ledger (product, began);
CREATE INDEX ON lab.ledger (began) WHERE ended IS NULL;

-- The ledger is written over a connection of its own, so that a read counts from its first moment and whatever becomes
-- of the caller's transaction: rolled back, never ended, its client dead. The role has no password: it comes in by the socket.
CREATE ROLE lab_ledger LOGIN CONNECTION LIMIT 50;
GRANT USAGE ON SCHEMA lab TO lab_ledger;
GRANT SELECT, INSERT, UPDATE ON lab.ledger TO lab_ledger;

CREATE FUNCTION lab.write(statement text) RETURNS text LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT 'lab_ledger' = ANY (coalesce(dblink_get_connections(), '{}')) THEN
        PERFORM dblink_connect('lab_ledger', 'host=/tmp dbname=app user=lab_ledger application_name=ledger');
    END IF;
    RETURN (SELECT answer FROM dblink('lab_ledger', statement) AS (answer text));
END $$;

CREATE FUNCTION lab.begin_read(wanted int) RETURNS bigint LANGUAGE sql AS $$
    SELECT lab.write(format('INSERT INTO lab.ledger (product, client) VALUES (%s, %L) RETURNING read',
                            wanted, inet_client_addr()))::bigint
$$;

CREATE FUNCTION lab.end_read(mine bigint, failed bool) RETURNS text LANGUAGE sql AS $$
    SELECT lab.write(format('UPDATE lab.ledger SET ended = clock_timestamp(), failed = %L WHERE read = %s RETURNING read',
                            failed, mine))
$$;

CREATE FUNCTION lab.fail() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not read block 4711 of price_changes: Input/output error' USING ERRCODE = 'io_error';
END $$;

-- A read that hangs does so until 1.8 s after the first one that did; its cost comes after that, so it takes two seconds at
-- the most. Where the first one fails, it does so 0.2 s after another one has ended, or after 1.3 s if there is none.
-- (If none comes within 0.6 s, none fails: copies that the lab cannot take away are as good as others.)
-- Says whether the read has to wait for others too, as all reads do.
CREATE FUNCTION lab.suffer(mine bigint, wanted int, trouble lab.troubles) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE first lab.ledger;
BEGIN
    SELECT * INTO first FROM lab.ledger WHERE product = wanted AND began >= trouble.since ORDER BY read LIMIT 1;
    CASE trouble.kind
        WHEN 'fails' THEN PERFORM lab.fail();
        WHEN 'hangs' THEN
            PERFORM pg_sleep(extract(epoch FROM first.began + interval '1.8 s' - clock_timestamp()));
            RETURN false;
        WHEN 'first fails' THEN
            IF first.began > trouble.since + interval '0.6 s' THEN RETURN true; END IF;
            IF mine <> first.read THEN PERFORM pg_sleep(0.25); RETURN true; END IF;
            WHILE clock_timestamp() < first.began + interval '1.1 s' AND NOT EXISTS (SELECT FROM lab.ledger
                WHERE product = wanted AND read > mine AND ended IS NOT NULL) LOOP PERFORM pg_sleep(0.02); END LOOP;
            PERFORM pg_sleep(0.2);
            PERFORM lab.fail();
    END CASE;
    RETURN true;
END $$;

CREATE FUNCTION lab.read_from_storage(mine bigint, wanted int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE knobs lab.knobs; trouble lab.troubles; others int := 0; crowded bool := true;
BEGIN
    SELECT * INTO knobs FROM lab.knobs;
    SELECT * INTO trouble FROM lab.troubles WHERE product = wanted;
    IF knobs.failing THEN PERFORM lab.fail(); END IF;
    IF trouble.product IS NOT NULL THEN crowded := lab.suffer(mine, wanted, trouble); END IF;
    IF crowded THEN
        SELECT count(*) INTO others FROM lab.ledger WHERE ended IS NULL AND began > clock_timestamp() - interval '5 s';
    END IF;
    PERFORM pg_sleep((knobs.cost_ms + knobs.crowd_ms * greatest(0, others - 4)) / 1000.0);
END $$;

CREATE FUNCTION public.load_product(wanted int) RETURNS TABLE (id int, name text, price_cents int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE mine bigint := lab.begin_read(wanted);
BEGIN
    PERFORM lab.read_from_storage(mine, wanted);
    RETURN QUERY SELECT p.id, p.name, sum(c.cents)::int
        FROM lab.products p JOIN lab.price_changes c ON c.product = p.id WHERE p.id = wanted GROUP BY p.id;
    PERFORM lab.end_read(mine, false);
EXCEPTION WHEN OTHERS OR query_canceled THEN
    PERFORM lab.end_read(mine, true);
    RAISE;
END $$;

-- The application may call one function. What PostgreSQL allows everybody is taken away where it could hold up the drill
-- or fill the disk: advisory locks, large objects, temporary tables.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, lab FROM PUBLIC;
REVOKE TEMPORARY ON DATABASE app FROM PUBLIC;
DO $$
DECLARE taken regprocedure;
BEGIN
    FOR taken IN SELECT oid FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^(pg_(try_)?advisory_|lo_)'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', taken);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION public.load_product TO app;
ALTER ROLE app CONNECTION LIMIT 50;

-- What the drill does.
CREATE FUNCTION lab.stock(goods jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO lab.products SELECT id, name FROM jsonb_to_recordset(goods) AS g (id int, name text);
    INSERT INTO lab.price_changes
        SELECT id, CASE n WHEN 1 THEN price - 49 * 7 ELSE 7 END
        FROM jsonb_to_recordset(goods) AS g (id int, price int), generate_series(1, 50) AS n;
$$;
