"""The demo practice: its data, its making, its folder and its processes; nothing here runs in a real practice."""
