-- +goose Up
CREATE TABLE surveys (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    questionnaire TEXT NOT NULL,
    quota BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    by_id TEXT NOT NULL,
    created TEXT NOT NULL,
    UNIQUE (programme_id, questionnaire)
);
CREATE TABLE survey_subjects (
    id TEXT PRIMARY KEY,
    survey_id TEXT NOT NULL REFERENCES surveys (id),
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    moved TEXT NOT NULL,
    by_id TEXT NOT NULL,
    created TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX survey_subjects_survey ON survey_subjects (survey_id, id);
CREATE INDEX survey_subjects_programme ON survey_subjects (programme_id, survey_id, state);
CREATE TABLE survey_moves (
    id TEXT PRIMARY KEY,
    subject_id TEXT NOT NULL REFERENCES survey_subjects (id),
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    note TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX survey_moves_subject ON survey_moves (subject_id, id);
-- One row an item of a subject: the answer, what the interviewer noted, and what
-- is still to be asked. survey_answer_versions keeps what stood there before.
CREATE TABLE survey_answers (
    subject_id TEXT NOT NULL REFERENCES survey_subjects (id),
    item TEXT NOT NULL,
    survey_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL,
    note TEXT NOT NULL,
    follow_up TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (subject_id, item)
);
CREATE INDEX survey_answers_survey ON survey_answers (survey_id, item);
CREATE TABLE survey_answer_versions (
    subject_id TEXT NOT NULL,
    item TEXT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL,
    note TEXT NOT NULL,
    follow_up TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (subject_id, item, revision)
);
CREATE TABLE survey_codes (
    id TEXT PRIMARY KEY,
    survey_id TEXT NOT NULL REFERENCES surveys (id),
    item TEXT NOT NULL,
    name TEXT NOT NULL,
    means TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    UNIQUE (survey_id, item, name)
);
CREATE TABLE survey_codings (
    subject_id TEXT NOT NULL REFERENCES survey_subjects (id),
    item TEXT NOT NULL,
    coder_id TEXT NOT NULL,
    survey_id TEXT NOT NULL,
    codes TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (subject_id, item, coder_id)
);
CREATE INDEX survey_codings_survey ON survey_codings (survey_id, item);
CREATE TABLE survey_releases (
    id TEXT PRIMARY KEY,
    survey_id TEXT NOT NULL REFERENCES surveys (id),
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX survey_releases_survey ON survey_releases (survey_id, id);

-- +goose Down
DROP TABLE survey_releases;
DROP TABLE survey_codings;
DROP TABLE survey_codes;
DROP TABLE survey_answer_versions;
DROP TABLE survey_answers;
DROP TABLE survey_moves;
DROP TABLE survey_subjects;
DROP TABLE surveys;
