-- +goose Up
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    parent TEXT NOT NULL,
    shop TEXT NOT NULL,
    state TEXT NOT NULL,
    level TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT NOT NULL,
    doc TEXT NOT NULL,
    run_key BYTEA NOT NULL
);
CREATE INDEX runs_started ON runs (started);
CREATE TABLE results (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    check_name TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (run_id, check_name)
);
CREATE TABLE records (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    record_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    exchange_id TEXT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (run_id, record_key)
);
CREATE INDEX records_exchange ON records (run_id, exchange_id);
CREATE TABLE ledger (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- +goose Down
DROP TABLE ledger;
DROP TABLE records;
DROP TABLE results;
DROP TABLE runs;
