"""The window around the pages: frame, sign-in, bars, keys, palette, undo."""
