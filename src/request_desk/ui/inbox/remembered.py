"""Which list somebody comes back to, by their preferences; the chips that change them are in `filters`."""

from collections.abc import Callable, Mapping

from request_desk.domain.requests import ListOrder

FILTERS_KEY = "inbox.filters"
ORDER_KEY = "inbox.order"


def remembered_order(preference: Callable[[str], object]) -> ListOrder:
    """Return the order that was chosen last, *Needs me first* without one."""
    kept = preference(ORDER_KEY)
    return next((order for order in ListOrder if order == kept), ListOrder.NEEDS_ME)


def plain_order(preferences: Mapping[str, object]) -> ListOrder | None:
    """Return the order of the list when it holds the whole inbox, None when filters leave something out."""
    kept = preferences.get(FILTERS_KEY)
    is_narrow = isinstance(kept, Mapping) and any(kept.values())
    return None if is_narrow else remembered_order(preferences.get)
