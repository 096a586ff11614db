"""Lists of any length: a windowed model, its columns and its order; and the field that finds people in one."""
