"""The practice itself: directory, settings, phrases, founding and upkeep."""
