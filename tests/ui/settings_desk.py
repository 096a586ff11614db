"""The settings at a desk of one page: how tests get to a group of them."""

from typing import TypeVar

from request_desk.ui.editor.editor import Editor
from request_desk.ui.settings import settings_page
from request_desk.ui.settings.settings_page import SettingsPage
from tests.ui.page_desk import PageDesk

F = TypeVar("F", bound=Editor)


def go(desk: PageDesk[SettingsPage], kind: type[F]) -> F:
    """Click on a group in the list; the keys would build every group on the way."""
    groups = desk.page.groups
    place = [make for _title, _icon, make in settings_page._GROUPS].index(kind)
    index = groups.model().index(place, 0)
    groups.scrollTo(index)
    desk.click(groups.viewport(), groups.visualRect(index).center())
    form = desk.page.form()
    assert isinstance(form, kind)
    return form
