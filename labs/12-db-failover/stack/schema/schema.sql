-- The database of orders, as the first primary has it. The role `app` may call two functions; everything else belongs to the lab.
--
-- What is modelled: a report takes its time by pg_sleep, under a snapshot as a long query holds it. All else is real.

CREATE SCHEMA lab;

CREATE TABLE lab.orders (
    number   bigint PRIMARY KEY,
    cents    int NOT NULL,
    node     text NOT NULL,
    timeline int NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE lab.carts (cart int PRIMARY KEY, filler text);
INSERT INTO lab.carts SELECT n, repeat('x', 80) FROM generate_series(1, 400) AS n;

-- The number that PostgreSQL raises by one at each promotion. Only a primary knows where it writes.
CREATE FUNCTION lab.timeline() RETURNS int LANGUAGE sql AS $$
    SELECT ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
$$;

-- Each order carries the machine that took it, and that machine's timeline.
CREATE FUNCTION public.place_order(wanted bigint, price int) RETURNS TABLE (node text, timeline int)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lab.orders (number, cents, node, timeline)
    VALUES (wanted, price, current_setting('cluster_name'), lab.timeline())
    RETURNING node, timeline
$$;

CREATE FUNCTION public.sales_report(takes_seconds float) RETURNS TABLE (orders bigint, cents bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*), coalesce(sum(cents), 0) FROM lab.orders, pg_sleep(takes_seconds)
$$;

-- How this machine stands, for the lab: positions in bytes, its newest order, and in words what it does and waits for.
CREATE VIEW lab.state AS
WITH found AS (
    SELECT pg_is_in_recovery() AS standby,
           pg_stat_file('promote', true) IS DISTINCT FROM NULL AS asked,
           count(*) FILTER (WHERE wait_event = 'SyncRep') AS unconfirmed,
           count(*) FILTER (WHERE wait_event = 'PgSleep' AND usename = 'app') AS reports,
           count(*) FILTER (WHERE backend_type = 'startup' AND wait_event LIKE 'RecoveryConflict%') > 0 AS held_back
    FROM pg_stat_activity
)
SELECT standby, reports, held_back,
       CASE WHEN NOT standby THEN lab.timeline() END AS timeline,
       (CASE WHEN NOT standby THEN pg_current_wal_insert_lsn() END - '0/0')::bigint AS logged,
       (CASE WHEN NOT standby THEN pg_current_wal_flush_lsn() END - '0/0')::bigint AS written,
       (pg_last_wal_receive_lsn() - '0/0')::bigint AS received,
       (pg_last_wal_replay_lsn() - '0/0')::bigint AS replayed,
       (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming') AS followers,
       (SELECT extract(epoch FROM max(at))::float FROM lab.orders WHERE node = current_setting('cluster_name')) AS newest,
       pg_relation_size('lab.carts') = 0 AS swept,
       CASE WHEN NOT standby AND unconfirmed > 0
                THEN format('was a primary, and %s orders waited there for a standby', unconfirmed)
            WHEN NOT standby THEN 'was a primary'
            WHEN asked THEN 'had been asked to become the primary, and was still in recovery'
            ELSE 'was a standby' END
       || CASE WHEN held_back THEN ', its replay held back by a session that reads' ELSE '' END AS words
FROM found;

-- This machine's orders as columns: number, writer, and milliseconds since `zero` (seconds since 1970).
CREATE FUNCTION lab.taken(zero float) RETURNS TABLE (number bigint[], writer text[], at_ms int[])
LANGUAGE sql STABLE AS $$
    SELECT array_agg(number), array_agg(format('%s (timeline %s)', node, timeline)),
           array_agg((1000 * (extract(epoch FROM at)::float - zero))::int)
    FROM (SELECT * FROM lab.orders ORDER BY at LIMIT 20000) AS taken
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, lab FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.place_order, public.sales_report TO app;

CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'replicator';
CREATE ROLE failover LOGIN SUPERUSER PASSWORD 'failover';
