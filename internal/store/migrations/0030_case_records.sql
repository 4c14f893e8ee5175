-- +goose Up
-- What is written down about a case on its way through the five steps, as it
-- stands now; conditions read kind, name, state and mark, and never the sealed text.
CREATE TABLE case_records (
    case_id TEXT NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    mark TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (case_id, kind, name)
);
-- Every version of a record: nothing that was written down is lost.
CREATE TABLE case_record_versions (
    case_id TEXT NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    mark TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (case_id, kind, name, revision)
);

-- +goose Down
DROP TABLE case_record_versions;
DROP TABLE case_records;
