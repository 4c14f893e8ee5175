-- +goose Up
CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    corporate_number TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX organisations_name ON organisations (name, id);
CREATE TABLE people (
    id TEXT PRIMARY KEY,
    mail TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    lang TEXT NOT NULL,
    password TEXT NOT NULL,
    created TEXT NOT NULL,
    erased TEXT NOT NULL
);
CREATE TABLE memberships (
    person_id TEXT NOT NULL REFERENCES people (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    roles TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (person_id, organisation_id)
);
CREATE INDEX memberships_organisation ON memberships (organisation_id);
CREATE TABLE sessions (
    fingerprint TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    created TEXT NOT NULL,
    seen TEXT NOT NULL,
    expires TEXT NOT NULL,
    confirmed TEXT NOT NULL,
    network TEXT NOT NULL,
    agent TEXT NOT NULL,
    challenge TEXT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    used TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX passkeys_person ON passkeys (person_id);
CREATE TABLE codes (
    person_id TEXT PRIMARY KEY REFERENCES people (id),
    secret BYTEA NOT NULL,
    confirmed TEXT NOT NULL,
    used_step BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
    person_id TEXT NOT NULL REFERENCES people (id),
    fingerprint TEXT NOT NULL,
    used TEXT NOT NULL,
    PRIMARY KEY (person_id, fingerprint)
);
CREATE TABLE attempts (
    place TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX attempts_at ON attempts (at);
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    shop_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    doc TEXT NOT NULL,
    sum TEXT NOT NULL
);
CREATE INDEX audit_organisation ON audit (organisation_id, seq);
CREATE INDEX audit_shop ON audit (shop_id, seq);
CREATE INDEX audit_person ON audit (person_id, seq);
CREATE INDEX audit_by ON audit (by_id, seq);
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    sum TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, sum) VALUES (1, 0, '');
CREATE TABLE switches (
    name TEXT PRIMARY KEY,
    position TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL
);

-- +goose Down
DROP TABLE switches;
DROP TABLE audit_head;
DROP TABLE audit;
DROP TABLE attempts;
DROP TABLE recovery_codes;
DROP TABLE codes;
DROP TABLE passkeys;
DROP TABLE sessions;
DROP TABLE memberships;
DROP TABLE people;
DROP TABLE organisations;
