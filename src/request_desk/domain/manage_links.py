"""What a manage link opens."""

from enum import StrEnum


class LinkPurpose(StrEnum):
    """What a link opens: everything about an appointment, or its questionnaires alone (BK8)."""

    MANAGE = "manage"
    FORMS = "forms"
