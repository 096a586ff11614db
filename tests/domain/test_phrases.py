"""The phrase language and the shipped library (RE2, RE3, TPL-01 … TPL-08)."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from jinja2 import nodes

from request_desk import paths
from request_desk.domain import phrases
from request_desk.domain.agreement import ActFacts, differences, told_alone
from request_desk.domain.errors import Invalid, Refused
from request_desk.domain.phrase_order import order_for, suggest
from request_desk.domain.phrases import (
    FIELDS,
    MARKS,
    SANDBOX,
    Phrase,
    PhraseError,
    PhraseOutcome,
    Prompt,
    TextSpan,
    check,
    dump,
    leftover_marks,
    parse,
    render,
)
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
KINDS = ("schedule", "cancel", "reschedule")
VALUES = {
    "practice.name": "Harbor Pediatrics",
    "practice.phone": "(206) 555-0100",
    "staff.first_name": "Maria",
    "staff.name": "Maria Santos",
    "contact.first_name": "Amara",
    "contact.name": "Amara Okafor",
    "contact.relation": "mother",
    "patient.first_name": "Zuri",
    "patient.name": "Zuri Okafor",
    "patient.birth_date": "03/12/2022",
    "provider.name": "Dr. Lindqvist",
    "location.name": "Northside",
    "location.address": "1200 Alder Way",
    "location.phone": "(206) 555-0101",
    "type.name": "Well visit",
    "type.minutes": "40",
    "old.time": "Thu, Dec 3, 8:30 AM",
    "old.provider": "Dr. Lindqvist",
    "old.location": "Northside",
    "offer.times": "Fri, Nov 27, 9:10 AM with Dr. Astrid Lindqvist at Northside; or Fri, Nov 27, 2:00 PM with Dr. Astrid Lindqvist at Northside",
    "booked.day": "Fri, Nov 27",
    "booked.clock": "9:10 AM",
    "booked.provider": "Dr. Lindqvist",
    "booked.location": "Northside",
    "new.time": "Tue, Nov 24, 9:20 AM",
    "new.day": "Tuesday, November 24",
    "new.clock": "9:20 AM",
    "new.provider": "Dr. Lindqvist",
    "new.location": "Northside",
    "cancel.reason": "At your request.",
    "request.kind": "reschedule",
}

# security.md M4, A.2 and the rest of the forbidden syntax; the line is where the fault stands.
HOSTILE = (
    "{{ p.staff.password_hash }}",
    "{{ p.metadata.clear() }}",
    "{{ p.registry.dispose() }}",
    "{{ patient.metadata }}",
    "{{ patient.name.__class__ }}",
    "{{ patient._secret }}",
    "{{ patient.__class__.__mro__ }}",
    "{{ 'a'*10**9 }}",
    "{{ 'x' * 100000000 }}",
    "{{ patient.name|center(1000000000) }}",
    "{{ patient.name.center(1000000000) }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "{% for letter in patient.name %}{{ letter }}{% endfor %}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{0.__class__}'.format(patient) }}",  # CVE-2016-10745
    "{{ '{x.__class__}'.format_map({'x': 1}) }}",  # CVE-2019-10906
    "{% set f = '{0.__class__}'.format %}{{ f(1) }}",  # CVE-2024-56326
    "{{ patient.name|map('format')|list }}",
    "{{ patient.name|attr('__class__') }}",  # CVE-2025-27516
    "{{ {'a b': 1}|xmlattr }}",  # CVE-2024-22195, CVE-2024-34064
    "{% include patient.name %}",  # CVE-2024-56201
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{{ lipsum() }}",
    "{{ lipsum }}",
    "{{ cycler }}",
    "{{ cycler('a') }}",
    "{{ joiner }}",
    "{{ self }}",
    "{{ self.__init__ }}",
    "{{ namespace() }}",
    "{{ dict(a=1) }}",
    "{{ range(9) }}",
    "{{ loop.index }}",
    "{{ caller() }}",
    "{{ varargs }}",
    "{{ request }}",
    "{{ patient }}",
    "{{ patient['name'] }}",
    "{{ patient.name[0] }}",
    "{{ patient.name[:3] }}",
    "{{ patient.name ~ patient.name }}",
    "{{ patient.name + 'x' }}",
    "{{ 1 + 1 }}",
    "{{ 7*7 }}",
    "{{ -1 }}",
    "{{ 3 }}",
    "{{ true }}",
    "{{ none }}",
    "{{ ['a'] }}",
    "{{ ('a', 'b') }}",
    "{{ {'a': 'b'} }}",
    "{{ '%s'|format(patient.name) }}",
    "{{ patient.name|replace('a', 'b') }}",
    "{{ patient.name|default(patient.name) }}",
    "{{ patient.name|default('a', true) }}",
    "{{ patient.name|default }}",
    "{{ patient.name|upper('x') }}",
    "{{ patient.name is defined }}",
    "{{ patient.name in 'abc' }}",
    "{{ 'a' < 'b' }}",
    "{{ patient.name or 'there' }}",
    "{{ not kind }}",
    "{{ kind }}",
    "{{ outcome }}",
    "{% if kind < 'b' %}x{% endif %}",
    "{% if kind == outcome == kind %}x{% endif %}",
    "{% if kind in ('cancel', 'schedule') %}x{% endif %}",
    "{% if kind is defined %}x{% endif %}",
    "{% if kind == 'cancle' %}x{% endif %}",
    "{% if 'bookd' != outcome %}x{% endif %}",
    "{% set a = 'b' %}",
    "{% set a %}b{% endset %}",
    "{% with a = 'b' %}{% endwith %}",
    "{% macro a() %}{% endmacro %}",
    "{% call a() %}{% endcall %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% autoescape true %}a{% endautoescape %}",
    "{% raw %}{{ patient.name }}{% endraw %}",
    "{% raw %}harmless{% endraw %}",
    "{% do a %}",
    "{% trans %}a{% endtrans %}",
    "{% debug %}",
    "{{ _('a') }}",
    "{{ '{{' }}",
    "{{ patient.name|default('%}') }}",
    "lone }} brackets",
    "{{ patient.name",
    "{% if kind %}no end",
    "{% endif %}",
    "{# no end",
    "{{ '" + "x" * 101 + "' }}",
    "{{ 'two\nlines' }}",
    "{{ " + "1" * 5000 + " }}",
    "{{ " + "(" * 3000 + "kind" + ")" * 3000 + " }}",
    "{% if " + "not " * 1500 + "kind %}x{% endif %}",
    "{% if " + " and ".join(["kind"] * 800) + " %}x{% endif %}",
    "{% if kind %}" * 200 + "x" + "{% endif %}" * 200,
    "{{ patient.name" + "|upper" * 1000 + " }}",
    "nul \0",
    "surrogate \ud800",
    "private use \ue000",
)


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: ascii(body)[:50])
def test_a_hostile_phrase_is_refused_when_saved_and_when_rendered(body: str) -> None:  # TPL-02, TPL-03
    with pytest.raises(PhraseError) as saved:
        check(body)
    with pytest.raises(PhraseError):
        render(body, VALUES, {}, "schedule", PhraseOutcome.BOOKED)
    assert isinstance(saved.value, Refused)
    assert saved.value.sentence.endswith((".", "?"))
    assert "jinja" not in saved.value.sentence.lower()


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("Hi,\n\n{{ patient.frist_name }}", 3, "Did you mean “patient.first_name”"),
        ("Hi\n{% for x in y %}{% endfor %}", 2, "cannot repeat"),
        ("Hi\n\n\n{{ lipsum() }}", 4, "cannot call"),
        ("a\n{{ 1 + 1 }}", 2, "cannot calculate"),
        ("a\nb }} c", 2, "stands alone"),
        ("a\n\nb\0", 3, "control character"),
        ("a\n{{ patient['name'] }}", 2, "one dot"),
        ("{{ ask.form }}", 1, "no question “form”"),
        ("{% if outcome == 'bookd' %}{% endif %}", 1, "“bookd” is no outcome"),
    ],
)
def test_an_error_names_the_line_and_the_reason_in_plain_words(body: str, line: int, words: str) -> None:  # TPL-02
    with pytest.raises(PhraseError, match=re.escape(words)) as refusal:
        check(body)
    assert refusal.value.line == line
    assert refusal.value.sentence.startswith(f"Line {line}: ")
    assert refusal.value.field == "body"


def test_only_plain_texts_come_into_a_phrase() -> None:  # TPL-01
    with pytest.raises(TypeError):
        render("{{ patient.name }}", {"patient.name": object()}, {}, "schedule", PhraseOutcome.BOOKED)  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        render("{{ ask.x }}", VALUES, {"x": ["a"]}, "schedule", PhraseOutcome.BOOKED)  # type: ignore[dict-item]


def test_the_sandbox_has_no_globals_no_tests_and_five_filters() -> None:  # TPL-03
    assert SANDBOX.sandboxed
    assert SANDBOX.globals == {}
    assert SANDBOX.tests == {}
    assert set(SANDBOX.filters) == {"upper", "lower", "title", "trim", "default"}
    assert SANDBOX.undefined.__name__ == "StrictUndefined"


def test_a_phrase_has_at_most_eight_thousand_bytes() -> None:  # TPL-04
    check("é" * 4000)
    with pytest.raises(PhraseError, match="too long"):
        check("é" * 4001)


def test_a_reply_has_at_most_ten_thousand_bytes() -> None:  # TPL-04
    body = "{{ patient.name }}" * 400
    with pytest.raises(PhraseError, match="too long"):
        render(body, {"patient.name": "x" * 4000}, {}, "schedule", PhraseOutcome.BOOKED)
    assert len(render(body, {"patient.name": "x" * 25}, {}, "schedule", PhraseOutcome.BOOKED).text) == 10_000


@pytest.mark.parametrize("name", ["{{7*7}}", "{{ practice.name }}", "{% if kind %}", "{# x #}", "}}{{", "<img src=x>"])
def test_a_name_with_template_marks_appears_as_it_is(name: str) -> None:  # TPL-05
    rendered = render("Hi {{ patient.name }}!", {**VALUES, "patient.name": name}, {}, "schedule", PhraseOutcome.BOOKED)
    assert rendered.text == f"Hi {name}!"
    answered = render("{{ ask.what }}", VALUES, {"what": name}, "schedule", PhraseOutcome.BOOKED)
    assert answered.text == name


def test_a_phrase_with_markup_stays_text() -> None:  # TPL-08
    body = "<b>Hi</b> {{ patient.name }} & <img src=/dev/zero>"
    assert (
        render(body, VALUES, {}, "cancel", PhraseOutcome.CANCELLED).text
        == "<b>Hi</b> Zuri Okafor & <img src=/dev/zero>"
    )


@settings(CALM)
@given(st.text(max_size=200))
def test_a_broken_stored_phrase_is_a_refusal_and_nothing_else(body: str) -> None:  # TPL-07
    try:
        check(body)
    except PhraseError:
        return
    assert not leftover_marks(render(body, VALUES, {}, "schedule", PhraseOutcome.BOOKED).text)


ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Const,
    nodes.Filter,
)
TOKENS = (
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{%-",
        "-%}",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        ":",
        "|",
        "~",
        "+",
        "*",
    ),
    *(
        "'a'",
        "'booked'",
        '"{{"',
        "1",
        "==",
        "!=",
        "<",
        "if",
        "elif",
        "else",
        "endif",
        "for",
        "in",
        "endfor",
        "set",
        "=",
    ),
    *("raw", "endraw", "and", "or", "not", "is", "defined", "kind", "outcome", "patient", "first_name", "patient.name"),
    *(
        "new.time",
        "ask.x",
        "self",
        "loop",
        "upper",
        "default",
        "trim",
        "attr",
        "call",
        "macro",
        "include",
        "\n",
        "text",
    ),
)


def every_node(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from every_node(child)


def assert_harmless(body: str) -> None:
    """Whatever passes the check consists of allowed nodes, renders, and leaves no mark."""
    try:
        check(body, [Prompt("x", "X")])
    except PhraseError:
        return
    assert all(isinstance(node, ALLOWED_NODES) for node in every_node(SANDBOX.parse(body)))
    rendered = render(body, VALUES, {"x": "answer"}, "schedule", PhraseOutcome.BOOKED)
    assert not leftover_marks(rendered.text)
    assert len(rendered.text.encode()) <= phrases.OUTPUT_LIMIT


@settings(CALM, max_examples=300)
@given(st.lists(st.sampled_from(TOKENS), max_size=14).map(" ".join))
def test_no_forbidden_node_passes_in_a_heap_of_tokens(body: str) -> None:  # TPL-02
    assert_harmless(body)


@settings(CALM, max_examples=300)
@given(st.sampled_from(("{{ %s }}", "{%% if %s %%}a{%% endif %%}", "{{ 'a' if %s else 'b' }}")), st.data())
def test_no_forbidden_node_passes_inside_the_brackets(frame: str, data: st.DataObject) -> None:  # TPL-02
    inside = data.draw(st.lists(st.sampled_from([t for t in TOKENS if "{" not in t and "}" not in t]), max_size=8))
    assert_harmless(frame % " ".join(inside))


def operands() -> st.SearchStrategy[str]:
    plain = st.sampled_from([*FIELDS, "ask.x"]) | st.text("abc XYZ.é", max_size=8).map(lambda text: f"'{text}'")
    filtered = st.builds("{}|{}".format, plain, st.sampled_from(("upper", "lower", "title", "trim", "default('d')")))
    return plain | filtered


def conditions() -> st.SearchStrategy[str]:
    known = st.builds("kind == '{}'".format, st.sampled_from(KINDS))
    known |= st.builds("outcome != '{}'".format, st.sampled_from(list(PhraseOutcome)))
    simple = operands() | known | st.builds("{} {} {}".format, operands(), st.sampled_from(("==", "!=")), operands())
    return st.recursive(
        simple,
        lambda inner: (
            st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner)
            | st.builds("(not {})".format, inner)
        ),
        max_leaves=4,
    )


def bodies() -> st.SearchStrategy[str]:
    words = st.text("abc .,\n<>&'é٣🙂", max_size=12)
    shown = st.builds("{{{{ {} }}}}".format, operands())
    shown |= st.builds("{{{{ {} if {} else {} }}}}".format, operands(), conditions(), operands())
    return st.recursive(
        words | shown,
        lambda inner: (
            st.builds("{}{}".format, inner, inner)
            | st.builds("{{% if {} %}}{}{{% endif %}}".format, conditions(), inner)
            | st.builds(
                "{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format,
                conditions(),
                inner,
                conditions(),
                inner,
                inner,
            )
        ),
        max_leaves=8,
    )


@settings(CALM, max_examples=200)
@given(bodies(), st.sampled_from(KINDS), st.sampled_from(list(PhraseOutcome)))
def test_rendering_says_the_same_as_the_template_engine_itself(
    body: str, kind: str, outcome: PhraseOutcome
) -> None:  # RE2
    check(body, [Prompt("x", "X")])
    context: dict[str, object] = {"kind": kind, "outcome": str(outcome), "ask": {"x": "answer"}}
    for field, value in VALUES.items():
        prefix, _dot, name = field.partition(".")
        group = context.setdefault(prefix, {})
        assert isinstance(group, dict)
        group[name] = value
    expected = SANDBOX.from_string(body).render(context)

    rendered = render(body, VALUES, {"x": "answer"}, kind, outcome)

    def tidy(text: str) -> str:
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    assert tidy(rendered.text) == tidy(expected)
    assert not rendered.unresolved


def test_spans_tell_which_field_each_piece_came_from() -> None:  # RE2
    body = "Hi {{ contact.first_name|upper }}, {{ ask.note }} {{ new.time }}."
    rendered = render(body, {"contact.first_name": "Amara"}, {"note": "see you"}, "schedule", PhraseOutcome.BOOKED)
    assert rendered.spans == (
        TextSpan("Hi "),
        TextSpan("AMARA", "contact.first_name"),
        TextSpan(", "),
        TextSpan("see you", "ask.note"),
        TextSpan(" "),
        TextSpan("‹new time›", "new.time", unresolved=True),
        TextSpan("."),
    )
    assert rendered.unresolved == ("new.time",)


def test_an_open_field_is_shown_by_a_readable_name_and_named_once() -> None:  # RE2
    phrase = Phrase(
        "x", "X", "any", PhraseOutcome.ANY, "en", "G", 1, "{{ ask.form }} {{ ask.form }} {{ old.provider|upper }}",
        (Prompt("form", "Which form?"),),
    )  # fmt: skip
    rendered = render(phrase, {"old.provider": "  "}, {"form": " "}, "schedule", PhraseOutcome.ANY)
    assert rendered.text == "‹Which form?› ‹Which form?› ‹old provider›"
    assert rendered.unresolved == ("ask.form", "old.provider")


def test_a_default_closes_an_open_field() -> None:
    phrase = Phrase("x", "X", "any", PhraseOutcome.ANY, "en", "G", 1, "{{ ask.when }} {{ cancel.reason|default('soon') }}",
                    (Prompt("when", "When?", default="today"),))  # fmt: skip
    assert render(phrase, {}, {}, "cancel", PhraseOutcome.ANY).text == "today soon"
    assert render(phrase, {}, {"when": "tomorrow"}, "cancel", PhraseOutcome.ANY).text == "tomorrow soon"


def test_a_condition_asks_for_kind_outcome_and_filled_fields() -> None:  # RE2
    body = (
        "{% if kind == 'cancel' and outcome != 'declined' %}a{% elif provider.name %}b{% else %}c{% endif %}"
        "{{ 'd' if not provider.name else 'e' }}"
    )
    assert render(body, {}, {}, "cancel", PhraseOutcome.CANCELLED).text == "ad"
    assert render(body, VALUES, {}, "cancel", PhraseOutcome.DECLINED).text == "be"
    assert render(body, {}, {}, "schedule", PhraseOutcome.BOOKED).text == "cd"


def test_a_paragraph_left_out_leaves_no_gap() -> None:
    body = "One.\n\n{% if provider.name %}\nTwo.\n{% endif %}\n\nThree.\n\n{% if provider.name %}\nFour.\n{% endif %}\n"
    assert render(body, {}, {}, "cancel", PhraseOutcome.ANY).text == "One.\n\nThree."


def test_control_and_private_characters_in_values_are_left_out() -> None:
    given_values = {"patient.name": "A\0\ue000\ud800\x1bB\nC"}
    assert render("{{ patient.name }}", given_values, {}, "cancel", PhraseOutcome.ANY).text == "AB\nC"


def test_the_title_filter_keeps_names_as_they_are() -> None:
    rendered = render(
        "{{ patient.name|title }}", {"patient.name": "rory o'Brien McDonald"}, {}, "cancel", PhraseOutcome.ANY
    )
    assert rendered.text == "Rory O'Brien McDonald"


@pytest.mark.parametrize("mark", MARKS)
def test_a_template_mark_in_a_reply_is_found(mark: str) -> None:  # RE2
    assert leftover_marks(f"see you {mark} there") == (mark,)


def test_marks_that_a_name_brought_are_not_held_against_the_reply() -> None:  # TPL-05
    assert leftover_marks("Hi {{7*7}}", values=["{{7*7}}", "Amara"]) == ()
    assert leftover_marks("Hi {{7*7}} {{ x", values=["{{7*7}}"]) == ("{{",)
    assert leftover_marks("100 % {sure}") == ()


GOOD_FILE = """
id = "my-phrase"
title = "Mine"
kind = "schedule"
outcome = "booked"
language = "en"
group = "Own"
order = 5
body = "Bring {{ ask.form }}."
[prompts.form]
label = "Which form?"
type = "choice"
default = "A"
choices = ["A", "B"]
"""


def test_a_phrase_file_is_read() -> None:  # RE3
    prompt = Prompt("form", "Which form?", "choice", "A", ("A", "B"))
    assert parse(GOOD_FILE) == Phrase(
        "my-phrase", "Mine", "schedule", PhraseOutcome.BOOKED, "en", "Own", 5, "Bring {{ ask.form }}.", (prompt,)
    )


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('id = "my-phrase"', 'id = "My phrase"', "id"),
        ('id = "my-phrase"', 'id = "../x"', "id"),
        ('title = "Mine"', 'title = ""', "title"),
        ('title = "Mine"', 'title = "a\\nb"', "title"),
        ('title = "Mine"', "title = 3", "title"),
        ('kind = "schedule"', 'kind = "refill"', "kind"),
        ('outcome = "booked"', 'outcome = "done"', "outcome"),
        ('language = "en"', 'language = "English"', "language"),
        ("order = 5", "order = true", "order"),
        ("order = 5", "order = -1", "order"),
        ("order = 5", "colour = 5", "colour"),
        ('body = "Bring {{ ask.form }}."', 'body = " "', "body"),
        ('body = "Bring {{ ask.form }}."', 'body = "{{ lipsum() }}"', "body"),
        ("{{ ask.form }}", "{{ ask.other }}", "body"),
        ("{{ ask.form }}", "it", "prompts.form"),
        ("[prompts.form]", "[prompts.Form]", "prompts.Form"),
        ('type = "choice"', 'type = "colour"', "prompts.form"),
        ('type = "choice"', 'type = "text"', "prompts.form"),
        ('default = "A"', 'default = "C"', "prompts.form"),
        ('default = "A"', "default = 1", "prompts.form"),
        ('choices = ["A", "B"]', "choices = [1]", "prompts.form"),
        ('label = "Which form?"', 'label = ""', "prompts.form.label"),
        ('label = "Which form?"', 'label = "x"\nsize = 1', "prompts.form.size"),
        ("order = 5", "order = = 5", "file"),
    ],
)
def test_a_wrong_phrase_file_is_refused_naming_the_entry(old: str, new: str, field: str) -> None:  # RE3
    assert old in GOOD_FILE
    with pytest.raises(Invalid) as refusal:
        parse(GOOD_FILE.replace(old, new))
    assert refusal.value.field == field


LINES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=30)
ONE_LINE = LINES.map(str.strip).filter(lambda text: text and text.isprintable())
WRITTEN = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co")) | st.sampled_from('"\\\n\t'), max_size=80)


@settings(CALM, max_examples=150)
@given(ONE_LINE, ONE_LINE, WRITTEN, st.lists(ONE_LINE, min_size=1, max_size=3))
def test_a_phrase_survives_export_and_import(title: str, group: str, text: str, choices: list[str]) -> None:  # RE3
    body = (text.replace("{", "(").replace("}", ")") + "{{ ask.a }}").strip()
    prompt = Prompt("a", group, "choice", choices[0], tuple(choices))
    phrase = Phrase("a-1", title, "any", PhraseOutcome.MOVED, "es-MX", group, 7, body, (prompt,))
    assert parse(dump(phrase)) == phrase


def test_a_body_full_of_quotation_marks_survives() -> None:  # RE3
    for count in range(1, 9):
        phrase = Phrase("a", "A", "any", PhraseOutcome.ANY, "en", "G", 0, "a" + '"' * count + "\\n\n" + '"' * count)
        assert parse(dump(phrase)) == phrase


FILES = paths.phrase_files()
LIBRARY = tuple(parse(path.read_text("utf-8")) for path in FILES)

ALWAYS = {
    field for field in FIELDS if field.partition(".")[0] in ("practice", "staff", "contact", "patient", "request")
}
OLD = {field for field in FIELDS if field.partition(".")[0] in ("old", "type", "provider", "location")}
NEW = {field for field in FIELDS if field.partition(".")[0] in ("new", "type", "provider", "location")}


BOOKED = {field for field in FIELDS if field.startswith("booked.")}


def certain(kind: str, outcome: PhraseOutcome) -> set[str]:
    """The fields that are filled whenever a reply of this kind and outcome is written."""
    fields = ALWAYS | BOOKED  # a phrase that tells of an appointment is proposed where there is one
    if kind != "schedule":
        fields |= OLD
    if outcome in (PhraseOutcome.BOOKED, PhraseOutcome.MOVED):
        fields |= NEW
    if outcome is PhraseOutcome.CANCELLED:
        fields |= {"cancel.reason"}
    if outcome is PhraseOutcome.OFFERED:
        fields |= {"offer.times", "type.name"}
    return fields


def claims(phrase: Phrase) -> Iterator[tuple[str, PhraseOutcome]]:
    for kind in KINDS if phrase.kind == "any" else (phrase.kind,):
        for outcome in PhraseOutcome if phrase.outcome is PhraseOutcome.ANY else (phrase.outcome,):
            yield kind, outcome


@pytest.mark.parametrize("phrase", LIBRARY, ids=lambda phrase: phrase.slug)
@pytest.mark.parametrize("relation", ["mother", "self"])
def test_a_shipped_phrase_renders_for_all_it_claims(phrase: Phrase, relation: str) -> None:  # RE2, RE3
    asked = {prompt.name: "an answer" for prompt in phrase.prompts}
    for kind, outcome in claims(phrase):
        full = render(phrase, {**VALUES, "contact.relation": relation}, asked, kind, outcome)
        assert not full.unresolved
        assert not leftover_marks(full.text)
        assert full.text.startswith({"en": "Hi Amara,\n\n", "es": "Hola, Amara:\n\n"}[phrase.language])
        assert full.text.endswith("\n\nMaria, Harbor Pediatrics")
        assert "  " not in full.text
        assert "\n\n\n" not in full.text
        assert len(full.text) <= 700  # short: a reply read on a phone
        filled = {name: VALUES[name] for name in certain(kind, outcome)}
        assert not render(phrase, filled, asked, kind, outcome).unresolved


@pytest.mark.parametrize("phrase", LIBRARY, ids=lambda phrase: phrase.slug)
def test_a_shipped_phrase_that_books_or_moves_agrees_with_its_own_fields(phrase: Phrase) -> None:  # RE11
    words = Words("en_US", PracticeTime("America/Los_Angeles"), date(2026, 11, 20)).in_language(phrase.language)
    new, old = words.zone.instant(date(2026, 11, 24), 560), words.zone.instant(date(2026, 12, 3), 510)
    asked = {prompt.name: "an answer" for prompt in phrase.prompts}
    for kind, outcome in claims(phrase):
        if outcome in (PhraseOutcome.BOOKED, PhraseOutcome.MOVED) and phrase.outcome is outcome:
            fields = {
                **VALUES,
                "new.day": words.day(new),
                "new.clock": words.time(new),
                "new.time": words.moment(new),
                "old.time": words.moment(old),
            }
            text = render(phrase, fields, asked, kind, outcome).text
            told = ActFacts(
                new, VALUES["new.provider"], VALUES["new.location"], old, VALUES["old.provider"], VALUES["old.location"]
            )
            assert differences(text, told, words, providers=(VALUES["new.provider"],), locations=("Northside",)) == ()


@pytest.mark.parametrize("phrase", LIBRARY, ids=lambda phrase: phrase.slug)
def test_a_shipped_phrase_that_tells_of_no_act_promises_nothing(phrase: Phrase) -> None:  # RE11
    words = Words("en_US", PracticeTime("America/Los_Angeles"), date(2026, 11, 20)).in_language(phrase.language)
    old = words.zone.instant(date(2026, 12, 3), 510)
    fields = {**VALUES, "old.time": words.moment(old), "booked.day": words.day(old), "booked.clock": words.time(old)}
    for kind, outcome in claims(phrase):
        if outcome in (
            PhraseOutcome.NO_SLOT,
            PhraseOutcome.NEED_INFO,
            PhraseOutcome.DECLINED,
            PhraseOutcome.INFORMATION,
        ):
            for choice in max((prompt.choices for prompt in phrase.prompts), default=()) or (words.moment(old),):
                asked = {prompt.name: choice if prompt.choices else words.moment(old) for prompt in phrase.prompts}
                text = render(phrase, fields, asked, kind, outcome).text
                assert told_alone(text, outcome, None, words) == ()


def test_each_file_is_named_for_its_phrase_and_lies_in_the_folder_of_its_kind() -> None:  # RE3
    for path, phrase in zip(FILES, LIBRARY, strict=True):
        name = f"{path.parent.name}-{path.name.partition('.')[0]}"
        assert (path.parent.name, name) == (phrase.kind, phrase.slug)
        assert path.name.endswith(f".{phrase.language}.toml") == (phrase.language != "en")
        assert parse(dump(phrase)) == phrase


def test_the_library_has_at_least_28_phrases_with_ids_and_titles_of_their_own() -> None:  # RE3
    assert len(LIBRARY) >= 28
    assert {phrase.language for phrase in LIBRARY} == {"en", "es"}
    for language in ("en", "es"):
        these = [phrase for phrase in LIBRARY if phrase.language == language]
        assert len({phrase.slug for phrase in these}) == len(these)
        assert len({(phrase.kind, phrase.title) for phrase in these}) == len(these)
    assert {phrase.kind for phrase in LIBRARY} == {*KINDS, "any"}
    assert {phrase.outcome for phrase in LIBRARY} == set(PhraseOutcome)


@pytest.mark.parametrize(
    ("kind", "outcome", "slug"),
    [
        ("schedule", PhraseOutcome.BOOKED, "schedule-booked"),
        ("schedule", PhraseOutcome.NO_SLOT, "schedule-wished-time-taken"),
        ("schedule", PhraseOutcome.DECLINED, "schedule-well-visit-too-early"),
        ("reschedule", PhraseOutcome.MOVED, "reschedule-moved"),
        ("reschedule", PhraseOutcome.NO_SLOT, "reschedule-wished-time-taken"),
        ("cancel", PhraseOutcome.CANCELLED, "cancel-cancelled"),
        ("cancel", PhraseOutcome.NO_SLOT, "any-no-time-call"),
        ("cancel", PhraseOutcome.ANY, "any-reply"),
        ("reschedule", PhraseOutcome.ANY, "any-reply"),
    ],
)
def test_the_right_phrase_is_suggested_for_the_action_chosen(
    kind: str, outcome: PhraseOutcome, slug: str
) -> None:  # RE3
    suggested = suggest(LIBRARY, kind, outcome, "en")
    assert suggested is not None
    assert suggested.slug == slug


def a_phrase(
    slug: str, kind: str = "any", outcome: PhraseOutcome = PhraseOutcome.ANY, language: str = "en", order: int = 1
) -> Phrase:
    return Phrase(slug, slug.title(), kind, outcome, language, "Own", order, "Text with año and " + slug)


def test_the_parents_language_comes_first_then_english() -> None:  # RE2
    spanish, english = a_phrase("hola", language="es", order=9), a_phrase("hello", order=1)
    assert suggest([english, spanish], "cancel", PhraseOutcome.CANCELLED, "es-MX") == spanish
    assert suggest([english, spanish], "cancel", PhraseOutcome.CANCELLED, "ar") == english
    assert (
        suggest([a_phrase("booked", "schedule", PhraseOutcome.BOOKED)], "cancel", PhraseOutcome.CANCELLED, "en") is None
    )
    assert suggest([], "cancel", PhraseOutcome.CANCELLED, "en") is None


def test_what_fits_comes_first_and_the_rest_stays_to_be_found() -> None:  # RE3
    ranked = order_for(LIBRARY, "cancel", PhraseOutcome.CANCELLED, "en")
    assert len(ranked) == len({phrase.slug for phrase in LIBRARY})  # each once, in the nearest language
    assert {phrase.language for phrase in ranked} == {"en"}
    fits = [
        phrase.kind in ("cancel", "any") and phrase.outcome in (PhraseOutcome.CANCELLED, PhraseOutcome.ANY)
        for phrase in ranked
    ]
    assert fits == sorted(fits, reverse=True)


def test_phrases_are_found_by_typing_words_of_title_group_and_text() -> None:  # RE3
    found = order_for(LIBRARY, "schedule", PhraseOutcome.BOOKED, "en", "INSURANCE card")
    assert found[0].slug == "schedule-insurance-card"
    assert all("insurance" in (phrase.title + phrase.group + phrase.body).lower() for phrase in found)
    assert [phrase.slug for phrase in order_for([a_phrase("x")], "any", PhraseOutcome.ANY, "en", "ano own")] == ["x"]
    assert order_for(LIBRARY, "schedule", PhraseOutcome.BOOKED, "en", "zebra") == []
