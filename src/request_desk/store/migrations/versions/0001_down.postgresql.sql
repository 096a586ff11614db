DROP TABLE staff_note
-- next
DROP TABLE request_wish
-- next
DROP TABLE request_mark
-- next
DROP TABLE message_search
-- next
DROP TABLE message
-- next
DROP TABLE forward
-- next
DROP TABLE draft
-- next
DROP TABLE claim
-- next
DROP TABLE staff_session
-- next
DROP TABLE staff_preference
-- next
DROP TABLE request
-- next
DROP TABLE phrase
-- next
DROP TABLE outbox
-- next
DROP TABLE department_member
-- next
DROP TABLE availability_window_type
-- next
DROP TABLE staff
-- next
DROP TABLE provider_location
-- next
DROP TABLE portal_session
-- next
DROP TABLE department
-- next
DROP TABLE contact_point
-- next
DROP TABLE contact_patient
-- next
DROP TABLE availability_window
-- next
DROP TABLE appointment_type_provider
-- next
DROP TABLE appointment
-- next
DROP TABLE absence
-- next
DROP TABLE throttle
-- next
DROP TABLE provider
-- next
DROP TABLE practice
-- next
DROP TABLE patient
-- next
DROP TABLE open_count
-- next
DROP TABLE location
-- next
DROP TABLE lease
-- next
DROP TABLE journal
-- next
DROP TABLE contact
-- next
DROP TABLE command
-- next
DROP TABLE challenge
-- next
DROP TABLE appointment_type
-- next
DROP FUNCTION refuse_change()
-- next
DROP FUNCTION count_open()
