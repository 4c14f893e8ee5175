-- +goose Up
-- Accounts elsewhere (OpenID Connect) with which people sign in here.
CREATE TABLE identities (
    id TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    created TEXT NOT NULL,
    used TEXT NOT NULL,
    UNIQUE (issuer, subject)
);
CREATE INDEX identities_person ON identities (person_id);

-- +goose Down
DROP TABLE identities;
