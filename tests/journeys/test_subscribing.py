"""A subscription is made in the window as the program runs it, at a receiver that is there."""

from PySide6.QtWidgets import QApplication, QWidget

from request_desk.store import schema
from request_desk.ui.settings.group_list import GroupId
from request_desk.ui.settings.secret_dialogs import SecretShown
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.subscriptions_form import SubscriptionsForm
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, RunningDesk
from tests.receivers import answering, receiving


def settings_of(desk: RunningDesk) -> SettingsPage:
    desk.until(lambda: isinstance(desk.desktop.frame.page("settings"), SettingsPage), "the settings are there")
    page = desk.desktop.frame.page("settings")
    assert isinstance(page, SettingsPage)
    return page


def test_an_administrator_subscribes_a_receiver(house: House, open_desk: OpenDesk) -> None:  # WH1, HOOK-02
    desk = open_desk(staff=house.practice.admin)
    page = settings_of(desk)
    desk.desktop.frame.show_page("settings")
    page.open(GroupId.SUBSCRIPTIONS)
    form = page.form()
    assert isinstance(form, SubscriptionsForm)
    desk.settle()
    with receiving(answering(204)) as receiver:
        form.name.setText("Recall service")
        form.url.setText(receiver.url)
        form.events.setCurrentIndex(form.events.model().index(0, 0))
        form.events.setFocus()
        desk.press("Space", "Ctrl+S")
        desk.until(lambda: isinstance(shown(), SecretShown), "the secret is shown once")
    (row,) = house.rows(schema.subscription.c.name, schema.subscription.c.url)
    assert (row.name, row.url) == ("Recall service", receiver.url)
    sheet = shown()
    assert sheet is not None
    sheet.close()


def shown() -> QWidget | None:
    return QApplication.activeModalWidget()
