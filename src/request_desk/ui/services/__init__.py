"""The page Services & links: what families book by themselves, and the links to it."""
