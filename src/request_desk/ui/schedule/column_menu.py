"""What is told of a column of the schedule: of its provider, or of a location where they are that day (NT2)."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from request_desk.domain.directory import Location
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.schedule import ProviderColumn
from request_desk.domain.spans import Span
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.announcement_sheet import AnnouncementSheet
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import no_mnemonic


def open_announcement(
    context: DeskContext,
    window: QWidget,
    day: date | None,
    provider_id: ProviderId | None = None,
    location_id: LocationId | None = None,
) -> None:
    """Open the sheet for the rest of a day; for today's where the day is over."""
    zone, now = context.words().zone, context.clock.now().replace(second=0, microsecond=0)
    span = zone.bounds(day or zone.day_of(now))
    if span.ends_at <= now:
        span = zone.bounds(zone.day_of(now))
    rest = Span(max(now, span.starts_at), span.ends_at)
    AnnouncementSheet(context, window, rest, provider_id=provider_id, location_id=location_id).open()


def popup_column_menu(
    owner: QWidget,
    column: ProviderColumn,
    locations: Iterable[Location],
    chosen: Callable[[ProviderId | None, LocationId | None], None],
    place: QPoint,
) -> None:
    """Offer to tell the families of a column; `chosen` is given of whom."""
    menu = QMenu(owner)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(_("What can be told of the column"))
    told = _("Tell families of {name}: running late, closed …")
    here = [each for each in locations if each.active and each.name in column.location_names]
    of: list[tuple[str, ProviderId | None, LocationId | None]] = [
        (column.provider_name, column.provider_id, None),
        *((each.name, None, each.id) for each in here),
    ]
    for name, provider_id, location_id in of:
        action = menu.addAction(no_mnemonic(told.format(name=isolated_if_needed(one_line(name, 60)))))
        action.triggered.connect(partial(_chosen, chosen, provider_id, location_id))
    menu.popup(place)


def _chosen(
    chosen: Callable[[ProviderId | None, LocationId | None], None],
    provider_id: ProviderId | None,
    location_id: LocationId | None,
    _checked: bool = False,
) -> None:
    chosen(provider_id, location_id)
