-- +goose Up
-- Letters as the office of a programme writes them, with placeholders.
CREATE TABLE mail_letters (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    revision BIGINT NOT NULL,
    updated TEXT NOT NULL,
    by_id TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX mail_letters_programme ON mail_letters (programme_id, id);
-- A letter to many: from when on it goes, who wrote it and who approved it.
CREATE TABLE mailings (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    state TEXT NOT NULL,
    by_id TEXT NOT NULL,
    created TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    due TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX mailings_programme ON mailings (programme_id, id);
CREATE INDEX mailings_due ON mailings (due) WHERE state = 'approved';
-- Each mail of a mailing, as it was approved: one a case, and none twice.
CREATE TABLE mailing_mails (
    mailing_id TEXT NOT NULL REFERENCES mailings (id),
    case_id TEXT NOT NULL REFERENCES cases (id),
    recipient TEXT NOT NULL,
    domain TEXT NOT NULL,
    state TEXT NOT NULL,
    queued TEXT NOT NULL,
    mail_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (mailing_id, case_id)
);
CREATE INDEX mailing_mails_queued ON mailing_mails (queued, domain) WHERE queued <> '';
-- Letters that go again until what a condition says is done.
CREATE TABLE case_reminders (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    letter_id TEXT NOT NULL REFERENCES mail_letters (id),
    fact TEXT NOT NULL,
    state TEXT NOT NULL,
    by_id TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX case_reminders_programme ON case_reminders (programme_id, id);
CREATE TABLE case_reminded (
    case_id TEXT NOT NULL REFERENCES cases (id),
    reminder_id TEXT NOT NULL REFERENCES case_reminders (id),
    day TEXT NOT NULL,
    mail_id TEXT NOT NULL,
    PRIMARY KEY (case_id, reminder_id, day)
);

-- +goose Down
DROP TABLE case_reminded;
DROP TABLE case_reminders;
DROP TABLE mailing_mails;
DROP TABLE mailings;
DROP TABLE mail_letters;
