DROP TABLE webhook_attempt
-- next
DROP TABLE webhook_delivery
-- next
DROP TABLE subscription_event_type
-- next
DROP TABLE subscription
-- next
DROP TABLE appointment_reminder
-- next
DROP TABLE reminder_rule
-- next
DROP TABLE announcement
-- next
DROP TABLE opt_out
-- next
DROP TABLE template_version
-- next
DROP TABLE notice_template
-- next
DELETE FROM outbox WHERE contact_id IS NULL OR channel = 'sms'
-- next
DROP INDEX ix_outbox_sent_sms
-- next
ALTER TABLE outbox DROP CONSTRAINT ck_outbox_one_recipient
-- next
ALTER TABLE outbox DROP CONSTRAINT ck_outbox_channel
-- next
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_channel CHECK (channel IN ('email'))
-- next
ALTER TABLE outbox DROP COLUMN staff_id
-- next
ALTER TABLE outbox DROP COLUMN provider_id
-- next
ALTER TABLE outbox ALTER COLUMN contact_id SET NOT NULL
-- next
DROP INDEX ix_message_phrase_created_at
-- next
DROP INDEX ix_appointment_type_id_starts_at
-- next
ALTER TABLE contact_point DROP COLUMN takes_texts
-- next
ALTER TABLE staff DROP COLUMN mobile_phone
-- next
ALTER TABLE staff DROP COLUMN email
-- next
ALTER TABLE provider DROP COLUMN email
