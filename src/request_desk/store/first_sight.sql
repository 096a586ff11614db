The head of a list, for the first sight of a window. Written by `python -m tests.services.test_first_sight`.

-- session
SELECT staff.id, staff.name, staff.active, staff.must_change, staff.roles, staff_session.expires_at, staff_session.revoked_at
FROM staff_session JOIN staff ON staff.id = staff_session.staff_id
WHERE staff_session.token_hash = :token_hash

-- settings
SELECT practice.version, practice.settings
FROM practice

-- preferences
SELECT staff_preference."key", staff_preference.value
FROM staff_preference
WHERE staff_preference.staff_id = :staff

-- inboxes
SELECT department_member.department_id
FROM department_member JOIN department ON department.id = department_member.department_id
WHERE department_member.staff_id = :staff_id AND department.active = 1

-- keys
SELECT request.id, request.urgent, request.needed_at, request.due_at, request.arrived_at, request.location_id
FROM request
WHERE request.state = 'open' AND request.target_id IN (__[POSTCOMPILE_targets]) AND NOT (EXISTS (SELECT *
FROM request_mark
WHERE request_mark.staff_id = :me AND request_mark.request_id = request.id AND request_mark.dismissed_at IS NOT NULL))

-- wishes
SELECT request_wish.request_id, request_wish.rank, request_wish.kind, request_wish.provider_id, request_wish.starts_at, request_wish.day, request_wish.part
FROM request_wish
WHERE request_wish.request_id IN (:id_0, :id_1, :id_2, :id_3, :id_4, :id_5, :id_6, :id_7, :id_8, :id_9, :id_10, :id_11, :id_12, :id_13, :id_14, :id_15, :id_16, :id_17, :id_18, :id_19, :id_20, :id_21, :id_22, :id_23, :id_24, :id_25, :id_26, :id_27, :id_28, :id_29, :id_30, :id_31, :id_32, :id_33, :id_34, :id_35, :id_36, :id_37, :id_38, :id_39, :id_40, :id_41, :id_42, :id_43, :id_44, :id_45, :id_46, :id_47, :id_48, :id_49, :id_50, :id_51, :id_52, :id_53, :id_54, :id_55, :id_56, :id_57, :id_58, :id_59, :id_60, :id_61, :id_62, :id_63) ORDER BY request_wish.request_id, request_wish.rank

-- rows
SELECT request.id, request.version, request.kind, request.state, request.patient_id, patient.given_name, patient.family_name, patient.birth_day, contact.given_name AS contact_given_name, contact.family_name AS contact_family_name, contact_patient.relation, appointment_type.name AS type_name, asked.short_name AS asked_name, visit_with.short_name AS with_name, location.name AS location_name, CASE WHEN (request.state = 'open' OR request.state = 'waiting') THEN coalesce((SELECT present.starts_at
FROM appointment AS present
WHERE present.chain_id = visit.chain_id AND present.status = 'confirmed'), visit.starts_at) ELSE visit.starts_at END AS appointment_at, request.arrived_at, request.due_at, request.needed_at, request.urgent, request_mark.read_at IS NOT NULL AS is_read, claim.staff_id AS claim_staff_id, claim.until AS claim_until, claimer.initials AS claim_initials, request.waiting_until, request.completed_at, closer.name AS completed_by, EXISTS (SELECT *
FROM outbox
WHERE outbox.request_id = request.id AND outbox.state = 'failed') AS delivery_failed
FROM request JOIN patient ON patient.id = request.patient_id JOIN contact ON contact.id = request.contact_id LEFT OUTER JOIN contact_patient ON contact_patient.contact_id = request.contact_id AND contact_patient.patient_id = request.patient_id LEFT OUTER JOIN appointment_type ON appointment_type.id = request.type_id LEFT OUTER JOIN provider AS asked ON asked.id = request.provider_id LEFT OUTER JOIN location ON location.id = request.location_id LEFT OUTER JOIN appointment AS visit ON visit.id = request.appointment_id LEFT OUTER JOIN provider AS visit_with ON visit_with.id = visit.provider_id LEFT OUTER JOIN request_mark ON request_mark.request_id = request.id AND request_mark.staff_id = :me LEFT OUTER JOIN claim ON claim.request_id = request.id AND claim.until > :now LEFT OUTER JOIN staff AS claimer ON claimer.id = claim.staff_id LEFT OUTER JOIN staff AS closer ON closer.id = request.completed_by_id
WHERE request.id IN (:id_0, :id_1, :id_2, :id_3, :id_4, :id_5, :id_6, :id_7, :id_8, :id_9, :id_10, :id_11, :id_12, :id_13, :id_14, :id_15, :id_16, :id_17, :id_18, :id_19, :id_20, :id_21, :id_22, :id_23, :id_24, :id_25, :id_26, :id_27, :id_28, :id_29, :id_30, :id_31, :id_32, :id_33, :id_34, :id_35, :id_36, :id_37, :id_38, :id_39, :id_40, :id_41, :id_42, :id_43, :id_44, :id_45, :id_46, :id_47, :id_48, :id_49, :id_50, :id_51, :id_52, :id_53, :id_54, :id_55, :id_56, :id_57, :id_58, :id_59, :id_60, :id_61, :id_62, :id_63)
