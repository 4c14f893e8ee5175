-- +goose Up
-- The lottery of a programme: the seed is sealed until the first choice is made
-- with it, its commitment public before the call closes. runs counts the choices.
CREATE TABLE selection_seeds (
    programme_id TEXT PRIMARY KEY REFERENCES programmes (id),
    commitment TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    made TEXT NOT NULL,
    opened TEXT NOT NULL,
    runs BIGINT NOT NULL
);
-- Every choice that was ever made, as it was made: rows are added and never
-- changed. basis is the digest of the applicants that it rests on, line that of
-- the log of runs, which holds the digest of the line before; record is packed.
CREATE TABLE selections (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    number BIGINT NOT NULL,
    parent_id TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    basis TEXT NOT NULL,
    digest TEXT NOT NULL,
    line TEXT NOT NULL,
    doc TEXT NOT NULL,
    record BYTEA NOT NULL,
    UNIQUE (programme_id, number)
);
-- What the office proposes of a choice, and what another organisation says to
-- it: one proposal of a programme is open at a time, and one choice approved.
CREATE TABLE selection_proposals (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    selection_id TEXT NOT NULL REFERENCES selections (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    decided TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_for TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX selection_proposals_programme ON selection_proposals (programme_id, id);
CREATE UNIQUE INDEX selection_proposals_open ON selection_proposals (programme_id) WHERE state = 'open';
CREATE UNIQUE INDEX selection_proposals_choice ON selection_proposals (programme_id) WHERE state = 'approved' AND kind = 'choice';

-- +goose Down
DROP TABLE selection_proposals;
DROP TABLE selections;
DROP TABLE selection_seeds;
