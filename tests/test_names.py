"""One name is one thing: no two public classes are called the same, so that a search finds what is meant."""

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "request_desk"

# Names that two layers share which never meet in one module; within `ui` there is none.
SHARED = {
    "Asked": {"domain.wishes", "services.desk", "services.portal.access", "demo.data"},
    "Away": {"services.inbox.marks", "demo.data"},
    "Button": {"ui.widgets.buttons", "web.home"},
    "Child": {"services.people.patients", "demo.people", "demo.processes"},
    "Chip": {"ui.widgets.buttons", "web.times"},
    "Contact": {"domain.directory", "demo.people"},
    "Done": {"services.schedule.acts", "demo.data"},
    "Group": {"domain.requests", "demo.data"},
    "Letter": {"gateways.letters", "demo.data"},
    "Line": {"ui.widgets.layout", "web.home"},
    "Look": {"ui.widgets.theme", "web.times"},
    "Outcome": {"domain.phrases", "services.desk"},
    "Place": {"services.schedule.holds", "demo.data"},
    "Population": {"demo.data", "demo.people"},
    "Portal": {"config", "web.portal"},
    "Sent": {"gateways.letters", "demo.plan"},
    "Shell": {"ui.window.shell", "web.pages"},
    "Span": {"domain.spans", "domain.phrases"},
    "Visit": {"services.portal.access", "web.guards", "demo.data", "demo.schedule_fill"},
    "Wanted": {"domain.availability", "demo.data"},
}


def test_no_two_public_classes_have_one_name() -> None:
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(module)
    assert {name: found for name, found in homes.items() if len(found) > 1} == SHARED
