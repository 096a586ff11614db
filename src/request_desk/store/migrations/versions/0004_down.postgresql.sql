DROP TABLE attachment
-- next
DROP TABLE questionnaire_answer
-- next
DROP TABLE questionnaire_response
-- next
DROP TABLE appointment_type_questionnaire
-- next
DROP TABLE question
-- next
DROP TABLE questionnaire
-- next
DROP TABLE request_seen
-- next
DROP TABLE counter_offer_slot
-- next
DROP TABLE counter_offer
-- next
DROP TABLE manage_session
-- next
DROP TABLE manage_link
-- next
DROP TABLE booking_hold
-- next
DROP TABLE booking_token_use
-- next
DROP TABLE booking_launch
-- next
DROP TABLE booking_secret
-- next
DROP TABLE service_variant_location
-- next
DROP TABLE service_variant_provider
-- next
DROP TABLE service_variant
-- next
DROP TABLE service
-- next
ALTER TABLE challenge DROP COLUMN link_id
