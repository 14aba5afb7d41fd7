-- An orders database, the same in every environment. The service's role reads products and orders, and places orders.
CREATE TABLE environment (name text NOT NULL);
CREATE UNIQUE INDEX ON environment ((true));

CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price_cents int NOT NULL);

CREATE TABLE orders (
    number    bigint PRIMARY KEY,
    product   int NOT NULL REFERENCES products,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT ON environment, products, orders TO app;
GRANT INSERT ON orders TO app;

-- The lab's ledger of what was written here, and when. No role of a service can read or change it.
CREATE SCHEMA lab;
CREATE TABLE lab.ledger (
    number  bigint NOT NULL,
    product int NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION lab.enter() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lab.ledger (number, product) VALUES (NEW.number, NEW.product);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION lab.enter FROM PUBLIC;
CREATE TRIGGER enter AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION lab.enter();

-- The template is not needed here, and it costs each of three servers 7 MiB of memory.
ALTER DATABASE template1 IS_TEMPLATE false;
DROP DATABASE template1;
