ALTER TABLE provider ADD COLUMN room TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE appointment_type ADD COLUMN min_age_months INTEGER
-- next
ALTER TABLE appointment_type ADD COLUMN max_age_months INTEGER
-- next
ALTER TABLE appointment_type ADD COLUMN rest_days INTEGER DEFAULT 0 NOT NULL
-- next
ALTER TABLE appointment_type ADD COLUMN rest_group TEXT DEFAULT '' NOT NULL
-- next
ALTER TABLE appointment_type ADD COLUMN new_patient_minutes INTEGER
-- next
ALTER TABLE appointment_type ADD COLUMN interpreter_minutes INTEGER DEFAULT 0 NOT NULL
-- next
ALTER TABLE appointment_type ADD COLUMN no_show_minutes INTEGER
-- next
ALTER TABLE appointment_type ADD COLUMN is_video INTEGER DEFAULT 0 NOT NULL
-- next
ALTER TABLE appointment_type ADD COLUMN verification TEXT DEFAULT 'none' NOT NULL
-- next
ALTER TABLE availability_window ADD COLUMN removed_at INTEGER
-- next
ALTER TABLE absence ADD COLUMN version INTEGER DEFAULT 1 NOT NULL
-- next
ALTER TABLE absence ADD COLUMN removed_at INTEGER
-- next
ALTER TABLE patient ADD COLUMN needs_interpreter INTEGER DEFAULT 0 NOT NULL
-- next
ALTER TABLE appointment ADD COLUMN arrived_at INTEGER
-- next
ALTER TABLE appointment ADD COLUMN late_at INTEGER
-- next
ALTER TABLE appointment ADD COLUMN parent_confirmed_at INTEGER
-- next
ALTER TABLE appointment ADD COLUMN admitted_at INTEGER
-- next
CREATE TABLE appointment_type_duration (
    type_id INTEGER NOT NULL,
    provider_id INTEGER NOT NULL,
    duration_minutes INTEGER NOT NULL,
    CONSTRAINT pk_appointment_type_duration PRIMARY KEY (type_id, provider_id),
    CONSTRAINT ck_appointment_type_duration_duration CHECK (duration_minutes BETWEEN 5 AND 480),
    CONSTRAINT fk_appointment_type_duration_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
    CONSTRAINT fk_appointment_type_duration_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id)
)
 WITHOUT ROWID,
 STRICT
-- next
CREATE TABLE suggestion (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    about_kind TEXT NOT NULL,
    about_id INTEGER NOT NULL,
    staff_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by_id INTEGER,
    CONSTRAINT pk_suggestion PRIMARY KEY (id),
    CONSTRAINT ck_suggestion_about_kind CHECK (about_kind IN ('room', 'type')),
    CONSTRAINT ck_suggestion_text_octets CHECK (length(CAST(text AS BLOB)) <= 2000),
    CONSTRAINT fk_suggestion_staff_id_staff FOREIGN KEY(staff_id) REFERENCES staff (id)
)
 STRICT
-- next
CREATE TABLE waitlist_entry (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    patient_id INTEGER NOT NULL,
    type_id INTEGER NOT NULL,
    provider_id INTEGER,
    location_id INTEGER,
    appointment_id INTEGER,
    from_day TEXT,
    until_day TEXT,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by_kind TEXT NOT NULL,
    created_by_id INTEGER NOT NULL,
    closed_at INTEGER,
    closed_reason TEXT NOT NULL,
    CONSTRAINT pk_waitlist_entry PRIMARY KEY (id),
    CONSTRAINT ck_waitlist_entry_closed CHECK ((closed_at IS NULL) = (closed_reason = '')),
    CONSTRAINT ck_waitlist_entry_note_octets CHECK (length(CAST(note AS BLOB)) <= 500),
    CONSTRAINT fk_waitlist_entry_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_waitlist_entry_type_id_appointment_type FOREIGN KEY(type_id) REFERENCES appointment_type (id),
    CONSTRAINT fk_waitlist_entry_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
    CONSTRAINT fk_waitlist_entry_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_waitlist_entry_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id)
)
 STRICT
