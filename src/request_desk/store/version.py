"""Which versions of the schema this program knows; how a database gets from one to the next is in `migrate`."""

from typing import Final

HEAD: Final = "0006"
REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", HEAD)
