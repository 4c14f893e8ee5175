-- +goose Up
-- The work list: one row for the same fault at the same place of a shop,
-- however many runs have seen it. rank is the order of what to do first.
CREATE TABLE findings (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    fingerprint TEXT NOT NULL,
    cause TEXT NOT NULL,
    check_name TEXT NOT NULL,
    place TEXT NOT NULL,
    severity BIGINT NOT NULL,
    confidence TEXT NOT NULL,
    rank TEXT NOT NULL,
    state TEXT NOT NULL,
    open BIGINT NOT NULL,
    moved TEXT NOT NULL,
    first_run TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_run TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    gone_run TEXT NOT NULL,
    gone TEXT NOT NULL,
    scope TEXT NOT NULL,
    level BIGINT NOT NULL,
    accounts BIGINT NOT NULL,
    assignee_id TEXT NOT NULL,
    due TEXT NOT NULL,
    expires TEXT NOT NULL,
    reason TEXT NOT NULL,
    retest_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE UNIQUE INDEX findings_fingerprint ON findings (shop_id, fingerprint);
CREATE INDEX findings_rank ON findings (shop_id, open, rank, id);
CREATE INDEX findings_due ON findings (shop_id, open, due, id);
CREATE INDEX findings_cause ON findings (cause, shop_id);
CREATE INDEX findings_expires ON findings (expires) WHERE expires <> '';
-- What was done with a finding, one line for each change that people see.
CREATE TABLE finding_moves (
    id TEXT PRIMARY KEY,
    finding_id TEXT NOT NULL,
    shop_id TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    what TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    why TEXT NOT NULL,
    run_id TEXT NOT NULL
);
CREATE INDEX finding_moves_finding ON finding_moves (finding_id, id);

-- +goose Down
DROP TABLE finding_moves;
DROP TABLE findings;
