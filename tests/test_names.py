"""One name is one thing: no two public classes share one, and code says the words of the glossary."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from pathlib import Path

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
