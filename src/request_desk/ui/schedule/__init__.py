"""The practice schedule on screen: the day view, its panel beside a message, and the Schedule page."""
