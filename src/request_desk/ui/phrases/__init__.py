"""The page Phrases: the library of prepared replies, its editor, files and history."""
