"""The calendar file of an appointment, as every page hands it out."""

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from request_desk.domain.icalendar import CalendarEvent, calendar_text


async def calendar_answer(event: CalendarEvent, now: datetime) -> Response:
    """Return the file, to be kept or opened by a calendar."""
    text = await run_in_threadpool(calendar_text, event, now)
    headers = {"content-disposition": 'attachment; filename="visit.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)
