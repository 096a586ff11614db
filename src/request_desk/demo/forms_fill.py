"""Questionnaires of the demo practice, one of them partly answered, and a document, by the real use cases."""

from collections.abc import Mapping, Sequence

from request_desk.demo import data
from request_desk.demo.data import Calendar, FileQuestionnaire, minute_of
from request_desk.demo.plan import SentRequest
from request_desk.demo.rows import Keys
from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.attachments import CheckState
from request_desk.domain.ids import AppointmentId, QuestionId, QuestionnaireId
from request_desk.domain.questionnaires import FormQuestion, Option, QuestionKind, Questionnaire, seen_of
from request_desk.services.desk import Desk
from request_desk.services.portal import questionnaires as portal_forms
from request_desk.services.practice import questionnaires
from request_desk.services.schedule import attachments


def fill(
    desk: Desk,
    known: Keys,
    calendar: Calendar,
    all_sent: Sequence[SentRequest],
    placed: Mapping[tuple[str, int, int], AppointmentId],
) -> None:
    """Make the questionnaires, let a family answer some of the first, and put a document beside its appointment."""
    for each in data.forms().questionnaire:
        desk.perform(_administrator(known), questionnaires.add_questionnaire, _questionnaire(each, known))
    first = desk.query(_administrator(known), questionnaires.questionnaires)[0]
    filled, document = data.forms().filled, data.forms().document
    sent = next(each for each in all_sent if each.asked.key == filled.request)
    at = sent.asked.appointment
    if at is None:
        raise ValueError(f"{filled.request} is about no appointment")
    where = placed[at.provider, calendar.day(at.day).toordinal(), minute_of(at.at)]
    typed = {first.asked[int(number) - 1].id: text for number, text in filled.answers.items()}
    questions = [each for each in first.asked if each.id in typed]
    desk.perform(
        Actor(ActorKind.CONTACT, sent.contact.id, sent.contact.name, desk="portal"),
        portal_forms.save_answers,
        where,
        first.id,
        typed,
        seen=seen_of(questions, {}),
        finish=False,
        is_verified=True,
    )
    desk.perform(
        known.actor(document.by),
        attachments.add_attachment,
        where,
        name=document.name,
        content=data.document_bytes(document.file),
        check_state=CheckState.UNCHECKED,
    )


def _administrator(known: Keys) -> Actor:
    login = next(each.login for each in data.practice().staff if Role.ADMINISTRATOR in each.roles)
    return known.actor(login)


def _questionnaire(asked: FileQuestionnaire, known: Keys) -> Questionnaire:
    return Questionnaire(
        QuestionnaireId(0),
        asked.name,
        asked.name_es,
        tuple(
            FormQuestion(
                QuestionId(0),
                QuestionKind(each.kind),
                each.text,
                each.text_es,
                tuple(Option(english, spanish) for english, spanish in each.options),
                each.required,
            )
            for each in asked.question
        ),
        frozenset(known.types[key] for key in asked.types),
        active=True,
        version=0,
    )
