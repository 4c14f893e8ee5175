-- +goose Up
-- Corrections that offices made to the data of an edition: each makes the next
-- revision, and none is ever changed. doc holds what was changed and why, data
-- the whole edition as it was from then on.
CREATE TABLE edition_corrections (
    edition TEXT NOT NULL,
    number BIGINT NOT NULL,
    base BIGINT NOT NULL,
    organisation_id TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    doc TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (edition, number)
);

-- +goose Down
DROP TABLE edition_corrections;
