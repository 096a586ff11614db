ALTER TABLE provider ADD COLUMN email TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE staff ADD COLUMN email TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE staff ADD COLUMN mobile_phone TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE contact_point ADD COLUMN takes_texts INTEGER DEFAULT 0 NOT NULL
-- next
CREATE INDEX ix_appointment_type_id_starts_at ON appointment (type_id, starts_at) WHERE status = 'confirmed'
-- next
CREATE INDEX ix_message_phrase_created_at ON message (phrase, created_at) WHERE phrase <> ''
-- next
ALTER TABLE outbox RENAME TO outbox_before
-- next
DROP INDEX ix_outbox_appointment_id
-- next
DROP INDEX ix_outbox_due
-- next
DROP INDEX ix_outbox_failed
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
    contact_id INTEGER,
    provider_id INTEGER,
    staff_id INTEGER,
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
    CONSTRAINT ck_outbox_channel CHECK (channel IN ('email', 'sms')),
    CONSTRAINT ck_outbox_one_recipient CHECK (CASE WHEN contact_id IS NULL THEN 0 ELSE 1 END + CASE WHEN provider_id IS NULL THEN 0 ELSE 1 END + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END = 1),
    CONSTRAINT fk_outbox_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
    CONSTRAINT fk_outbox_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
    CONSTRAINT fk_outbox_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id),
    CONSTRAINT fk_outbox_contact_point_id_contact_point FOREIGN KEY(contact_point_id) REFERENCES contact_point (id)
)
 STRICT
-- next
INSERT INTO outbox (id, version, reference, kind, channel, contact_id, contact_point_id, request_id, appointment_id, challenge_id, payload, dedupe_key, state, not_before, attempts, lease_owner, lease_until, error, created_at, sent_at) SELECT id, version, reference, kind, channel, contact_id, contact_point_id, request_id, appointment_id, challenge_id, payload, dedupe_key, state, not_before, attempts, lease_owner, lease_until, error, created_at, sent_at FROM outbox_before
-- next
DROP TABLE outbox_before
-- next
CREATE INDEX ix_outbox_appointment_id ON outbox (appointment_id) WHERE request_id IS NULL
-- next
CREATE INDEX ix_outbox_due ON outbox (not_before, id) WHERE state = 'pending'
-- next
CREATE INDEX ix_outbox_failed ON outbox (id) WHERE state = 'failed'
-- next
CREATE INDEX ix_outbox_sent_sms ON outbox (sent_at) WHERE state = 'sent' AND channel = 'sms'
-- next
CREATE UNIQUE INDEX uq_outbox_dedupe_key ON outbox (dedupe_key) WHERE request_id IS NULL
-- next
CREATE UNIQUE INDEX uq_outbox_request_id_dedupe_key ON outbox (request_id, dedupe_key)
-- next
CREATE TABLE notice_template (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    shipped INTEGER NOT NULL,
    CONSTRAINT pk_notice_template PRIMARY KEY (id),
    CONSTRAINT ck_notice_template_channel CHECK (channel IN ('email', 'sms')),
    CONSTRAINT uq_notice_template_kind_channel_language UNIQUE (kind, channel, language),
    CONSTRAINT ck_notice_template_subject_octets CHECK (length(CAST(subject AS BLOB)) <= 500),
    CONSTRAINT ck_notice_template_body_octets CHECK (length(CAST(body AS BLOB)) <= 8192)
)
 STRICT
