"""The Availability page: who works when, the week of one provider, its forms, and why a day has no slots."""
