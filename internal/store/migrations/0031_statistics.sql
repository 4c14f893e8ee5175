-- +goose Up
-- The statistics of a programme as they were last counted. doc is packed.
CREATE TABLE statistics (
    programme_id TEXT PRIMARY KEY REFERENCES programmes (id),
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    doc BYTEA NOT NULL
);
-- What of statistics and surveys is given to the public: proposed by one,
-- approved by another. doc is what everybody reads; basis is against what later
-- publications are checked, and nobody reads it. Both are packed. subject_id is
-- the survey, or empty.
CREATE TABLE publications (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    subject_id TEXT NOT NULL,
    state TEXT NOT NULL,
    by_id TEXT NOT NULL,
    created TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided TEXT NOT NULL,
    title TEXT NOT NULL,
    doc BYTEA NOT NULL,
    basis BYTEA NOT NULL
);
CREATE INDEX publications_programme ON publications (programme_id, id);
CREATE UNIQUE INDEX publications_open ON publications (programme_id, subject_id) WHERE state = 'proposed';
CREATE INDEX publications_public ON publications (id) WHERE state = 'published';

-- +goose Down
DROP TABLE publications;
DROP TABLE statistics;
