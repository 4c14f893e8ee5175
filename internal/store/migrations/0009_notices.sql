-- +goose Up
-- What people are told. seen is when they read it; post is how it goes by mail:
-- '' not (any more), 'now', 'digest', or the mail that it went into. once keeps
-- what must be told one time only from being told again.
CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    shop_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    seen TEXT NOT NULL,
    post TEXT NOT NULL,
    once TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL
);
CREATE INDEX notices_person ON notices (person_id, id);
CREATE INDEX notices_unread ON notices (person_id, id) WHERE seen = '';
CREATE INDEX notices_post ON notices (post, person_id) WHERE post <> '';
CREATE TABLE notice_settings (
    person_id TEXT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    how TEXT NOT NULL,
    PRIMARY KEY (person_id, kind)
);
-- Mails on their way and those that went. sealed is what a mail says that is not
-- made of notices; it is wiped when the mail has gone.
CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    shop_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created TEXT NOT NULL,
    tried TEXT NOT NULL,
    tries BIGINT NOT NULL,
    problem TEXT NOT NULL,
    answer TEXT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX mails_state ON mails (state, id);
-- Findings that cannot wait: one row for a danger that a run has seen.
CREATE TABLE alarms (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    run_id TEXT NOT NULL,
    diagnosis_id TEXT NOT NULL,
    danger TEXT NOT NULL,
    raised TEXT NOT NULL,
    step BIGINT NOT NULL,
    confirmed TEXT NOT NULL,
    confirmed_by TEXT NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (shop_id, run_id, danger)
);
CREATE INDEX alarms_shop ON alarms (shop_id, id);
CREATE INDEX alarms_open ON alarms (raised) WHERE confirmed = '';
-- Each emergency contact who was written to, with a link of his own.
CREATE TABLE alarm_calls (
    id TEXT PRIMARY KEY,
    alarm_id TEXT NOT NULL REFERENCES alarms (id),
    fingerprint TEXT NOT NULL UNIQUE,
    contact BIGINT NOT NULL,
    mail_id TEXT NOT NULL,
    at TEXT NOT NULL,
    expires TEXT NOT NULL
);
CREATE INDEX alarm_calls_alarm ON alarm_calls (alarm_id, id);
CREATE INDEX findings_day ON findings (due, shop_id) WHERE open = 1;
CREATE INDEX consents_until ON consents (until) WHERE withdrawn = '';
CREATE INDEX instructions_due ON instructions (due) WHERE state = 'given';

-- +goose Down
DROP INDEX instructions_due;
DROP INDEX consents_until;
DROP INDEX findings_day;
DROP TABLE alarm_calls;
DROP TABLE alarms;
DROP TABLE mails;
DROP TABLE notice_settings;
DROP TABLE notices;
