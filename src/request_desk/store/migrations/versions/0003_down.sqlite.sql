DROP TABLE provider_out_row
-- next
DROP TABLE provider_out
-- next
DROP TABLE slot_offer
-- next
DROP TABLE waitlist_entry
-- next
DROP TABLE suggestion
-- next
DROP TABLE appointment_type_duration
-- next
ALTER TABLE provider DROP COLUMN room
-- next
ALTER TABLE appointment_type DROP COLUMN min_age_months
-- next
ALTER TABLE appointment_type DROP COLUMN max_age_months
-- next
ALTER TABLE appointment_type DROP COLUMN rest_days
-- next
ALTER TABLE appointment_type DROP COLUMN rest_group
-- next
ALTER TABLE appointment_type DROP COLUMN new_patient_minutes
-- next
ALTER TABLE appointment_type DROP COLUMN interpreter_minutes
-- next
ALTER TABLE appointment_type DROP COLUMN no_show_minutes
-- next
ALTER TABLE appointment_type DROP COLUMN is_video
-- next
ALTER TABLE appointment_type DROP COLUMN verification
-- next
ALTER TABLE availability_window DROP COLUMN removed_at
-- next
ALTER TABLE absence DROP COLUMN version
-- next
ALTER TABLE absence DROP COLUMN removed_at
-- next
ALTER TABLE patient DROP COLUMN needs_interpreter
-- next
ALTER TABLE appointment DROP COLUMN arrived_at
-- next
ALTER TABLE appointment DROP COLUMN late_at
-- next
ALTER TABLE appointment DROP COLUMN parent_confirmed_at
-- next
ALTER TABLE appointment DROP COLUMN admitted_at
