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

-- The number that PostgreSQL raises by one at each promotion; only a primary knows where it writes.
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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, lab FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.place_order, public.sales_report TO app;

CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'replicator';
CREATE ROLE failover LOGIN SUPERUSER PASSWORD 'failover';
