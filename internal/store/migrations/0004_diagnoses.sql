-- +goose Up
CREATE TABLE diagnoses (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    run_id TEXT NOT NULL,
    state TEXT NOT NULL,
    wanted TEXT NOT NULL,
    plan TEXT NOT NULL,
    due TEXT NOT NULL,
    by_id TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    ended TEXT NOT NULL,
    why TEXT NOT NULL,
    progress TEXT NOT NULL,
    holder TEXT NOT NULL,
    alive_until TEXT NOT NULL
);
CREATE INDEX diagnoses_shop ON diagnoses (shop_id, id);
CREATE INDEX diagnoses_state ON diagnoses (state, alive_until);
CREATE INDEX diagnoses_run ON diagnoses (run_id);
-- The book of courtesy that all workers of one database share: when an address
-- may be asked next, and who holds a connection to it until when.
CREATE TABLE courtesy (
    place TEXT PRIMARY KEY,
    booked TEXT NOT NULL
);
CREATE TABLE courtesy_connections (
    id TEXT NOT NULL,
    place TEXT NOT NULL,
    until TEXT NOT NULL,
    PRIMARY KEY (place, id)
);

-- +goose Down
DROP TABLE courtesy_connections;
DROP TABLE courtesy;
DROP TABLE diagnoses;
