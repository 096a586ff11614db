"""The widgets that every page shares, and how they look."""
