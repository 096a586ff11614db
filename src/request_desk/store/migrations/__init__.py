"""Migrations of the schema: raw operations only, no import of our tables, so that yesterday's upgrade stays yesterday's."""
