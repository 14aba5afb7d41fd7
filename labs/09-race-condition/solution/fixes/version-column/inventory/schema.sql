-- The inventory's tables, made when the stack starts.
CREATE TABLE products (
    id    int PRIMARY KEY,
    name  text NOT NULL,
    cents int NOT NULL,
    stock int NOT NULL CHECK (stock >= 0),
    version int NOT NULL DEFAULT 0
);

CREATE TABLE orders (
    id      int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request text NOT NULL UNIQUE,
    card    text NOT NULL,
    charge  text NOT NULL,
    sold    bool NOT NULL
);

CREATE TABLE order_lines (
    order_id   int NOT NULL REFERENCES orders,
    product_id int NOT NULL REFERENCES products,
    quantity   int NOT NULL
);