-- next
CREATE TABLE template_version (
    id INTEGER NOT NULL,
    template_id INTEGER,
    phrase_id INTEGER,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    shipped INTEGER NOT NULL,
    replaced_at INTEGER NOT NULL,
    staff_id INTEGER,
    CONSTRAINT pk_template_version PRIMARY KEY (id),
    CONSTRAINT ck_template_version_of_one CHECK ((template_id IS NULL) <> (phrase_id IS NULL)),
    CONSTRAINT ck_template_version_subject_octets CHECK (length(CAST(subject AS BLOB)) <= 500),
    CONSTRAINT ck_template_version_body_octets CHECK (length(CAST(body AS BLOB)) <= 8192),
    CONSTRAINT fk_template_version_template_id_notice_template FOREIGN KEY(template_id) REFERENCES notice_template (id),
    CONSTRAINT fk_template_version_phrase_id_phrase FOREIGN KEY(phrase_id) REFERENCES phrase (id),
    CONSTRAINT fk_template_version_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 STRICT
-- next
CREATE INDEX ix_template_version_phrase_id ON template_version (phrase_id, id)
-- next
CREATE INDEX ix_template_version_template_id ON template_version (template_id, id)
-- next
CREATE TABLE opt_out (
    contact_id INTEGER NOT NULL,
    channel TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_opt_out PRIMARY KEY (contact_id, channel),
    CONSTRAINT ck_opt_out_channel CHECK (channel IN ('email', 'sms')),
    CONSTRAINT ck_opt_out_source CHECK (source IN ('portal', 'staff', 'stop')),
    CONSTRAINT fk_opt_out_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE announcement (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    kind TEXT NOT NULL,
    provider_id INTEGER,
    location_id INTEGER,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    late_minutes INTEGER,
    texts TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    staff_id INTEGER NOT NULL,
    CONSTRAINT pk_announcement PRIMARY KEY (id),
    CONSTRAINT ck_announcement_kind CHECK (kind IN ('closed', 'running_late')),
    CONSTRAINT ck_announcement_of_one CHECK ((provider_id IS NULL) <> (location_id IS NULL)),
    CONSTRAINT ck_announcement_span CHECK (ends_at > starts_at),
    CONSTRAINT fk_announcement_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
    CONSTRAINT fk_announcement_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_announcement_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 STRICT
-- next
CREATE INDEX ix_announcement_starts_at ON announcement (starts_at)
-- next
CREATE TABLE reminder_rule (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    type_id INTEGER NOT NULL,
    recipients TEXT NOT NULL,
    minutes_before INTEGER NOT NULL,
    by_email INTEGER NOT NULL,
    by_sms INTEGER NOT NULL,
    active INTEGER NOT NULL,
    CONSTRAINT pk_reminder_rule PRIMARY KEY (id),
    CONSTRAINT ck_reminder_rule_recipients CHECK (recipients IN ('administrator', 'patient', 'provider')),
    CONSTRAINT ck_reminder_rule_minutes_before CHECK (minutes_before BETWEEN 1 AND 86400),
    CONSTRAINT fk_reminder_rule_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id)
)
 STRICT
-- next
CREATE INDEX ix_reminder_rule_type_id ON reminder_rule (type_id)
-- next
CREATE TABLE appointment_reminder (
    appointment_id INTEGER NOT NULL,
    rule_id INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_appointment_reminder PRIMARY KEY (appointment_id, rule_id, starts_at, recipient),
    CONSTRAINT ck_appointment_reminder_outcome CHECK (outcome IN ('nobody', 'published', 'too_late')),
    CONSTRAINT fk_appointment_reminder_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id),
    CONSTRAINT fk_appointment_reminder_rule_id_reminder_rule FOREIGN KEY(rule_id) REFERENCES reminder_rule (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE subscription (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    headers_sealed TEXT NOT NULL,
    secret_sealed TEXT NOT NULL,
    previous_secret_sealed TEXT NOT NULL,
    previous_until INTEGER,
    is_full INTEGER NOT NULL,
    active INTEGER NOT NULL,
    off_reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    removed_at INTEGER,
    CONSTRAINT pk_subscription PRIMARY KEY (id),
    CONSTRAINT ck_subscription_name_octets CHECK (length(CAST(name AS BLOB)) <= 200),
    CONSTRAINT ck_subscription_url_octets CHECK (length(CAST(url AS BLOB)) <= 2000)
)
 STRICT
-- next
CREATE TABLE subscription_event_type (
    subscription_id INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    CONSTRAINT pk_subscription_event_type PRIMARY KEY (subscription_id, event_type),
    CONSTRAINT fk_subscription_event_type_subscription_id_subscription FOREIGN KEY(subscription_id) REFERENCES subscription (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE INDEX ix_subscription_event_type_event_type ON subscription_event_type (event_type)
-- next
CREATE TABLE webhook_delivery (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    reference TEXT NOT NULL,
    subscription_id INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    event_id TEXT NOT NULL,
    request_id INTEGER,
    appointment_id INTEGER,
    payload TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until INTEGER,
    error TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (id),
    CONSTRAINT ck_webhook_delivery_state CHECK (state IN ('failed', 'pending', 'sent', 'withdrawn')),
    CONSTRAINT uq_webhook_delivery_reference UNIQUE (reference),
    CONSTRAINT fk_webhook_delivery_subscription_id_subscription FOREIGN KEY(subscription_id) REFERENCES subscription (id)
)
 STRICT
-- next
CREATE INDEX ix_webhook_delivery_appointment_id ON webhook_delivery (appointment_id)
-- next
CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (subscription_id, not_before, id) WHERE state = 'pending'
-- next
CREATE INDEX ix_webhook_delivery_failed ON webhook_delivery (id) WHERE state = 'failed'
-- next
CREATE INDEX ix_webhook_delivery_request_id ON webhook_delivery (request_id)
-- next
CREATE INDEX ix_webhook_delivery_subscription_id ON webhook_delivery (subscription_id, id)
-- next
CREATE TABLE webhook_attempt (
    id INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER,
    elapsed_ms INTEGER NOT NULL,
    answer TEXT NOT NULL,
    error TEXT NOT NULL,
    CONSTRAINT pk_webhook_attempt PRIMARY KEY (id),
    CONSTRAINT ck_webhook_attempt_answer_octets CHECK (length(CAST(answer AS BLOB)) <= 2000),
    CONSTRAINT fk_webhook_attempt_delivery_id_webhook_delivery FOREIGN KEY(delivery_id) REFERENCES webhook_delivery (id)
)
 STRICT
-- next
CREATE INDEX ix_webhook_attempt_delivery_id ON webhook_attempt (delivery_id)
