-- The inventory's tables, made when the stack starts.
CREATE TABLE products (
    id    int PRIMARY KEY,
    name  text NOT NULL,
    cents int NOT NULL
);

CREATE TABLE orders (
    id      int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request text NOT NULL UNIQUE,
    card    text NOT NULL,
    charge  text,
    state   text NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'sold', 'declined'))
);

-- One row for each piece. Whose order it is taken by, it belongs to.
CREATE TABLE pieces (
    id         int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id int NOT NULL REFERENCES products,
    order_id   int REFERENCES orders
);
CREATE INDEX ON pieces (product_id) WHERE order_id IS NULL;
CREATE INDEX ON pieces (order_id);

CREATE TABLE order_lines (
    order_id   int NOT NULL REFERENCES orders,
    product_id int NOT NULL REFERENCES products,
    quantity   int NOT NULL
);
