"""What runs beside the window: calls of the desk, changes of others, drafts."""
