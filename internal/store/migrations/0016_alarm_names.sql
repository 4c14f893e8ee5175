-- +goose Up
-- To whom an alarm was told, as he was called then: the shop's list of contacts
-- may be another one when he answers.
ALTER TABLE alarm_calls ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE alarm_calls ADD COLUMN address TEXT NOT NULL DEFAULT '';
UPDATE alarm_calls SET address = coalesce((SELECT m.recipient FROM mails m WHERE m.id = alarm_calls.mail_id), '');
ALTER TABLE alarms ADD COLUMN confirmed_name TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE alarms DROP COLUMN confirmed_name;
ALTER TABLE alarm_calls DROP COLUMN address;
ALTER TABLE alarm_calls DROP COLUMN name;
