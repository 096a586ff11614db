"""How modules are loaded in a process with a window; which ones is the business of whoever loads them."""

import builtins

import PySide6.QtCore  # noqa: F401  # it puts its own function into the place of `__import__`


def load_plainly() -> None:
    """Give imports back to Python.

    Qt for Python looks for `from __feature__ import …` in the source of every module that is loaded after it: a seventh of the
    time to load this program, for a spelling of names that it does not use.
    """
    python_import = getattr(builtins, "__orig_import__", None)
    if python_import is not None:
        builtins.__import__ = python_import
