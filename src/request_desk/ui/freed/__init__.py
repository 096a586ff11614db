"""Times that became free and who waits for one: the line on the schedule, the sheets, the form."""
