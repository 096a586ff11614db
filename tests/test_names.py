"""One name is one thing: no two public classes share one, and code says the words of the glossary."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from pathlib import Path

from request_desk.domain import errors

SOURCE = Path(__file__).resolve().parents[1] / "src" / "request_desk"


def test_no_two_public_classes_have_one_name() -> None:
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(module)
    assert not {name: found for name, found in homes.items() if len(found) > 1}


def test_code_says_appointment() -> None:
    """`visit` is a word for people: sentences have it, names do not."""
    found = {
        f"{path.relative_to(SOURCE)}: {token.string}"
        for path in SOURCE.rglob("*.py")
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        if token.type == tokenize.NAME and re.search(r"(?i)visits?(_|\b)", token.string)
    }
    assert not found


def test_every_refusal_is_said_in_the_readers_language() -> None:
    """A refusal takes its sentence through `_`, or one that somebody else has put into words."""
    refusals = {"Refused"} | {each.__name__ for each in _below(errors.Refused)}
    bare = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        if path.name != "practice_time.py"  # the words stand upon it: its two sentences stay as they are
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in refusals and node.args
        if isinstance(node.args[0], ast.JoinedStr)
        or (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]
    assert not bare


def _below(kind: type[errors.Refused]) -> list[type[errors.Refused]]:
    return [each for child in kind.__subclasses__() for each in (child, *_below(child))]
