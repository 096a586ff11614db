"""The Settings page: the practice's own rules and people, one form a group."""
