ALTER TABLE provider ADD COLUMN email TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE staff ADD COLUMN email TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE staff ADD COLUMN mobile_phone TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE contact_point ADD COLUMN takes_texts BOOLEAN DEFAULT false NOT NULL
-- next
CREATE INDEX ix_appointment_type_id_starts_at ON appointment (type_id, starts_at) WHERE status = 'confirmed'
-- next
CREATE INDEX ix_message_phrase_created_at ON message (phrase, created_at) WHERE phrase <> ''
-- next
ALTER TABLE outbox ALTER COLUMN contact_id DROP NOT NULL
-- next
ALTER TABLE outbox ADD COLUMN provider_id BIGINT CONSTRAINT fk_outbox_provider_id_provider REFERENCES provider (id)
-- next
ALTER TABLE outbox ADD COLUMN staff_id BIGINT CONSTRAINT fk_outbox_staff_id_staff REFERENCES staff (id)
-- next
ALTER TABLE outbox DROP CONSTRAINT ck_outbox_channel
-- next
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_channel CHECK (channel IN ('email', 'sms'))
-- next
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_one_recipient CHECK (CASE WHEN contact_id IS NULL THEN 0 ELSE 1 END + CASE WHEN provider_id IS NULL THEN 0 ELSE 1 END + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END = 1)
-- next
CREATE INDEX ix_outbox_sent_sms ON outbox (sent_at) WHERE state = 'sent' AND channel = 'sms'
-- next
CREATE TABLE notice_template (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    shipped BOOLEAN NOT NULL,
    CONSTRAINT pk_notice_template PRIMARY KEY (id),
    CONSTRAINT ck_notice_template_channel CHECK (channel IN ('email', 'sms')),
    CONSTRAINT uq_notice_template_kind_channel_language UNIQUE (kind, channel, language),
    CONSTRAINT ck_notice_template_subject_octets CHECK (octet_length(subject) <= 500),
    CONSTRAINT ck_notice_template_body_octets CHECK (octet_length(body) <= 8192)
)
-- next
CREATE TABLE template_version (
    id BIGINT NOT NULL,
    template_id BIGINT,
    phrase_id BIGINT,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    shipped BOOLEAN NOT NULL,
    replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    staff_id BIGINT,
    CONSTRAINT pk_template_version PRIMARY KEY (id),
    CONSTRAINT ck_template_version_of_one CHECK ((template_id IS NULL) <> (phrase_id IS NULL)),
    CONSTRAINT ck_template_version_subject_octets CHECK (octet_length(subject) <= 500),
    CONSTRAINT ck_template_version_body_octets CHECK (octet_length(body) <= 8192),
    CONSTRAINT fk_template_version_template_id_notice_template FOREIGN KEY(template_id) REFERENCES notice_template (id),
    CONSTRAINT fk_template_version_phrase_id_phrase FOREIGN KEY(phrase_id) REFERENCES phrase (id),
    CONSTRAINT fk_template_version_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE INDEX ix_template_version_phrase_id ON template_version (phrase_id, id)
-- next
CREATE INDEX ix_template_version_template_id ON template_version (template_id, id)
-- next
CREATE TABLE opt_out (
    contact_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    source TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_opt_out PRIMARY KEY (contact_id, channel),
    CONSTRAINT ck_opt_out_channel CHECK (channel IN ('email', 'sms')),
    CONSTRAINT ck_opt_out_source CHECK (source IN ('portal', 'staff', 'stop')),
    CONSTRAINT fk_opt_out_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
-- next
CREATE TABLE announcement (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    kind TEXT NOT NULL,
    provider_id BIGINT,
    location_id BIGINT,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    late_minutes INTEGER,
    texts TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    staff_id BIGINT NOT NULL,
    CONSTRAINT pk_announcement PRIMARY KEY (id),
    CONSTRAINT ck_announcement_kind CHECK (kind IN ('closed', 'running_late')),
    CONSTRAINT ck_announcement_of_one CHECK ((provider_id IS NULL) <> (location_id IS NULL)),
    CONSTRAINT ck_announcement_span CHECK (ends_at > starts_at),
    CONSTRAINT fk_announcement_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
    CONSTRAINT fk_announcement_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_announcement_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE INDEX ix_announcement_starts_at ON announcement (starts_at)
-- next
CREATE TABLE reminder_rule (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    type_id BIGINT NOT NULL,
    recipients TEXT NOT NULL,
    minutes_before INTEGER NOT NULL,
    by_email BOOLEAN NOT NULL,
    by_sms BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_reminder_rule PRIMARY KEY (id),
    CONSTRAINT ck_reminder_rule_recipients CHECK (recipients IN ('administrator', 'patient', 'provider')),
    CONSTRAINT ck_reminder_rule_minutes_before CHECK (minutes_before BETWEEN 1 AND 86400),
    CONSTRAINT fk_reminder_rule_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id)
)
-- next
CREATE INDEX ix_reminder_rule_type_id ON reminder_rule (type_id)
-- next
CREATE TABLE appointment_reminder (
    appointment_id BIGINT NOT NULL,
    rule_id BIGINT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recipient TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_appointment_reminder PRIMARY KEY (appointment_id, rule_id, starts_at, recipient),
    CONSTRAINT ck_appointment_reminder_outcome CHECK (outcome IN ('nobody', 'published', 'too_late')),
    CONSTRAINT fk_appointment_reminder_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id),
    CONSTRAINT fk_appointment_reminder_rule_id_reminder_rule FOREIGN KEY(rule_id) REFERENCES reminder_rule (id)
)
-- next
CREATE TABLE subscription (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    headers_sealed TEXT NOT NULL,
    secret_sealed TEXT NOT NULL,
    previous_secret_sealed TEXT NOT NULL,
    previous_until TIMESTAMP WITH TIME ZONE,
    is_full BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    off_reason TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_subscription PRIMARY KEY (id),
    CONSTRAINT ck_subscription_name_octets CHECK (octet_length(name) <= 200),
    CONSTRAINT ck_subscription_url_octets CHECK (octet_length(url) <= 2000)
)
-- next
CREATE TABLE subscription_event_type (
    subscription_id BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    CONSTRAINT pk_subscription_event_type PRIMARY KEY (subscription_id, event_type),
    CONSTRAINT fk_subscription_event_type_subscription_id_subscription FOREIGN KEY(subscription_id) REFERENCES subscription (id)
)
-- next
CREATE INDEX ix_subscription_event_type_event_type ON subscription_event_type (event_type)
-- next
CREATE TABLE webhook_delivery (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    reference TEXT NOT NULL,
    subscription_id BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    event_id TEXT NOT NULL,
    request_id BIGINT,
    appointment_id BIGINT,
    payload TEXT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts INTEGER NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    error TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (id),
    CONSTRAINT ck_webhook_delivery_state CHECK (state IN ('failed', 'pending', 'sent', 'withdrawn')),
    CONSTRAINT uq_webhook_delivery_reference UNIQUE (reference),
    CONSTRAINT fk_webhook_delivery_subscription_id_subscription FOREIGN KEY(subscription_id) REFERENCES subscription (id)
)
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
    id BIGINT NOT NULL,
    delivery_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    status INTEGER,
    elapsed_ms INTEGER NOT NULL,
    answer TEXT NOT NULL,
    error TEXT NOT NULL,
    CONSTRAINT pk_webhook_attempt PRIMARY KEY (id),
    CONSTRAINT ck_webhook_attempt_answer_octets CHECK (octet_length(answer) <= 2000),
    CONSTRAINT fk_webhook_attempt_delivery_id_webhook_delivery FOREIGN KEY(delivery_id) REFERENCES webhook_delivery (id)
)
-- next
CREATE INDEX ix_webhook_attempt_delivery_id ON webhook_attempt (delivery_id)
