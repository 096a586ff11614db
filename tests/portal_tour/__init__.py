"""A walk through every page and state of the patients' pages in a real browser; `./desk tour --portal --out DIR`."""
