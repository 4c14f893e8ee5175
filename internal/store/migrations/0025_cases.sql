-- +goose Up
-- Each shop's way through a programme, as it stands now. due is the planned day
-- of the present step, '9999-12-31' without one; revision holds off who saw an
-- older state.
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    application_id TEXT NOT NULL UNIQUE,
    shop_id TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    step TEXT NOT NULL,
    since TEXT NOT NULL,
    awaits TEXT NOT NULL,
    due TEXT NOT NULL,
    ending TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX cases_number ON cases (programme_id, number, id);
CREATE INDEX cases_step ON cases (programme_id, step, number, id);
CREATE INDEX cases_due ON cases (programme_id, due, id);
CREATE INDEX cases_awaits ON cases (programme_id, awaits, number, id);
CREATE INDEX cases_owner ON cases (programme_id, owner_id, number, id) WHERE owner_id <> '';
CREATE INDEX cases_shop ON cases (shop_id) WHERE shop_id <> '';
-- What happened to a case, and how it stood from then on, up to the next event:
-- so the board of a past day is read like that of today.
CREATE TABLE case_events (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    programme_id TEXT NOT NULL,
    number TEXT NOT NULL,
    at TEXT NOT NULL,
    until TEXT NOT NULL,
    step TEXT NOT NULL,
    since TEXT NOT NULL,
    awaits TEXT NOT NULL,
    due TEXT NOT NULL,
    ending TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX case_events_case ON case_events (case_id, at, id);
CREATE INDEX case_events_number ON case_events (programme_id, number, at);
CREATE INDEX case_events_step ON case_events (programme_id, step, number, at);
CREATE INDEX case_events_due ON case_events (programme_id, due, case_id);
-- How the counts of a programme change on a day (grain 'd') and in a month ('m').
CREATE TABLE case_tallies (
    programme_id TEXT NOT NULL,
    grain TEXT NOT NULL,
    period TEXT NOT NULL,
    measure TEXT NOT NULL,
    of_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (programme_id, grain, period, measure, of_id)
);
-- What people did and agreed: calls, mails, visits, promises, decisions. words is sealed.
CREATE TABLE case_notes (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    programme_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    written TEXT NOT NULL,
    by_id TEXT NOT NULL,
    due TEXT NOT NULL,
    kept TEXT NOT NULL,
    kept_by TEXT NOT NULL,
    words BYTEA NOT NULL
);
CREATE INDEX case_notes_case ON case_notes (case_id, at, id);
CREATE INDEX case_notes_promise ON case_notes (programme_id, due, id) WHERE due <> '' AND kept = '';
-- What the office has made sure of and no other record says, by the key of the condition.
CREATE TABLE case_facts (
    case_id TEXT NOT NULL REFERENCES cases (id),
    fact TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    words BYTEA NOT NULL,
    PRIMARY KEY (case_id, fact)
);
-- Calendars that programs fetch by a secret address.
CREATE TABLE case_feeds (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    created TEXT NOT NULL,
    fetched TEXT NOT NULL,
    revoked TEXT NOT NULL
);
CREATE INDEX case_feeds_person ON case_feeds (person_id, programme_id);

-- +goose Down
DROP TABLE case_feeds;
DROP TABLE case_facts;
DROP TABLE case_notes;
DROP TABLE case_tallies;
DROP TABLE case_events;
DROP TABLE cases;
