"""Every requirement that a test or a page cites by its id stands in the repository."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEFINED = re.compile(r"^- ([A-Z]{2,5}-?\d{1,2}) ", re.MULTILINE)
CITED = re.compile(r"(?<![\w-])([A-Z]{2,5}-?\d{1,2})(?![\w-])")


def test_what_is_cited_is_defined() -> None:
    defined = {
        found
        for name in ("requirements", "security")
        for found in DEFINED.findall((ROOT / f"docs/{name}.md").read_text("utf-8"))
    }
    kinds = {re.sub(r"\d+$", "", each) for each in defined}
    files = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.py")]
    unknown = {
        f"{path.relative_to(ROOT)}: {cited}"
        for path in files
        for cited in CITED.findall(path.read_text("utf-8"))
        if re.sub(r"\d+$", "", cited) in kinds and cited not in defined
    }
    assert len(defined) > 150
    assert sorted(unknown) == []
