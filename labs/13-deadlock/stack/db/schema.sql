-- The shop's orders and what is paid for them. The payments' role may read and write the tables, and make more of its own.
CREATE TABLE products (id int PRIMARY KEY, cents int NOT NULL, stock int NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, card text NOT NULL, state text NOT NULL DEFAULT 'new');
CREATE TABLE order_lines (order_id int REFERENCES orders, position int, product_id int NOT NULL, quantity int NOT NULL, PRIMARY KEY (order_id, position));
CREATE TABLE payments (order_id int PRIMARY KEY REFERENCES orders, cents int NOT NULL, charge text, refunded bool NOT NULL DEFAULT false);

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
GRANT CREATE ON SCHEMA public TO app;
ALTER ROLE app CONNECTION LIMIT 40;
CREATE SCHEMA lab;

-- Which session waits for which just now: those of the payments' role that wait for a lock, and for how long.
CREATE VIEW waiting AS
    SELECT pid, extract(epoch FROM clock_timestamp() - query_start)::float8 AS seconds, pg_blocking_pids(pid) AS behind,
        state, left(regexp_replace(query, '\s+', ' ', 'g'), 90) AS query
    FROM pg_stat_activity WHERE usename = 'app' AND wait_event_type = 'Lock' ORDER BY seconds DESC;

-- What the drill does.
CREATE FUNCTION lab.stock(goods jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO products SELECT id, cents, stock FROM jsonb_to_recordset(goods) AS g (id int, cents int, stock int)
$$;
