-- +goose Up
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created TEXT NOT NULL,
    expires TEXT NOT NULL,
    used TEXT NOT NULL,
    revoked TEXT NOT NULL
);
CREATE INDEX api_tokens_person ON api_tokens (person_id, id);
-- What a program asked for under a key of its own, so that asking again does not do it again.
CREATE TABLE api_requests (
    person_id TEXT NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    sum TEXT NOT NULL,
    object_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (person_id, name)
);
CREATE INDEX api_requests_at ON api_requests (at);

-- +goose Down
DROP TABLE api_requests;
DROP TABLE api_tokens;
