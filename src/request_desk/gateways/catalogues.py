"""The texts in other languages: one gettext file each, read when the first text is asked for; which texts there are is tested."""

import gettext
from functools import cached_property
from io import BytesIO
from pathlib import Path

from request_desk import paths
from request_desk.domain import words


def folder() -> Path:
    """Return the folder of the translations, one .po file a language."""
    return paths.resources() / "translations"


class Catalogue(gettext.NullTranslations):
    """The texts of one language from its .po file. A text that is missing there is said as it is written in the program."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @cached_property
    def _texts(self) -> gettext.GNUTranslations:
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        compiled = BytesIO()
        with self._path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=self._path.stem))
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)

    def gettext(self, message: str) -> str:
        """Return a text in this language."""
        return self._texts.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form of a text that goes with a number."""
        return self._texts.ngettext(msgid1, msgid2, n)


def install() -> None:
    """Make the shipped languages known; nothing is read yet."""
    for path in sorted(folder().glob("*.po")):
        words.install(path.stem, Catalogue(path))
