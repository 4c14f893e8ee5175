-- +goose Up
-- Each look for the proof of a shop's domains; the newest counts.
CREATE TABLE proofs (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    until TEXT NOT NULL,
    by_id TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX proofs_shop ON proofs (shop_id, id);
-- What a shop agreed to. A row is never changed, only withdrawn; uses counts
-- the diagnoses that were started with it.
CREATE TABLE consents (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    by_id TEXT NOT NULL,
    given TEXT NOT NULL,
    until TEXT NOT NULL,
    withdrawn TEXT NOT NULL,
    withdrawn_by TEXT NOT NULL,
    successor TEXT NOT NULL,
    uses BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX consents_shop ON consents (shop_id, id);
CREATE TABLE test_accounts (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    name TEXT NOT NULL,
    secret BYTEA NOT NULL,
    added TEXT NOT NULL,
    by_id TEXT NOT NULL,
    removed TEXT NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (shop_id, name)
);
CREATE TABLE blackouts (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    begins TEXT NOT NULL,
    ends TEXT NOT NULL,
    note TEXT NOT NULL,
    added TEXT NOT NULL,
    by_id TEXT NOT NULL,
    removed TEXT NOT NULL
);
CREATE INDEX blackouts_shop ON blackouts (shop_id, ends);

-- +goose Down
DROP TABLE blackouts;
DROP TABLE test_accounts;
DROP TABLE consents;
DROP TABLE proofs;
