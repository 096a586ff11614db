"""Questionnaires, their answers, and documents."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint

from request_desk.store.schema.base import flag, id_column, metadata, text_column, version_column
from request_desk.store.types import Id, Instant, Json, at_most, one_of

questionnaire = Table(
    "questionnaire",
    metadata,
    id_column(),
    version_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("name_es", Text, nullable=False, default=""),
    Column("position", Integer, nullable=False, default=0),
    flag("active", default=True),
    sqlite_strict=True,
)

# A question that was answered is switched off and never changed into another one.
question = Table(
    "question",
    metadata,
    id_column(),
    Column("questionnaire_id", Id, ForeignKey("questionnaire.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    text_column("text_es"),
    Column("options", Json, nullable=False),  # of a choice: [{"text": …, "text_es": …}]
    flag("required", default=False),
    flag("active", default=True),
    one_of("kind", ("text", "choice", "date", "yes_no", "number", "consent")),
    *at_most("text", 2000),
    *at_most("text_es", 2000),
    sqlite_strict=True,
)

appointment_type_questionnaire = Table(
    "appointment_type_questionnaire",
    metadata,
    Column("type_id", Id, ForeignKey("appointment_type.id"), primary_key=True),
    Column("questionnaire_id", Id, ForeignKey("questionnaire.id"), primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

questionnaire_response = Table(
    "questionnaire_response",
    metadata,
    id_column(),
    version_column(),
    Column("chain_id", Id, ForeignKey("appointment.id"), nullable=False),
    Column("questionnaire_id", Id, ForeignKey("questionnaire.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Column("completed_by_kind", Text),
    Column("completed_by_id", Id),
    UniqueConstraint("chain_id", "questionnaire_id"),
    sqlite_strict=True,
)

questionnaire_answer = Table(
    "questionnaire_answer",
    metadata,
    Column("response_id", Id, ForeignKey("questionnaire_response.id"), primary_key=True),
    Column("question_id", Id, ForeignKey("question.id"), primary_key=True, index=True),
    Column("value", Text, nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("answered_by_kind", Text, nullable=False),
    Column("answered_by_id", Id, nullable=False),
    *at_most("value", 16000),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

attachment = Table(
    "attachment",
    metadata,
    id_column(),
    version_column(),
    Column("chain_id", Id, ForeignKey("appointment.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),  # as the user called it; never a path (UPL-02)
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column(
        "check_state", Text, nullable=False
    ),  # what the practice's virus scanner said; "failed": nothing, though it was asked
    text_column("released_reason"),  # why one that is not clean is opened all the same (UPL-06)
    Column("added_by_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
    one_of("check_state", ("unchecked", "clean", "infected", "failed")),
    *at_most("name", 400),
    *at_most("released_reason", 2000),
    sqlite_strict=True,
)
