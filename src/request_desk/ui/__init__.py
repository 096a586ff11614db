"""The desktop: windows, widgets and what feeds them; no rule of the practice lives here."""
