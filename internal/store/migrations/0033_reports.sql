-- +goose Up
-- Of what the parts of a generated paper are made, so that their figures can be
-- made anew. sum is of the text as it was made: what somebody has rewritten since
-- is left alone. The row without a part says which report the paper is.
CREATE TABLE paper_sources (
    paper_id TEXT NOT NULL REFERENCES papers (id),
    source TEXT NOT NULL,
    part_id TEXT NOT NULL,
    sum TEXT NOT NULL,
    lang TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (paper_id, source)
);

-- +goose Down
DROP TABLE paper_sources;
