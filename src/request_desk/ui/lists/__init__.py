"""Lists of any length: a windowed model, its columns and its order."""
