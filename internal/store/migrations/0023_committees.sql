-- +goose Up
CREATE TABLE committees (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    revision BIGINT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX committees_programme ON committees (programme_id, id);
CREATE TABLE committee_people (
    committee_id TEXT NOT NULL REFERENCES committees (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    seat TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (committee_id, person_id)
);
CREATE INDEX committee_people_person ON committee_people (person_id);
CREATE TABLE meetings (
    id TEXT PRIMARY KEY,
    committee_id TEXT NOT NULL REFERENCES committees (id),
    number BIGINT NOT NULL,
    day TEXT NOT NULL,
    UNIQUE (committee_id, number)
);
CREATE TABLE papers (
    id TEXT PRIMARY KEY,
    committee_id TEXT NOT NULL REFERENCES committees (id),
    meeting_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    class TEXT NOT NULL,
    title TEXT NOT NULL,
    issued TEXT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX papers_committee ON papers (committee_id, id);
CREATE TABLE paper_parts (
    id TEXT PRIMARY KEY,
    paper_id TEXT NOT NULL REFERENCES papers (id),
    position BIGINT NOT NULL,
    class TEXT NOT NULL,
    title_class TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    caption TEXT NOT NULL,
    figures TEXT NOT NULL
);
CREATE INDEX paper_parts_paper ON paper_parts (paper_id, position, id);
CREATE TABLE paper_files (
    id TEXT PRIMARY KEY,
    paper_id TEXT NOT NULL REFERENCES papers (id),
    class TEXT NOT NULL,
    name TEXT NOT NULL,
    alt TEXT NOT NULL,
    media TEXT NOT NULL,
    size BIGINT NOT NULL,
    sum TEXT NOT NULL,
    data BYTEA NOT NULL
);
CREATE INDEX paper_files_paper ON paper_files (paper_id, id);
-- Who is named on a paper, a part, an attachment or an action; paper_id says
-- of which paper it is part, and is empty for actions.
CREATE TABLE paper_names (
    object_id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    paper_id TEXT NOT NULL,
    PRIMARY KEY (object_id, person_id)
);
CREATE INDEX paper_names_person ON paper_names (person_id, paper_id);
CREATE TABLE committee_actions (
    id TEXT PRIMARY KEY,
    committee_id TEXT NOT NULL REFERENCES committees (id),
    meeting_id TEXT NOT NULL,
    class TEXT NOT NULL,
    text TEXT NOT NULL,
    who TEXT NOT NULL,
    due TEXT NOT NULL,
    done TEXT NOT NULL
);
CREATE INDEX committee_actions_committee ON committee_actions (committee_id, id);

-- +goose Down
DROP TABLE committee_actions;
DROP TABLE paper_names;
DROP TABLE paper_files;
DROP TABLE paper_parts;
DROP TABLE papers;
DROP TABLE meetings;
DROP TABLE committee_people;
DROP TABLE committees;
