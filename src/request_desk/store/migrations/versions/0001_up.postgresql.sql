CREATE EXTENSION IF NOT EXISTS btree_gist
-- next
CREATE TABLE appointment_type (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	name TEXT NOT NULL,
	short_name TEXT NOT NULL,
	duration_minutes INTEGER NOT NULL,
	buffer_minutes INTEGER NOT NULL,
	hold_minutes INTEGER NOT NULL,
	offer_minutes INTEGER NOT NULL,
	notice_minutes INTEGER NOT NULL,
	reschedule_notice_minutes INTEGER NOT NULL,
	cancel_notice_minutes INTEGER NOT NULL,
	late_cancel_minutes INTEGER NOT NULL,
	advance_days INTEGER NOT NULL,
	grid_minutes INTEGER NOT NULL,
	rebooking_mode TEXT NOT NULL,
	position INTEGER NOT NULL,
	active BOOLEAN NOT NULL,
	notice_days INTEGER NOT NULL,
	reschedule_notice_days INTEGER NOT NULL,
	cancel_notice_days INTEGER NOT NULL,
	CONSTRAINT pk_appointment_type PRIMARY KEY (id),
	CONSTRAINT ck_appointment_type_days CHECK (notice_days >= 0 AND reschedule_notice_days >= 0 AND cancel_notice_days >= 0 AND notice_minutes * notice_days = 0 AND reschedule_notice_minutes * reschedule_notice_days = 0 AND cancel_notice_minutes * cancel_notice_days = 0),
	CONSTRAINT ck_appointment_type_duration CHECK (duration_minutes BETWEEN 5 AND 480),
	CONSTRAINT ck_appointment_type_grid CHECK (grid_minutes BETWEEN 5 AND 240 AND grid_minutes % 5 = 0),
	CONSTRAINT ck_appointment_type_hold CHECK (hold_minutes BETWEEN 1 AND 1440),
	CONSTRAINT ck_appointment_type_signs CHECK (buffer_minutes >= 0 AND notice_minutes >= 0 AND reschedule_notice_minutes >= 0 AND cancel_notice_minutes >= 0 AND advance_days > 0),
	CONSTRAINT ck_appointment_type_rebooking_mode CHECK (rebooking_mode IN ('any_provider', 'same_provider')),
	CONSTRAINT uq_appointment_type_name UNIQUE (name)
)
-- next
CREATE TABLE challenge (
	id BIGINT NOT NULL,
	reference TEXT NOT NULL,
	contact_id BIGINT,
	contact_point_id BIGINT,
	browser_hash TEXT NOT NULL,
	code_hash TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	attempts INTEGER NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_challenge PRIMARY KEY (id),
	CONSTRAINT uq_challenge_reference UNIQUE (reference)
)
-- next
CREATE INDEX ix_challenge_contact_id_created_at ON challenge (contact_id, created_at)
-- next
CREATE TABLE command (
	id TEXT NOT NULL,
	actor_id BIGINT NOT NULL,
	function TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	answer TEXT NOT NULL,
	CONSTRAINT pk_command PRIMARY KEY (id)
)
-- next
CREATE TABLE contact (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	given_name TEXT NOT NULL,
	family_name TEXT NOT NULL,
	language TEXT NOT NULL,
	search TEXT NOT NULL,
	active BOOLEAN NOT NULL,
	opted_out BOOLEAN NOT NULL,
	CONSTRAINT pk_contact PRIMARY KEY (id)
)
-- next
CREATE TABLE journal (
	seq BIGINT GENERATED ALWAYS AS IDENTITY,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	actor_kind TEXT NOT NULL,
	actor_id BIGINT NOT NULL,
	desk TEXT NOT NULL,
	action TEXT NOT NULL,
	topic TEXT NOT NULL,
	entity_id BIGINT NOT NULL,
	detail TEXT,
	command_id TEXT NOT NULL,
	broadcast BOOLEAN NOT NULL,
	CONSTRAINT pk_journal PRIMARY KEY (seq)
)
-- next
CREATE INDEX ix_journal_entity_id_topic_seq ON journal (entity_id, topic, seq)
-- next
CREATE TABLE lease (
	name TEXT NOT NULL,
	owner TEXT NOT NULL,
	until TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_lease PRIMARY KEY (name)
)
-- next
CREATE TABLE location (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	name TEXT NOT NULL,
	zone TEXT NOT NULL,
	address TEXT NOT NULL,
	phone TEXT NOT NULL,
	position INTEGER NOT NULL,
	active BOOLEAN NOT NULL,
	CONSTRAINT pk_location PRIMARY KEY (id),
	CONSTRAINT uq_location_name UNIQUE (name)
)
-- next
CREATE TABLE open_count (
	target_id BIGSERIAL NOT NULL,
	count INTEGER NOT NULL,
	CONSTRAINT pk_open_count PRIMARY KEY (target_id)
)
-- next
CREATE TABLE patient (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	given_name TEXT NOT NULL,
	family_name TEXT NOT NULL,
	birth_day DATE NOT NULL,
	household_id BIGINT NOT NULL,
	search TEXT NOT NULL,
	custody_note TEXT NOT NULL,
	active BOOLEAN NOT NULL,
	deceased BOOLEAN NOT NULL,
	merged_into_id BIGINT,
	CONSTRAINT pk_patient PRIMARY KEY (id),
	CONSTRAINT fk_patient_merged_into_id_patient FOREIGN KEY(merged_into_id) REFERENCES patient (id)
)
-- next
CREATE INDEX ix_patient_birth_day ON patient (birth_day)
-- next
CREATE INDEX ix_patient_family_name_id ON patient (family_name, id)
-- next
CREATE INDEX ix_patient_household_id ON patient (household_id)
-- next
CREATE TABLE practice (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	settings TEXT NOT NULL,
	CONSTRAINT pk_practice PRIMARY KEY (id),
	CONSTRAINT ck_practice_one_row CHECK (id = 1)
)
-- next
CREATE TABLE provider (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	name TEXT NOT NULL,
	short_name TEXT NOT NULL,
	mobile_phone TEXT NOT NULL,
	position INTEGER NOT NULL,
	active BOOLEAN NOT NULL,
	CONSTRAINT pk_provider PRIMARY KEY (id)
)
-- next
CREATE TABLE throttle (
	id BIGINT NOT NULL,
	subject TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_throttle PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_throttle_subject_at ON throttle (subject, at)
-- next
CREATE TABLE absence (
	id BIGINT NOT NULL,
	provider_id BIGINT NOT NULL,
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	label TEXT NOT NULL,
	CONSTRAINT pk_absence PRIMARY KEY (id),
	CONSTRAINT ck_absence_order CHECK (starts_at < ends_at),
	CONSTRAINT fk_absence_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
-- next
CREATE INDEX ix_absence_provider_id_starts_at ON absence (provider_id, starts_at)
-- next
CREATE TABLE appointment (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	chain_id BIGINT NOT NULL,
	replaces_id BIGINT,
	patient_id BIGINT NOT NULL,
	provider_id BIGINT NOT NULL,
	location_id BIGINT NOT NULL,
	type_id BIGINT NOT NULL,
	lane INTEGER NOT NULL,
	status TEXT NOT NULL,
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	blocks_from TIMESTAMP WITH TIME ZONE NOT NULL,
	blocks_until TIMESTAMP WITH TIME ZONE NOT NULL,
	hold_expires_at TIMESTAMP WITH TIME ZONE,
	held_by_id BIGINT,
	request_id BIGINT,
	released_at TIMESTAMP WITH TIME ZONE,
	cancel_code TEXT NOT NULL,
	cancel_text TEXT NOT NULL,
	late_cancel BOOLEAN NOT NULL,
	overrule TEXT NOT NULL,
	booked_by_kind TEXT NOT NULL,
	booked_by_id BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	visible_at TIMESTAMP WITH TIME ZONE NOT NULL,
	zone TEXT NOT NULL,
	wall_time TEXT NOT NULL,
	CONSTRAINT pk_appointment PRIMARY KEY (id),
	CONSTRAINT ck_appointment_status CHECK (status IN ('cancelled', 'completed', 'confirmed', 'expired', 'held', 'no_show')),
	CONSTRAINT ck_appointment_order CHECK (starts_at < ends_at),
	CONSTRAINT ck_appointment_blocks CHECK (blocks_from <= starts_at AND blocks_until >= ends_at),
	CONSTRAINT ck_appointment_length CHECK (blocks_until - blocks_from <= interval '12 hours'),
	CONSTRAINT ck_appointment_hold_expires CHECK ((status = 'held') = (hold_expires_at IS NOT NULL)),
	CONSTRAINT ck_appointment_cancel_reason CHECK (status <> 'cancelled' OR cancel_code <> ''),
	CONSTRAINT ck_appointment_lane CHECK (lane >= 0),
	CONSTRAINT ck_appointment_cancel_text_octets CHECK (octet_length(cancel_text) <= 2000),
	CONSTRAINT fk_appointment_replaces_id_appointment FOREIGN KEY(replaces_id) REFERENCES appointment (id),
	CONSTRAINT fk_appointment_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
	CONSTRAINT fk_appointment_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
	CONSTRAINT fk_appointment_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
	CONSTRAINT fk_appointment_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id)
)
-- next
CREATE INDEX ix_appointment_blocking ON appointment (provider_id, lane, blocks_from, blocks_until) WHERE status IN ('held', 'confirmed')
-- next
CREATE INDEX ix_appointment_chain_id ON appointment (chain_id)
-- next
CREATE INDEX ix_appointment_hold_expires_at ON appointment (hold_expires_at) WHERE status = 'held'
-- next
CREATE INDEX ix_appointment_patient_id_starts_at ON appointment (patient_id, starts_at)
-- next
CREATE INDEX ix_appointment_provider_id_starts_at ON appointment (provider_id, starts_at)
-- next
CREATE INDEX ix_appointment_released_at ON appointment (released_at) WHERE status = 'cancelled'
-- next
CREATE INDEX ix_appointment_request_id ON appointment (request_id)
-- next
CREATE INDEX ix_appointment_starts_at_id ON appointment (starts_at, id)
-- next
CREATE UNIQUE INDEX uq_appointment_chain_id_status ON appointment (chain_id, status) WHERE status IN ('held', 'confirmed')
-- next
CREATE UNIQUE INDEX uq_appointment_replaces_id ON appointment (replaces_id) WHERE replaces_id IS NOT NULL
-- next
CREATE TABLE appointment_type_provider (
	type_id BIGINT NOT NULL,
	provider_id BIGINT NOT NULL,
	CONSTRAINT pk_appointment_type_provider PRIMARY KEY (type_id, provider_id),
	CONSTRAINT fk_appointment_type_provider_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
	CONSTRAINT fk_appointment_type_provider_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
-- next
CREATE TABLE availability_window (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	provider_id BIGINT NOT NULL,
	location_id BIGINT NOT NULL,
	weekday INTEGER NOT NULL,
	start_minute INTEGER NOT NULL,
	end_minute INTEGER NOT NULL,
	buffer_minutes INTEGER,
	valid_from DATE,
	valid_until DATE,
	active BOOLEAN NOT NULL,
	staff_only BOOLEAN NOT NULL,
	label TEXT NOT NULL,
	opens_minutes INTEGER,
	cap INTEGER,
	work_in_lanes INTEGER NOT NULL,
	CONSTRAINT pk_availability_window PRIMARY KEY (id),
	CONSTRAINT ck_availability_window_weekday CHECK (weekday BETWEEN 0 AND 6),
	CONSTRAINT ck_availability_window_minutes CHECK (start_minute BETWEEN 0 AND 1439 AND start_minute < end_minute AND end_minute <= start_minute + 1440),
	CONSTRAINT fk_availability_window_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
	CONSTRAINT fk_availability_window_location_id_location FOREIGN KEY(location_id) REFERENCES location (id)
)
-- next
CREATE INDEX ix_availability_window_provider_id ON availability_window (provider_id)
-- next
CREATE TABLE contact_patient (
	contact_id BIGINT NOT NULL,
	patient_id BIGINT NOT NULL,
	relation TEXT NOT NULL,
	may_book BOOLEAN NOT NULL,
	may_see_messages BOOLEAN NOT NULL,
	gets_notices BOOLEAN NOT NULL,
	valid_until DATE,
	CONSTRAINT pk_contact_patient PRIMARY KEY (contact_id, patient_id),
	CONSTRAINT fk_contact_patient_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
	CONSTRAINT fk_contact_patient_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id)
)
-- next
CREATE INDEX ix_contact_patient_patient_id ON contact_patient (patient_id)
-- next
CREATE TABLE contact_point (
	id BIGINT NOT NULL,
	contact_id BIGINT NOT NULL,
	channel TEXT NOT NULL,
	value TEXT NOT NULL,
	lookup TEXT NOT NULL,
	verified_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_contact_point PRIMARY KEY (id),
	CONSTRAINT ck_contact_point_channel CHECK (channel IN ('email', 'phone')),
	CONSTRAINT fk_contact_point_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
-- next
CREATE INDEX ix_contact_point_contact_id ON contact_point (contact_id)
-- next
CREATE INDEX ix_contact_point_lookup ON contact_point (lookup)
-- next
CREATE TABLE department (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	name TEXT NOT NULL,
	location_id BIGINT,
	active BOOLEAN NOT NULL,
	CONSTRAINT pk_department PRIMARY KEY (id),
	CONSTRAINT uq_department_name UNIQUE (name),
	CONSTRAINT fk_department_location_id_location FOREIGN KEY(location_id) REFERENCES location (id)
)
-- next
CREATE TABLE portal_session (
	token_hash TEXT NOT NULL,
	contact_id BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_portal_session PRIMARY KEY (token_hash),
	CONSTRAINT fk_portal_session_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
-- next
CREATE INDEX ix_portal_session_contact_id ON portal_session (contact_id)
-- next
CREATE TABLE provider_location (
	provider_id BIGINT NOT NULL,
	location_id BIGINT NOT NULL,
	CONSTRAINT pk_provider_location PRIMARY KEY (provider_id, location_id),
	CONSTRAINT fk_provider_location_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
	CONSTRAINT fk_provider_location_location_id_location FOREIGN KEY(location_id) REFERENCES location (id)
)
-- next
CREATE TABLE staff (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	login TEXT NOT NULL,
	name TEXT NOT NULL,
	initials TEXT NOT NULL,
	roles TEXT NOT NULL,
	provider_id BIGINT,
	active BOOLEAN NOT NULL,
	password_hash TEXT NOT NULL,
	must_change BOOLEAN NOT NULL,
	code_hash TEXT NOT NULL,
	code_expires_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_staff PRIMARY KEY (id),
	CONSTRAINT ck_staff_administrator_active CHECK (login <> '$AD' OR active),
	CONSTRAINT uq_staff_login UNIQUE (login),
	CONSTRAINT uq_staff_provider_id UNIQUE (provider_id),
	CONSTRAINT fk_staff_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
-- next
CREATE TABLE availability_window_type (
	window_id BIGINT NOT NULL,
	type_id BIGINT NOT NULL,
	CONSTRAINT pk_availability_window_type PRIMARY KEY (window_id, type_id),
	CONSTRAINT fk_availability_window_type_window_id_availability_window FOREIGN KEY(window_id) REFERENCES availability_window (id),
	CONSTRAINT fk_availability_window_type_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id)
)
-- next
CREATE TABLE department_member (
	department_id BIGINT NOT NULL,
	staff_id BIGINT NOT NULL,
	CONSTRAINT pk_department_member PRIMARY KEY (department_id, staff_id),
	CONSTRAINT fk_department_member_department_id_department FOREIGN KEY(department_id) REFERENCES department (id),
	CONSTRAINT fk_department_member_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE INDEX ix_department_member_staff_id ON department_member (staff_id)
-- next
CREATE TABLE outbox (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	reference TEXT NOT NULL,
	kind TEXT NOT NULL,
	channel TEXT NOT NULL,
	contact_id BIGINT NOT NULL,
	contact_point_id BIGINT,
	request_id BIGINT,
	appointment_id BIGINT,
	challenge_id BIGINT,
	payload TEXT NOT NULL,
	dedupe_key TEXT NOT NULL,
	state TEXT NOT NULL,
	not_before TIMESTAMP WITH TIME ZONE NOT NULL,
	attempts INTEGER NOT NULL,
	lease_owner TEXT NOT NULL,
	lease_until TIMESTAMP WITH TIME ZONE,
	error TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_outbox PRIMARY KEY (id),
	CONSTRAINT ck_outbox_state CHECK (state IN ('failed', 'pending', 'sent', 'withdrawn')),
	CONSTRAINT ck_outbox_channel CHECK (channel IN ('email')),
	CONSTRAINT fk_outbox_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
	CONSTRAINT fk_outbox_contact_point_id_contact_point FOREIGN KEY(contact_point_id) REFERENCES contact_point (id)
)
-- next
CREATE INDEX ix_outbox_due ON outbox (not_before, id) WHERE state = 'pending'
-- next
CREATE INDEX ix_outbox_failed ON outbox (id) WHERE state = 'failed'
-- next
CREATE UNIQUE INDEX uq_outbox_dedupe_key ON outbox (dedupe_key) WHERE request_id IS NULL
-- next
CREATE UNIQUE INDEX uq_outbox_request_id_dedupe_key ON outbox (request_id, dedupe_key)
-- next
CREATE TABLE phrase (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	slug TEXT NOT NULL,
	title TEXT NOT NULL,
	kind TEXT NOT NULL,
	outcome TEXT NOT NULL,
	language TEXT NOT NULL,
	grouping TEXT NOT NULL,
	position INTEGER NOT NULL,
	body TEXT NOT NULL,
	prompts TEXT NOT NULL,
	staff_id BIGINT,
	shipped BOOLEAN NOT NULL,
	active BOOLEAN NOT NULL,
	CONSTRAINT pk_phrase PRIMARY KEY (id),
	CONSTRAINT uq_phrase_slug_language_staff_id UNIQUE (slug, language, staff_id),
	CONSTRAINT ck_phrase_body_octets CHECK (octet_length(body) <= 8192),
	CONSTRAINT fk_phrase_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE TABLE request (
	id BIGINT NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	reference TEXT NOT NULL,
	submission_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	contact_id BIGINT NOT NULL,
	patient_id BIGINT NOT NULL,
	household_id BIGINT NOT NULL,
	type_id BIGINT,
	provider_id BIGINT,
	location_id BIGINT,
	appointment_id BIGINT,
	target_kind TEXT NOT NULL,
	target_id BIGINT NOT NULL,
	target_origin TEXT NOT NULL,
	routing_reason TEXT NOT NULL,
	urgent BOOLEAN NOT NULL,
	arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	needed_at TIMESTAMP WITH TIME ZONE,
	waiting_until TIMESTAMP WITH TIME ZONE,
	visible_at TIMESTAMP WITH TIME ZONE NOT NULL,
	completed_at TIMESTAMP WITH TIME ZONE,
	completed_by_id BIGINT,
	completion_reason TEXT NOT NULL,
	CONSTRAINT pk_request PRIMARY KEY (id),
	CONSTRAINT ck_request_kind CHECK (kind IN ('cancel', 'reschedule', 'schedule')),
	CONSTRAINT ck_request_state CHECK (state IN ('completed', 'open', 'waiting', 'withdrawn')),
	CONSTRAINT ck_request_target_kind CHECK (target_kind IN ('department', 'staff')),
	CONSTRAINT ck_request_target_origin CHECK (target_origin IN ('auto', 'forwarded')),
	CONSTRAINT ck_request_completed CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
	CONSTRAINT uq_request_reference UNIQUE (reference),
	CONSTRAINT uq_request_submission_id UNIQUE (submission_id),
	CONSTRAINT fk_request_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
	CONSTRAINT fk_request_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
	CONSTRAINT fk_request_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
	CONSTRAINT fk_request_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
	CONSTRAINT fk_request_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
	CONSTRAINT fk_request_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id)
)
-- next
CREATE INDEX ix_request_appointment_id ON request (appointment_id)
-- next
CREATE INDEX ix_request_completed_at_id ON request (completed_at, id) WHERE state = 'completed'
-- next
CREATE INDEX ix_request_contact_id ON request (contact_id)
-- next
CREATE INDEX ix_request_household_id_arrived_at ON request (household_id, arrived_at)
-- next
CREATE INDEX ix_request_open_target ON request (target_id, id) WHERE state = 'open'
-- next
CREATE INDEX ix_request_patient_id ON request (patient_id)
-- next
CREATE INDEX ix_request_waiting_target ON request (target_id, id) WHERE state = 'waiting'
-- next
CREATE TABLE staff_preference (
	staff_id BIGINT NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_staff_preference PRIMARY KEY (staff_id, key),
	CONSTRAINT fk_staff_preference_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE TABLE staff_session (
	token_hash TEXT NOT NULL,
	staff_id BIGINT NOT NULL,
	desk TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	revoked_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_staff_session PRIMARY KEY (token_hash),
	CONSTRAINT fk_staff_session_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE INDEX ix_staff_session_staff_id ON staff_session (staff_id)
-- next
CREATE TABLE claim (
	request_id BIGINT NOT NULL,
	staff_id BIGINT NOT NULL,
	desk TEXT NOT NULL,
	since TIMESTAMP WITH TIME ZONE NOT NULL,
	until TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_claim PRIMARY KEY (request_id),
	CONSTRAINT fk_claim_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_claim_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE TABLE draft (
	staff_id BIGINT NOT NULL,
	request_id BIGINT NOT NULL,
	body TEXT NOT NULL,
	phrase TEXT NOT NULL,
	state TEXT NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_draft PRIMARY KEY (staff_id, request_id),
	CONSTRAINT ck_draft_body_octets CHECK (octet_length(body) <= 40000),
	CONSTRAINT fk_draft_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id),
	CONSTRAINT fk_draft_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
-- next
CREATE TABLE forward (
	id BIGINT NOT NULL,
	request_id BIGINT NOT NULL,
	staff_id BIGINT NOT NULL,
	from_kind TEXT NOT NULL,
	from_id BIGINT NOT NULL,
	to_kind TEXT NOT NULL,
	to_id BIGINT NOT NULL,
	note TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	undone_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_forward PRIMARY KEY (id),
	CONSTRAINT ck_forward_note_octets CHECK (octet_length(note) <= 4000),
	CONSTRAINT fk_forward_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
-- next
CREATE INDEX ix_forward_request_id ON forward (request_id)
-- next
CREATE INDEX ix_forward_staff_id_id ON forward (staff_id, id)
-- next
CREATE TABLE message (
	id BIGINT NOT NULL,
	request_id BIGINT NOT NULL,
	author_kind TEXT NOT NULL,
	author_id BIGINT NOT NULL,
	body TEXT NOT NULL,
	language TEXT NOT NULL,
	phrase TEXT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	visible_at TIMESTAMP WITH TIME ZONE NOT NULL,
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_message PRIMARY KEY (id),
	CONSTRAINT ck_message_author_kind CHECK (author_kind IN ('contact', 'staff', 'system')),
	CONSTRAINT ck_message_body_octets CHECK (octet_length(body) <= 16000),
	CONSTRAINT fk_message_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
-- next
CREATE INDEX ix_message_request_id_id ON message (request_id, id)
-- next
CREATE TABLE message_search (
	id BIGINT NOT NULL,
	request_id BIGINT NOT NULL,
	body TEXT NOT NULL,
	scope TEXT NOT NULL,
	CONSTRAINT pk_message_search PRIMARY KEY (id),
	CONSTRAINT fk_message_search_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
-- next
CREATE TABLE request_mark (
	request_id BIGINT NOT NULL,
	staff_id BIGINT NOT NULL,
	read_at TIMESTAMP WITH TIME ZONE,
	dismissed_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_request_mark PRIMARY KEY (request_id, staff_id),
	CONSTRAINT fk_request_mark_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_request_mark_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE INDEX ix_request_mark_dismissed ON request_mark (staff_id, request_id) WHERE dismissed_at IS NOT NULL
-- next
CREATE TABLE request_wish (
	request_id BIGINT NOT NULL,
	rank INTEGER NOT NULL,
	kind TEXT NOT NULL,
	provider_id BIGINT,
	starts_at TIMESTAMP WITH TIME ZONE,
	day DATE,
	part TEXT,
	CONSTRAINT pk_request_wish PRIMARY KEY (request_id, rank),
	CONSTRAINT ck_request_wish_kind CHECK (kind IN ('day_part', 'next', 'slot')),
	CONSTRAINT ck_request_wish_shape CHECK ((kind = 'slot') = (starts_at IS NOT NULL) AND (kind = 'day_part') = (day IS NOT NULL AND part IS NOT NULL)),
	CONSTRAINT ck_request_wish_rank CHECK (rank BETWEEN 1 AND 9),
	CONSTRAINT fk_request_wish_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_request_wish_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
-- next
CREATE TABLE staff_note (
	id BIGINT NOT NULL,
	request_id BIGINT NOT NULL,
	staff_id BIGINT NOT NULL,
	body TEXT NOT NULL,
	call TEXT,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_staff_note PRIMARY KEY (id),
	CONSTRAINT ck_staff_note_call CHECK (call IN ('no_answer', 'spoke', 'voicemail')),
	CONSTRAINT ck_staff_note_body_octets CHECK (octet_length(body) <= 16000),
	CONSTRAINT fk_staff_note_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_staff_note_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
-- next
CREATE INDEX ix_staff_note_request_id ON staff_note (request_id)
-- next
ALTER TABLE appointment ADD CONSTRAINT ex_appointment_overlap EXCLUDE USING gist (provider_id WITH =, lane WITH =, tstzrange(blocks_from, blocks_until, '[)') WITH &&, chain_id WITH <>) WHERE (status IN ('held', 'confirmed'))
-- next
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% rows are never changed this way', TG_TABLE_NAME; END $$
-- next
CREATE TRIGGER appointment_no_delete BEFORE DELETE OR TRUNCATE ON appointment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
-- next
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
-- next
CREATE FUNCTION count_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' AND OLD.state = 'open' AND (NEW.state <> 'open' OR OLD.target_id <> NEW.target_id) THEN UPDATE open_count SET count = count - 1 WHERE target_id = OLD.target_id; END IF; IF NEW.state = 'open' AND (TG_OP = 'INSERT' OR OLD.state <> 'open' OR OLD.target_id <> NEW.target_id) THEN INSERT INTO open_count AS c (target_id, count) VALUES (NEW.target_id, 1) ON CONFLICT (target_id) DO UPDATE SET count = c.count + 1; END IF; RETURN NULL; END $$
-- next
CREATE TRIGGER request_open AFTER INSERT OR UPDATE OF state, target_id ON request FOR EACH ROW EXECUTE FUNCTION count_open()
-- next
CREATE INDEX ix_message_search_words ON message_search USING gin (to_tsvector('simple', body))
-- next
CREATE INDEX ix_message_search_scope_id ON message_search (scope, id)
