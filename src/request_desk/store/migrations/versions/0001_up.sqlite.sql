CREATE TABLE appointment_type (
	id INTEGER NOT NULL,
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
	active INTEGER NOT NULL,
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
 STRICT
-- next
CREATE TABLE challenge (
	id INTEGER NOT NULL,
	reference TEXT NOT NULL,
	contact_id INTEGER,
	contact_point_id INTEGER,
	browser_hash TEXT NOT NULL,
	code_hash TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	used_at INTEGER,
	CONSTRAINT pk_challenge PRIMARY KEY (id),
	CONSTRAINT uq_challenge_reference UNIQUE (reference)
)
 STRICT
-- next
CREATE INDEX ix_challenge_contact_id_created_at ON challenge (contact_id, created_at)
-- next
CREATE TABLE command (
	id TEXT NOT NULL,
	actor_id INTEGER NOT NULL,
	function TEXT NOT NULL,
	at INTEGER NOT NULL,
	answer TEXT NOT NULL,
	CONSTRAINT pk_command PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE contact (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	given_name TEXT NOT NULL,
	family_name TEXT NOT NULL,
	language TEXT NOT NULL,
	search TEXT NOT NULL,
	active INTEGER NOT NULL,
	opted_out INTEGER NOT NULL,
	CONSTRAINT pk_contact PRIMARY KEY (id)
)
 STRICT
-- next
CREATE TABLE journal (
	seq INTEGER NOT NULL,
	at INTEGER NOT NULL,
	actor_kind TEXT NOT NULL,
	actor_id INTEGER NOT NULL,
	desk TEXT NOT NULL,
	action TEXT NOT NULL,
	topic TEXT NOT NULL,
	entity_id INTEGER NOT NULL,
	detail TEXT,
	command_id TEXT NOT NULL,
	broadcast INTEGER NOT NULL,
	CONSTRAINT pk_journal PRIMARY KEY (seq)
)
 STRICT
-- next
CREATE INDEX ix_journal_entity_id_topic_seq ON journal (entity_id, topic, seq)
-- next
CREATE TABLE lease (
	name TEXT NOT NULL,
	owner TEXT NOT NULL,
	until INTEGER NOT NULL,
	CONSTRAINT pk_lease PRIMARY KEY (name)
)
 STRICT
-- next
CREATE TABLE location (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	name TEXT NOT NULL,
	zone TEXT NOT NULL,
	address TEXT NOT NULL,
	phone TEXT NOT NULL,
	position INTEGER NOT NULL,
	active INTEGER NOT NULL,
	CONSTRAINT pk_location PRIMARY KEY (id),
	CONSTRAINT uq_location_name UNIQUE (name)
)
 STRICT
-- next
CREATE TABLE open_count (
	target_id INTEGER NOT NULL,
	count INTEGER NOT NULL,
	CONSTRAINT pk_open_count PRIMARY KEY (target_id)
)
 STRICT
-- next
CREATE TABLE patient (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	given_name TEXT NOT NULL,
	family_name TEXT NOT NULL,
	birth_day TEXT NOT NULL,
	household_id INTEGER NOT NULL,
	search TEXT NOT NULL,
	custody_note TEXT NOT NULL,
	active INTEGER NOT NULL,
	deceased INTEGER NOT NULL,
	merged_into_id INTEGER,
	CONSTRAINT pk_patient PRIMARY KEY (id),
	CONSTRAINT fk_patient_merged_into_id_patient FOREIGN KEY(merged_into_id) REFERENCES patient (id)
)
 STRICT
-- next
CREATE INDEX ix_patient_birth_day ON patient (birth_day)
-- next
CREATE INDEX ix_patient_family_name_id ON patient (family_name, id)
-- next
CREATE INDEX ix_patient_household_id ON patient (household_id)
-- next
CREATE TABLE practice (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	settings TEXT NOT NULL,
	CONSTRAINT pk_practice PRIMARY KEY (id),
	CONSTRAINT ck_practice_one_row CHECK (id = 1)
)
 STRICT
-- next
CREATE TABLE provider (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	name TEXT NOT NULL,
	short_name TEXT NOT NULL,
	mobile_phone TEXT NOT NULL,
	position INTEGER NOT NULL,
	active INTEGER NOT NULL,
	CONSTRAINT pk_provider PRIMARY KEY (id)
)
 STRICT
-- next
CREATE TABLE throttle (
	id INTEGER NOT NULL,
	subject TEXT NOT NULL,
	at INTEGER NOT NULL,
	CONSTRAINT pk_throttle PRIMARY KEY (id)
)
 STRICT
-- next
CREATE INDEX ix_throttle_subject_at ON throttle (subject, at)
-- next
CREATE TABLE absence (
	id INTEGER NOT NULL,
	provider_id INTEGER NOT NULL,
	starts_at INTEGER NOT NULL,
	ends_at INTEGER NOT NULL,
	label TEXT NOT NULL,
	CONSTRAINT pk_absence PRIMARY KEY (id),
	CONSTRAINT ck_absence_order CHECK (starts_at < ends_at),
	CONSTRAINT fk_absence_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
 STRICT
-- next
CREATE INDEX ix_absence_provider_id_starts_at ON absence (provider_id, starts_at)
-- next
CREATE TABLE appointment (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	chain_id INTEGER NOT NULL,
	replaces_id INTEGER,
	patient_id INTEGER NOT NULL,
	provider_id INTEGER NOT NULL,
	location_id INTEGER NOT NULL,
	type_id INTEGER NOT NULL,
	lane INTEGER NOT NULL,
	status TEXT NOT NULL,
	starts_at INTEGER NOT NULL,
	ends_at INTEGER NOT NULL,
	blocks_from INTEGER NOT NULL,
	blocks_until INTEGER NOT NULL,
	hold_expires_at INTEGER,
	held_by_id INTEGER,
	request_id INTEGER,
	released_at INTEGER,
	cancel_code TEXT NOT NULL,
	cancel_text TEXT NOT NULL,
	late_cancel INTEGER NOT NULL,
	overrule TEXT NOT NULL,
	booked_by_kind TEXT NOT NULL,
	booked_by_id INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	visible_at INTEGER NOT NULL,
	zone TEXT NOT NULL,
	wall_time TEXT NOT NULL,
	CONSTRAINT pk_appointment PRIMARY KEY (id),
	CONSTRAINT ck_appointment_status CHECK (status IN ('cancelled', 'completed', 'confirmed', 'expired', 'held', 'no_show')),
	CONSTRAINT ck_appointment_order CHECK (starts_at < ends_at),
	CONSTRAINT ck_appointment_blocks CHECK (blocks_from <= starts_at AND blocks_until >= ends_at),
	CONSTRAINT ck_appointment_length CHECK (blocks_until - blocks_from <= 43200000000),
	CONSTRAINT ck_appointment_hold_expires CHECK ((status = 'held') = (hold_expires_at IS NOT NULL)),
	CONSTRAINT ck_appointment_cancel_reason CHECK (status <> 'cancelled' OR cancel_code <> ''),
	CONSTRAINT ck_appointment_lane CHECK (lane >= 0),
	CONSTRAINT ck_appointment_cancel_text_octets CHECK (length(CAST(cancel_text AS BLOB)) <= 2000),
	CONSTRAINT fk_appointment_replaces_id_appointment FOREIGN KEY(replaces_id) REFERENCES appointment (id),
	CONSTRAINT fk_appointment_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
	CONSTRAINT fk_appointment_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
	CONSTRAINT fk_appointment_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
	CONSTRAINT fk_appointment_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id)
)
 STRICT
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
	type_id INTEGER NOT NULL,
	provider_id INTEGER NOT NULL,
	CONSTRAINT pk_appointment_type_provider PRIMARY KEY (type_id, provider_id),
	CONSTRAINT fk_appointment_type_provider_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
	CONSTRAINT fk_appointment_type_provider_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE availability_window (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	provider_id INTEGER NOT NULL,
	location_id INTEGER NOT NULL,
	weekday INTEGER NOT NULL,
	start_minute INTEGER NOT NULL,
	end_minute INTEGER NOT NULL,
	buffer_minutes INTEGER,
	valid_from TEXT,
	valid_until TEXT,
	active INTEGER NOT NULL,
	staff_only INTEGER NOT NULL,
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
 STRICT
-- next
CREATE INDEX ix_availability_window_provider_id ON availability_window (provider_id)
-- next
CREATE TABLE contact_patient (
	contact_id INTEGER NOT NULL,
	patient_id INTEGER NOT NULL,
	relation TEXT NOT NULL,
	may_book INTEGER NOT NULL,
	may_see_messages INTEGER NOT NULL,
	gets_notices INTEGER NOT NULL,
	valid_until TEXT,
	CONSTRAINT pk_contact_patient PRIMARY KEY (contact_id, patient_id),
	CONSTRAINT fk_contact_patient_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
	CONSTRAINT fk_contact_patient_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE INDEX ix_contact_patient_patient_id ON contact_patient (patient_id)
-- next
CREATE TABLE contact_point (
	id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL,
	channel TEXT NOT NULL,
	value TEXT NOT NULL,
	lookup TEXT NOT NULL,
	verified_at INTEGER,
	CONSTRAINT pk_contact_point PRIMARY KEY (id),
	CONSTRAINT ck_contact_point_channel CHECK (channel IN ('email', 'phone')),
	CONSTRAINT fk_contact_point_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
 STRICT
-- next
CREATE INDEX ix_contact_point_contact_id ON contact_point (contact_id)
-- next
CREATE INDEX ix_contact_point_lookup ON contact_point (lookup)
-- next
CREATE TABLE department (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	name TEXT NOT NULL,
	location_id INTEGER,
	active INTEGER NOT NULL,
	CONSTRAINT pk_department PRIMARY KEY (id),
	CONSTRAINT uq_department_name UNIQUE (name),
	CONSTRAINT fk_department_location_id_location FOREIGN KEY(location_id) REFERENCES location (id)
)
 STRICT
-- next
CREATE TABLE portal_session (
	token_hash TEXT NOT NULL,
	contact_id INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	last_seen_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	ended_at INTEGER,
	CONSTRAINT pk_portal_session PRIMARY KEY (token_hash),
	CONSTRAINT fk_portal_session_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
 STRICT
-- next
CREATE INDEX ix_portal_session_contact_id ON portal_session (contact_id)
-- next
CREATE TABLE provider_location (
	provider_id INTEGER NOT NULL,
	location_id INTEGER NOT NULL,
	CONSTRAINT pk_provider_location PRIMARY KEY (provider_id, location_id),
	CONSTRAINT fk_provider_location_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
	CONSTRAINT fk_provider_location_location_id_location FOREIGN KEY(location_id) REFERENCES location (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE staff (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	login TEXT NOT NULL,
	name TEXT NOT NULL,
	initials TEXT NOT NULL,
	roles TEXT NOT NULL,
	provider_id INTEGER,
	active INTEGER NOT NULL,
	password_hash TEXT NOT NULL,
	must_change INTEGER NOT NULL,
	code_hash TEXT NOT NULL,
	code_expires_at INTEGER,
	CONSTRAINT pk_staff PRIMARY KEY (id),
	CONSTRAINT ck_staff_administrator_active CHECK (login <> '$AD' OR active = 1),
	CONSTRAINT uq_staff_login UNIQUE (login),
	CONSTRAINT uq_staff_provider_id UNIQUE (provider_id),
	CONSTRAINT fk_staff_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
 STRICT
-- next
CREATE TABLE availability_window_type (
	window_id INTEGER NOT NULL,
	type_id INTEGER NOT NULL,
	CONSTRAINT pk_availability_window_type PRIMARY KEY (window_id, type_id),
	CONSTRAINT fk_availability_window_type_window_id_availability_window FOREIGN KEY(window_id) REFERENCES availability_window (id),
	CONSTRAINT fk_availability_window_type_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE department_member (
	department_id INTEGER NOT NULL,
	staff_id INTEGER NOT NULL,
	CONSTRAINT pk_department_member PRIMARY KEY (department_id, staff_id),
	CONSTRAINT fk_department_member_department_id_department FOREIGN KEY(department_id) REFERENCES department (id),
	CONSTRAINT fk_department_member_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE INDEX ix_department_member_staff_id ON department_member (staff_id)
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
CREATE INDEX ix_outbox_due ON outbox (not_before, id) WHERE state = 'pending'
-- next
CREATE INDEX ix_outbox_failed ON outbox (id) WHERE state = 'failed'
-- next
CREATE UNIQUE INDEX uq_outbox_dedupe_key ON outbox (dedupe_key) WHERE request_id IS NULL
-- next
CREATE UNIQUE INDEX uq_outbox_request_id_dedupe_key ON outbox (request_id, dedupe_key)
-- next
CREATE TABLE phrase (
	id INTEGER NOT NULL,
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
	staff_id INTEGER,
	shipped INTEGER NOT NULL,
	active INTEGER NOT NULL,
	CONSTRAINT pk_phrase PRIMARY KEY (id),
	CONSTRAINT uq_phrase_slug_language_staff_id UNIQUE (slug, language, staff_id),
	CONSTRAINT ck_phrase_body_octets CHECK (length(CAST(body AS BLOB)) <= 8192),
	CONSTRAINT fk_phrase_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 STRICT
-- next
CREATE TABLE request (
	id INTEGER NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	reference TEXT NOT NULL,
	submission_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	contact_id INTEGER NOT NULL,
	patient_id INTEGER NOT NULL,
	household_id INTEGER NOT NULL,
	type_id INTEGER,
	provider_id INTEGER,
	location_id INTEGER,
	appointment_id INTEGER,
	target_kind TEXT NOT NULL,
	target_id INTEGER NOT NULL,
	target_origin TEXT NOT NULL,
	routing_reason TEXT NOT NULL,
	urgent INTEGER NOT NULL,
	arrived_at INTEGER NOT NULL,
	due_at INTEGER NOT NULL,
	needed_at INTEGER,
	waiting_until INTEGER,
	visible_at INTEGER NOT NULL,
	completed_at INTEGER,
	completed_by_id INTEGER,
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
 STRICT
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
	staff_id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_staff_preference PRIMARY KEY (staff_id, "key"),
	CONSTRAINT fk_staff_preference_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE staff_session (
	token_hash TEXT NOT NULL,
	staff_id INTEGER NOT NULL,
	desk TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	last_seen_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	revoked_at INTEGER,
	CONSTRAINT pk_staff_session PRIMARY KEY (token_hash),
	CONSTRAINT fk_staff_session_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 STRICT
-- next
CREATE INDEX ix_staff_session_staff_id ON staff_session (staff_id)
-- next
CREATE TABLE claim (
	request_id INTEGER NOT NULL,
	staff_id INTEGER NOT NULL,
	desk TEXT NOT NULL,
	since INTEGER NOT NULL,
	until INTEGER NOT NULL,
	CONSTRAINT pk_claim PRIMARY KEY (request_id),
	CONSTRAINT fk_claim_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_claim_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 STRICT
-- next
CREATE TABLE draft (
	staff_id INTEGER NOT NULL,
	request_id INTEGER NOT NULL,
	body TEXT NOT NULL,
	phrase TEXT NOT NULL,
	state TEXT NOT NULL,
	updated_at INTEGER NOT NULL,
	CONSTRAINT pk_draft PRIMARY KEY (staff_id, request_id),
	CONSTRAINT ck_draft_body_octets CHECK (length(CAST(body AS BLOB)) <= 40000),
	CONSTRAINT fk_draft_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id),
	CONSTRAINT fk_draft_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE forward (
	id INTEGER NOT NULL,
	request_id INTEGER NOT NULL,
	staff_id INTEGER NOT NULL,
	from_kind TEXT NOT NULL,
	from_id INTEGER NOT NULL,
	to_kind TEXT NOT NULL,
	to_id INTEGER NOT NULL,
	note TEXT NOT NULL,
	at INTEGER NOT NULL,
	undone_at INTEGER,
	CONSTRAINT pk_forward PRIMARY KEY (id),
	CONSTRAINT ck_forward_note_octets CHECK (length(CAST(note AS BLOB)) <= 4000),
	CONSTRAINT fk_forward_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
 STRICT
-- next
CREATE INDEX ix_forward_request_id ON forward (request_id)
-- next
CREATE INDEX ix_forward_staff_id_id ON forward (staff_id, id)
-- next
CREATE TABLE message (
	id INTEGER NOT NULL,
	request_id INTEGER NOT NULL,
	author_kind TEXT NOT NULL,
	author_id INTEGER NOT NULL,
	body TEXT NOT NULL,
	language TEXT NOT NULL,
	phrase TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	visible_at INTEGER NOT NULL,
	withdrawn_at INTEGER,
	CONSTRAINT pk_message PRIMARY KEY (id),
	CONSTRAINT ck_message_author_kind CHECK (author_kind IN ('contact', 'staff', 'system')),
	CONSTRAINT ck_message_body_octets CHECK (length(CAST(body AS BLOB)) <= 16000),
	CONSTRAINT fk_message_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
 STRICT
-- next
CREATE INDEX ix_message_request_id_id ON message (request_id, id)
-- next
CREATE TABLE message_search (
	id INTEGER NOT NULL,
	request_id INTEGER NOT NULL,
	body TEXT NOT NULL,
	scope TEXT NOT NULL,
	CONSTRAINT pk_message_search PRIMARY KEY (id),
	CONSTRAINT fk_message_search_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
 STRICT
-- next
CREATE TABLE request_mark (
	request_id INTEGER NOT NULL,
	staff_id INTEGER NOT NULL,
	read_at INTEGER,
	dismissed_at INTEGER,
	CONSTRAINT pk_request_mark PRIMARY KEY (request_id, staff_id),
	CONSTRAINT fk_request_mark_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_request_mark_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE INDEX ix_request_mark_dismissed ON request_mark (staff_id, request_id) WHERE dismissed_at IS NOT NULL
-- next
CREATE TABLE request_wish (
	request_id INTEGER NOT NULL,
	rank INTEGER NOT NULL,
	kind TEXT NOT NULL,
	provider_id INTEGER,
	starts_at INTEGER,
	day TEXT,
	part TEXT,
	CONSTRAINT pk_request_wish PRIMARY KEY (request_id, rank),
	CONSTRAINT ck_request_wish_kind CHECK (kind IN ('day_part', 'next', 'slot')),
	CONSTRAINT ck_request_wish_shape CHECK ((kind = 'slot') = (starts_at IS NOT NULL) AND (kind = 'day_part') = (day IS NOT NULL AND part IS NOT NULL)),
	CONSTRAINT ck_request_wish_rank CHECK (rank BETWEEN 1 AND 9),
	CONSTRAINT fk_request_wish_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_request_wish_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE staff_note (
	id INTEGER NOT NULL,
	request_id INTEGER NOT NULL,
	staff_id INTEGER NOT NULL,
	body TEXT NOT NULL,
	call TEXT,
	created_at INTEGER NOT NULL,
	CONSTRAINT pk_staff_note PRIMARY KEY (id),
	CONSTRAINT ck_staff_note_call CHECK (call IN ('no_answer', 'spoke', 'voicemail')),
	CONSTRAINT ck_staff_note_body_octets CHECK (length(CAST(body AS BLOB)) <= 16000),
	CONSTRAINT fk_staff_note_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
	CONSTRAINT fk_staff_note_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 STRICT
-- next
CREATE INDEX ix_staff_note_request_id ON staff_note (request_id)
-- next
CREATE TRIGGER appointment_overlap_insert BEFORE INSERT ON appointment WHEN NEW.status IN ('held', 'confirmed')
BEGIN
  SELECT RAISE(ABORT, 'ex_appointment_overlap') WHERE EXISTS (
    SELECT 1 FROM appointment WHERE provider_id = NEW.provider_id AND lane = NEW.lane AND chain_id <> NEW.chain_id
      AND id <> NEW.id AND status IN ('held', 'confirmed')
      AND blocks_from < NEW.blocks_until AND blocks_from > NEW.blocks_from - 43200000000 AND blocks_until > NEW.blocks_from);
END
-- next
CREATE TRIGGER appointment_overlap_update BEFORE UPDATE OF provider_id, lane, chain_id, status, blocks_from, blocks_until ON appointment WHEN NEW.status IN ('held', 'confirmed')
BEGIN
  SELECT RAISE(ABORT, 'ex_appointment_overlap') WHERE EXISTS (
    SELECT 1 FROM appointment WHERE provider_id = NEW.provider_id AND lane = NEW.lane AND chain_id <> NEW.chain_id
      AND id <> NEW.id AND status IN ('held', 'confirmed')
      AND blocks_from < NEW.blocks_until AND blocks_from > NEW.blocks_from - 43200000000 AND blocks_until > NEW.blocks_from);
END
-- next
CREATE TRIGGER appointment_no_delete BEFORE DELETE ON appointment BEGIN SELECT RAISE(ABORT, 'appointments are never deleted'); END
-- next
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
-- next
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
-- next
CREATE TRIGGER request_open_insert AFTER INSERT ON request WHEN NEW.state = 'open' BEGIN INSERT INTO open_count (target_id, count) VALUES (NEW.target_id, 1) ON CONFLICT (target_id) DO UPDATE SET count = count + 1; END
-- next
CREATE TRIGGER request_open_update AFTER UPDATE OF state, target_id ON request WHEN OLD.state <> NEW.state OR OLD.target_id <> NEW.target_id BEGIN UPDATE open_count SET count = count - 1 WHERE target_id = OLD.target_id AND OLD.state = 'open'; INSERT INTO open_count (target_id, count) SELECT NEW.target_id, 1 WHERE NEW.state = 'open' ON CONFLICT (target_id) DO UPDATE SET count = count + 1; END
-- next
CREATE VIRTUAL TABLE message_fts USING fts5(body, scope, content='message_search', content_rowid='id', columnsize=0, detail='full', tokenize='unicode61 remove_diacritics 0')
