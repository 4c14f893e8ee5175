-- +goose Up
-- What waits for somebody, found without reading every shop.
CREATE INDEX instructions_to ON instructions (to_id, state, due);
CREATE INDEX instructions_by ON instructions (by_id, state, due);
CREATE INDEX findings_assignee ON findings (assignee_id, open) WHERE assignee_id <> '';
CREATE INDEX answers_alternative ON answers (shop_id, at) WHERE state = 'alternative' AND accepted_by = '';

-- +goose Down
DROP INDEX answers_alternative;
DROP INDEX findings_assignee;
DROP INDEX instructions_by;
DROP INDEX instructions_to;
