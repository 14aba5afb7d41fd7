-- The inventory's tables, made when the stack starts.
CREATE TABLE products (
    id    int PRIMARY KEY,
    name  text NOT NULL,
    cents int NOT NULL,
    stock int NOT NULL
);

CREATE TABLE orders (
    id      int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request text NOT NULL UNIQUE,
    card    text NOT NULL,
    charge  text,
    state   text NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'sold', 'declined'))
);

CREATE TABLE order_lines (
    order_id   int NOT NULL REFERENCES orders,
    product_id int NOT NULL REFERENCES products,
    quantity   int NOT NULL
);
