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
ALTER TABLE outbox RENAME TO outbox_after
-- next
DROP INDEX ix_outbox_appointment_id
-- next
DROP INDEX ix_outbox_due
-- next
DROP INDEX ix_outbox_failed
-- next
DROP INDEX ix_outbox_sent_sms
-- next
DROP INDEX uq_outbox_dedupe_key
-- next
DROP INDEX uq_outbox_request_id_dedupe_key
-- next
CREATE TABLE outbox (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	reference TEXT NOT NULL,
	kind TEXT NOT NULL,
	channel TEXT NOT NULL,
	contact_id INTEGER NOT NULL,
	contact_point_id INTEGER,
	request_id INTEGER,
	appointment_id INTEGER,
	challenge_id INTEGER,
	payload TEXT NOT NULL,
	dedupe_key TEXT NOT NULL,
	state TEXT NOT NULL,
	not_before INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	lease_owner TEXT NOT NULL,
	lease_until INTEGER,
	error TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	sent_at INTEGER,
	CONSTRAINT pk_outbox PRIMARY KEY (id),
	CONSTRAINT ck_outbox_state CHECK (state IN ('failed', 'pending', 'sent', 'withdrawn')),
	CONSTRAINT ck_outbox_channel CHECK (channel IN ('email')),
	CONSTRAINT fk_outbox_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
	CONSTRAINT fk_outbox_contact_point_id_contact_point FOREIGN KEY(contact_point_id) REFERENCES contact_point (id)
)
 STRICT
-- next
INSERT INTO outbox (id, version, reference, kind, channel, contact_id, contact_point_id, request_id, appointment_id, challenge_id, payload, dedupe_key, state, not_before, attempts, lease_owner, lease_until, error, created_at, sent_at) SELECT id, version, reference, kind, channel, contact_id, contact_point_id, request_id, appointment_id, challenge_id, payload, dedupe_key, state, not_before, attempts, lease_owner, lease_until, error, created_at, sent_at FROM outbox_after
-- next
DROP TABLE outbox_after
-- next
CREATE INDEX ix_outbox_appointment_id ON outbox (appointment_id) WHERE request_id IS NULL
-- next
CREATE INDEX ix_outbox_due ON outbox (not_before, id) WHERE state = 'pending'
-- next
CREATE INDEX ix_outbox_failed ON outbox (id) WHERE state = 'failed'
-- next
CREATE UNIQUE INDEX uq_outbox_dedupe_key ON outbox (dedupe_key) WHERE request_id IS NULL
-- next
CREATE UNIQUE INDEX uq_outbox_request_id_dedupe_key ON outbox (request_id, dedupe_key)
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
