-- +goose Up
CREATE TABLE programmes (
    id TEXT PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES organisations (id),
    revision BIGINT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    call_from TEXT NOT NULL,
    call_until TEXT NOT NULL,
    receipts BIGINT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX programmes_office ON programmes (office_id, id);
CREATE TABLE programme_bodies (
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    joined TEXT NOT NULL,
    PRIMARY KEY (programme_id, organisation_id)
);
CREATE INDEX programme_bodies_organisation ON programme_bodies (organisation_id);
CREATE TABLE milestones (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    revision BIGINT NOT NULL,
    strand BIGINT NOT NULL,
    planned_from TEXT NOT NULL,
    planned_until TEXT NOT NULL,
    began TEXT NOT NULL,
    ended TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX milestones_programme ON milestones (programme_id, strand, planned_from, id);
-- company to posture repeat what doc holds, for lists, counts and for noticing
-- that one shop applied twice.
CREATE TABLE applications (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    revision BIGINT NOT NULL,
    stage TEXT NOT NULL,
    receipt TEXT NOT NULL,
    mail TEXT NOT NULL,
    lang TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    submitted TEXT NOT NULL,
    outcome TEXT NOT NULL,
    company TEXT NOT NULL,
    shop TEXT NOT NULL,
    host TEXT NOT NULL,
    corporate_number TEXT NOT NULL,
    phone TEXT NOT NULL,
    method TEXT NOT NULL,
    business TEXT NOT NULL,
    turnover TEXT NOT NULL,
    posture TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX applications_sent ON applications (programme_id, receipt) WHERE receipt <> '';
CREATE INDEX applications_stage ON applications (programme_id, stage, receipt);
CREATE INDEX applications_mail ON applications (programme_id, mail);
CREATE INDEX applications_host ON applications (programme_id, host) WHERE host <> '';
CREATE INDEX applications_number ON applications (programme_id, corporate_number) WHERE corporate_number <> '';
CREATE INDEX applications_phone ON applications (programme_id, phone) WHERE phone <> '';
-- What happened to an application: stages, corrections, notes of the office.
CREATE TABLE application_events (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    mover TEXT NOT NULL,
    what TEXT NOT NULL,
    from_stage TEXT NOT NULL,
    to_stage TEXT NOT NULL,
    note TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX application_events_application ON application_events (application_id, id);
CREATE INDEX application_events_programme ON application_events (programme_id, at);
-- By such a link somebody without an account applies: it proves a mail address.
CREATE TABLE applicant_links (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    mail TEXT NOT NULL,
    lang TEXT NOT NULL,
    network TEXT NOT NULL,
    created TEXT NOT NULL,
    confirmed TEXT NOT NULL,
    expires TEXT NOT NULL
);
CREATE INDEX applicant_links_mail ON applicant_links (programme_id, mail, created);
CREATE INDEX applicant_links_network ON applicant_links (network, created);

-- +goose Down
DROP TABLE applicant_links;
DROP TABLE application_events;
DROP TABLE applications;
DROP TABLE milestones;
DROP TABLE programme_bodies;
DROP TABLE programmes;
