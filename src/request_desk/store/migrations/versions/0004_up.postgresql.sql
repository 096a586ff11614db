ALTER TABLE challenge ADD COLUMN link_id BIGINT
-- next
CREATE TABLE service (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    position INTEGER NOT NULL,
    visible BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_service PRIMARY KEY (id),
    CONSTRAINT ck_service_description_octets CHECK (octet_length(description) <= 2000),
    CONSTRAINT uq_service_reference UNIQUE (reference),
    CONSTRAINT uq_service_name UNIQUE (name)
)
-- next
CREATE TABLE service_variant (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    service_id BIGINT NOT NULL,
    type_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    position INTEGER NOT NULL,
    visible BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_service_variant PRIMARY KEY (id),
    CONSTRAINT uq_service_variant_service_id_name UNIQUE (service_id, name),
    CONSTRAINT ck_service_variant_description_octets CHECK (octet_length(description) <= 2000),
    CONSTRAINT fk_service_variant_service_id_service FOREIGN KEY(service_id) REFERENCES service (id),
    CONSTRAINT fk_service_variant_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
    CONSTRAINT uq_service_variant_reference UNIQUE (reference)
)
-- next
CREATE INDEX ix_service_variant_service_id ON service_variant (service_id)
-- next
CREATE TABLE service_variant_provider (
    variant_id BIGINT NOT NULL,
    provider_id BIGINT NOT NULL,
    CONSTRAINT pk_service_variant_provider PRIMARY KEY (variant_id, provider_id),
    CONSTRAINT fk_service_variant_provider_variant_id_service_variant FOREIGN KEY(variant_id) REFERENCES service_variant (id),
    CONSTRAINT fk_service_variant_provider_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
-- next
CREATE TABLE service_variant_location (
    variant_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    CONSTRAINT pk_service_variant_location PRIMARY KEY (variant_id, location_id),
    CONSTRAINT fk_service_variant_location_variant_id_service_variant FOREIGN KEY(variant_id) REFERENCES service_variant (id),
    CONSTRAINT fk_service_variant_location_location_id_location FOREIGN KEY(location_id) REFERENCES location (id)
)
-- next
CREATE TABLE booking_secret (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by_id BIGINT NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_by_id BIGINT,
    CONSTRAINT pk_booking_secret PRIMARY KEY (id),
    CONSTRAINT uq_booking_secret_key_id UNIQUE (key_id),
    CONSTRAINT fk_booking_secret_created_by_id_staff FOREIGN KEY(created_by_id) REFERENCES staff (id)
)
-- next
CREATE TABLE booking_launch (
    id BIGINT NOT NULL,
    secret_id BIGINT NOT NULL,
    jti TEXT NOT NULL,
    patient_id BIGINT NOT NULL,
    type_id BIGINT,
    location_id BIGINT,
    code_hash TEXT NOT NULL,
    session_hash TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_booking_launch PRIMARY KEY (id),
    CONSTRAINT fk_booking_launch_secret_id_booking_secret FOREIGN KEY(secret_id) REFERENCES booking_secret (id),
    CONSTRAINT fk_booking_launch_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_booking_launch_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
    CONSTRAINT fk_booking_launch_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT uq_booking_launch_code_hash UNIQUE (code_hash),
    CONSTRAINT uq_booking_launch_session_hash UNIQUE (session_hash)
)
-- next
CREATE INDEX ix_booking_launch_secret_id_jti ON booking_launch (secret_id, jti)
-- next
CREATE TABLE booking_token_use (
    secret_id BIGINT NOT NULL,
    jti TEXT NOT NULL,
    appointment_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_booking_token_use PRIMARY KEY (secret_id, jti),
    CONSTRAINT fk_booking_token_use_secret_id_booking_secret FOREIGN KEY(secret_id) REFERENCES booking_secret (id),
    CONSTRAINT fk_booking_token_use_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id)
)
-- next
CREATE TABLE booking_hold (
    hold_id BIGINT NOT NULL,
    variant_id BIGINT,
    launch_id BIGINT,
    secret_hash TEXT NOT NULL,
    client_hash TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_booking_hold PRIMARY KEY (hold_id),
    CONSTRAINT fk_booking_hold_hold_id_appointment FOREIGN KEY(hold_id) REFERENCES appointment (id),
    CONSTRAINT fk_booking_hold_variant_id_service_variant FOREIGN KEY(variant_id) REFERENCES service_variant (id),
    CONSTRAINT fk_booking_hold_launch_id_booking_launch FOREIGN KEY(launch_id) REFERENCES booking_launch (id),
    CONSTRAINT uq_booking_hold_secret_hash UNIQUE (secret_hash)
)
-- next
CREATE INDEX ix_booking_hold_client_hash_created_at ON booking_hold (client_hash, created_at)
-- next
CREATE INDEX ix_booking_hold_launch_id ON booking_hold (launch_id)
-- next
CREATE TABLE manage_link (
    id BIGINT NOT NULL,
    token_hash TEXT NOT NULL,
    chain_id BIGINT NOT NULL,
    contact_id BIGINT,
    purpose TEXT NOT NULL,
    channel TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by_kind TEXT NOT NULL,
    created_by_id BIGINT NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_manage_link PRIMARY KEY (id),
    CONSTRAINT ck_manage_link_purpose CHECK (purpose IN ('forms', 'manage')),
    CONSTRAINT uq_manage_link_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_manage_link_chain_id_appointment FOREIGN KEY(chain_id) REFERENCES appointment (id),
    CONSTRAINT fk_manage_link_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
-- next
CREATE INDEX ix_manage_link_chain_id ON manage_link (chain_id, id)
-- next
CREATE TABLE manage_session (
    token_hash TEXT NOT NULL,
    link_id BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_manage_session PRIMARY KEY (token_hash),
    CONSTRAINT fk_manage_session_link_id_manage_link FOREIGN KEY(link_id) REFERENCES manage_link (id)
)
-- next
CREATE INDEX ix_manage_session_link_id ON manage_session (link_id)
-- next
CREATE TABLE counter_offer (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    request_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    message_id BIGINT,
    moved_id BIGINT,
    chosen_id BIGINT,
    state TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by_id BIGINT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_counter_offer PRIMARY KEY (id),
    CONSTRAINT ck_counter_offer_state CHECK (state IN ('accepted', 'declined', 'expired', 'open', 'withdrawn')),
    CONSTRAINT ck_counter_offer_decided CHECK ((state = 'open') = (decided_at IS NULL)),
    CONSTRAINT ck_counter_offer_chosen CHECK ((state = 'accepted') = (chosen_id IS NOT NULL)),
    CONSTRAINT fk_counter_offer_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
    CONSTRAINT fk_counter_offer_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
    CONSTRAINT fk_counter_offer_message_id_message FOREIGN KEY(message_id) REFERENCES message (id),
    CONSTRAINT fk_counter_offer_moved_id_appointment FOREIGN KEY(moved_id) REFERENCES appointment (id),
    CONSTRAINT fk_counter_offer_chosen_id_appointment FOREIGN KEY(chosen_id) REFERENCES appointment (id)
)
-- next
CREATE INDEX ix_counter_offer_expires_at ON counter_offer (expires_at) WHERE state = 'open'
-- next
CREATE INDEX ix_counter_offer_request_id ON counter_offer (request_id, id)
-- next
CREATE UNIQUE INDEX uq_counter_offer_request_id_open ON counter_offer (request_id) WHERE state = 'open'
-- next
CREATE TABLE counter_offer_slot (
    offer_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    hold_id BIGINT NOT NULL,
    CONSTRAINT pk_counter_offer_slot PRIMARY KEY (offer_id, position),
    CONSTRAINT ck_counter_offer_slot_position CHECK (position BETWEEN 1 AND 3),
    CONSTRAINT fk_counter_offer_slot_offer_id_counter_offer FOREIGN KEY(offer_id) REFERENCES counter_offer (id),
    CONSTRAINT uq_counter_offer_slot_hold_id UNIQUE (hold_id),
    CONSTRAINT fk_counter_offer_slot_hold_id_appointment FOREIGN KEY(hold_id) REFERENCES appointment (id)
)
-- next
CREATE TABLE request_seen (
    request_id BIGINT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_request_seen PRIMARY KEY (request_id),
    CONSTRAINT fk_request_seen_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
-- next
CREATE TABLE questionnaire (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    name TEXT NOT NULL,
    name_es TEXT NOT NULL,
    position INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_questionnaire PRIMARY KEY (id),
    CONSTRAINT uq_questionnaire_name UNIQUE (name)
)
-- next
CREATE TABLE question (
    id BIGINT NOT NULL,
    questionnaire_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    text_es TEXT NOT NULL,
    options TEXT NOT NULL,
    required BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_question PRIMARY KEY (id),
    CONSTRAINT ck_question_kind CHECK (kind IN ('choice', 'consent', 'date', 'number', 'text', 'yes_no')),
    CONSTRAINT ck_question_text_octets CHECK (octet_length(text) <= 2000),
    CONSTRAINT ck_question_text_es_octets CHECK (octet_length(text_es) <= 2000),
    CONSTRAINT fk_question_questionnaire_id_questionnaire FOREIGN KEY(questionnaire_id) REFERENCES questionnaire (id)
)
-- next
CREATE INDEX ix_question_questionnaire_id ON question (questionnaire_id)
-- next
CREATE TABLE appointment_type_questionnaire (
    type_id BIGINT NOT NULL,
    questionnaire_id BIGINT NOT NULL,
    CONSTRAINT pk_appointment_type_questionnaire PRIMARY KEY (type_id, questionnaire_id),
    CONSTRAINT fk_appointment_type_questionnaire_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
    CONSTRAINT fk_appointment_type_questionnaire_questionnaire_id_ques_d9f1 FOREIGN KEY(questionnaire_id) REFERENCES questionnaire (id)
)
-- next
CREATE TABLE questionnaire_response (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    chain_id BIGINT NOT NULL,
    questionnaire_id BIGINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    completed_by_kind TEXT,
    completed_by_id BIGINT,
    CONSTRAINT pk_questionnaire_response PRIMARY KEY (id),
    CONSTRAINT uq_questionnaire_response_chain_id_questionnaire_id UNIQUE (chain_id, questionnaire_id),
    CONSTRAINT fk_questionnaire_response_chain_id_appointment FOREIGN KEY(chain_id) REFERENCES appointment (id),
    CONSTRAINT fk_questionnaire_response_questionnaire_id_questionnaire FOREIGN KEY(questionnaire_id) REFERENCES questionnaire (id)
)
-- next
CREATE TABLE questionnaire_answer (
    response_id BIGINT NOT NULL,
    question_id BIGINT NOT NULL,
    value TEXT NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_by_kind TEXT NOT NULL,
    answered_by_id BIGINT NOT NULL,
    CONSTRAINT pk_questionnaire_answer PRIMARY KEY (response_id, question_id),
    CONSTRAINT ck_questionnaire_answer_value_octets CHECK (octet_length(value) <= 16000),
    CONSTRAINT fk_questionnaire_answer_response_id_questionnaire_response FOREIGN KEY(response_id) REFERENCES questionnaire_response (id),
    CONSTRAINT fk_questionnaire_answer_question_id_question FOREIGN KEY(question_id) REFERENCES question (id)
)
-- next
CREATE INDEX ix_questionnaire_answer_question_id ON questionnaire_answer (question_id)
-- next
CREATE TABLE attachment (
    id BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    chain_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content BYTEA NOT NULL,
    check_state TEXT NOT NULL,
    released_reason TEXT NOT NULL,
    added_by_id BIGINT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_attachment PRIMARY KEY (id),
    CONSTRAINT ck_attachment_check_state CHECK (check_state IN ('clean', 'failed', 'infected', 'unchecked')),
    CONSTRAINT ck_attachment_name_octets CHECK (octet_length(name) <= 400),
    CONSTRAINT ck_attachment_released_reason_octets CHECK (octet_length(released_reason) <= 2000),
    CONSTRAINT fk_attachment_chain_id_appointment FOREIGN KEY(chain_id) REFERENCES appointment (id),
    CONSTRAINT fk_attachment_added_by_id_staff FOREIGN KEY(added_by_id) REFERENCES staff (id)
)
-- next
CREATE INDEX ix_attachment_chain_id ON attachment (chain_id)
