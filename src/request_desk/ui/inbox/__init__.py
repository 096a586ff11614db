"""The Message Center: the list of requests, the message, the response; the schedule beside it lives in `ui.calendar`."""