-- next
CREATE INDEX ix_waitlist_entry_open ON waitlist_entry (type_id, id) WHERE closed_at IS NULL
-- next
CREATE INDEX ix_waitlist_entry_patient_id ON waitlist_entry (patient_id)
-- next
CREATE UNIQUE INDEX uq_waitlist_entry_appointment_id ON waitlist_entry (appointment_id) WHERE closed_at IS NULL AND appointment_id IS NOT NULL
-- next
CREATE TABLE slot_offer (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    freed_id INTEGER NOT NULL,
    hold_id INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    contact_id INTEGER NOT NULL,
    request_id INTEGER,
    entry_id INTEGER,
    state TEXT NOT NULL,
    rank INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by_id INTEGER NOT NULL,
    decided_at INTEGER,
    CONSTRAINT pk_slot_offer PRIMARY KEY (id),
    CONSTRAINT ck_slot_offer_state CHECK (state IN ('accepted', 'declined', 'expired', 'open', 'withdrawn')),
    CONSTRAINT ck_slot_offer_decided CHECK ((state = 'open') = (decided_at IS NULL)),
    CONSTRAINT fk_slot_offer_freed_id_appointment FOREIGN KEY(freed_id) REFERENCES appointment (id),
    CONSTRAINT uq_slot_offer_hold_id UNIQUE (hold_id),
    CONSTRAINT fk_slot_offer_hold_id_appointment FOREIGN KEY(hold_id) REFERENCES appointment (id),
    CONSTRAINT fk_slot_offer_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_slot_offer_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id),
    CONSTRAINT fk_slot_offer_request_id_request FOREIGN KEY(request_id) REFERENCES request (id),
    CONSTRAINT fk_slot_offer_entry_id_waitlist_entry FOREIGN KEY(entry_id) REFERENCES waitlist_entry (id)
)
 STRICT
-- next
CREATE INDEX ix_slot_offer_expires_at ON slot_offer (expires_at) WHERE state = 'open'
-- next
CREATE INDEX ix_slot_offer_freed_id ON slot_offer (freed_id)
-- next
CREATE UNIQUE INDEX uq_slot_offer_freed_id_open ON slot_offer (freed_id) WHERE state = 'open'
-- next
CREATE TABLE provider_out (
    id INTEGER NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    provider_id INTEGER NOT NULL,
    absence_id INTEGER,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by_id INTEGER NOT NULL,
    CONSTRAINT pk_provider_out PRIMARY KEY (id),
    CONSTRAINT ck_provider_out_state CHECK (state IN ('discarded', 'done', 'draft', 'running')),
    CONSTRAINT ck_provider_out_order CHECK (starts_at < ends_at),
    CONSTRAINT fk_provider_out_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
    CONSTRAINT fk_provider_out_absence_id_absence FOREIGN KEY(absence_id) REFERENCES absence (id)
)
 STRICT
-- next
CREATE TABLE provider_out_row (
    plan_id INTEGER NOT NULL,
    appointment_id INTEGER NOT NULL,
    appointment_version INTEGER NOT NULL,
    act TEXT NOT NULL,
    provider_id INTEGER,
    location_id INTEGER,
    starts_at INTEGER,
    cancel_code TEXT NOT NULL,
    cancel_text TEXT NOT NULL,
    state TEXT NOT NULL,
    error TEXT NOT NULL,
    new_appointment_id INTEGER,
    CONSTRAINT pk_provider_out_row PRIMARY KEY (plan_id, appointment_id),
    CONSTRAINT ck_provider_out_row_act CHECK (act IN ('cancel', 'keep', 'move')),
    CONSTRAINT ck_provider_out_row_state CHECK (state IN ('done', 'failed', 'pending')),
    CONSTRAINT ck_provider_out_row_place CHECK ((act = 'move') = (starts_at IS NOT NULL AND provider_id IS NOT NULL AND location_id IS NOT NULL)),
    CONSTRAINT ck_provider_out_row_reason CHECK ((act = 'cancel') = (cancel_code <> '')),
    CONSTRAINT ck_provider_out_row_cancel_text_octets CHECK (length(CAST(cancel_text AS BLOB)) <= 2000),
    CONSTRAINT fk_provider_out_row_plan_id_provider_out FOREIGN KEY(plan_id) REFERENCES provider_out (id),
    CONSTRAINT fk_provider_out_row_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id),
    CONSTRAINT fk_provider_out_row_provider_id_provider FOREIGN KEY(provider_id) REFERENCES provider (id),
    CONSTRAINT fk_provider_out_row_location_id_location FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_provider_out_row_new_appointment_id_appointment FOREIGN KEY(new_appointment_id) REFERENCES appointment (id)
)
 WITHOUT ROWID,
 STRICT
