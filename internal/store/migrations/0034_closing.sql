-- +goose Up
-- The end of a programme: how long what of it is kept, in years by class; who
-- asked for the sealed archive and who approved it. half is the asker's part of
-- the passphrase, sealed, until the archive is made; then nobody here has it.
CREATE TABLE programme_closings (
    programme_id TEXT PRIMARY KEY REFERENCES programmes (id),
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    public_years BIGINT NOT NULL,
    committee_years BIGINT NOT NULL,
    closed_years BIGINT NOT NULL,
    by_id TEXT NOT NULL,
    asked TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    closed TEXT NOT NULL,
    sum TEXT NOT NULL,
    size BIGINT NOT NULL,
    half BYTEA NOT NULL
);
-- The sealed archive in pieces.
CREATE TABLE programme_archives (
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    piece BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (programme_id, piece)
);
-- What was deleted after its time: asked by one, approved by another. doc holds
-- how many rows of what, and the head of the audit log at that moment.
CREATE TABLE programme_deletions (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    class TEXT NOT NULL,
    state TEXT NOT NULL,
    by_id TEXT NOT NULL,
    asked TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    done TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE UNIQUE INDEX programme_deletions_class ON programme_deletions (programme_id, class) WHERE state <> 'cancelled';

-- +goose Down
DROP TABLE programme_deletions;
DROP TABLE programme_archives;
DROP TABLE programme_closings;
