"""The phrase language: prepared replies with merge fields, conditions and questions; checked, rendered to spans, ranked.

Where phrases are kept and who may edit them is the business of services. Nothing here touches the schedule: a phrase
gets plain texts, gives plain text, and every syntax that could do more is refused both when saved and when rendered.
"""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, Final

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from request_desk.domain.errors import Invalid
from request_desk.domain.requests import RequestKind
from request_desk.domain.words import _

ANY_KIND: Final = "any"
MARKS: Final = ("{{", "}}", "{%", "%}", "{#", "#}")
PROMPT_TYPES: Final = ("text", "choice", "date", "number")
SOURCE_LIMIT: Final = 8_000  # bytes of UTF-8 (TPL-04)
OUTPUT_LIMIT: Final = 10_000  # bytes of UTF-8 (TPL-04)
CONSTANT_LIMIT: Final = 100  # characters (TPL-02)
DEPTH_LIMIT: Final = 20  # nested conditions and filters; the shipped library needs three
FALLBACK_LANGUAGE: Final = "en"
_KEPT: Final = (
    256  # texts that are kept as they were read: reading one takes 2 ms, twenty times as long as filling it in
)


class PhraseOutcome(StrEnum):
    """What the reply tells the parent."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    OFFERED = "offered"
    NO_SLOT = "no_slot"
    NEED_INFO = "need_info"
    DECLINED = "declined"
    INFORMATION = "information"
    ANY = "any"


FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "practice.name": "The practice's name",
        "practice.phone": "The practice's phone number",
        "staff.first_name": "Your first name",
        "staff.name": "Your full name",
        "contact.first_name": "First name of the person who asked",
        "contact.name": "Full name of the person who asked",
        "contact.relation": "What the person who asked is to the patient: mother, father, self …",
        "patient.first_name": "The patient's first name",
        "patient.name": "The patient's full name",
        "patient.birth_date": "The patient's date of birth",
        "provider.name": "Provider of the new appointment, or of the present one",
        "location.name": "Location of the new appointment, or of the present one",
        "location.address": "Address of that location",
        "location.phone": "Phone number of that location",
        "type.name": "Type of visit",
        "type.minutes": "Length of the visit in minutes",
        "old.time": "Day and time of the present appointment",
        "old.provider": "Provider of the present appointment",
        "old.location": "Location of the present appointment",
        "new.time": "Day and time of the new appointment",
        "new.day": "Day of the new appointment",
        "new.clock": "Time of day of the new appointment",
        "new.provider": "Provider of the new appointment",
        "new.location": "Location of the new appointment",
        "offer.times": "The times that are offered, with provider and location",
        "booked.day": "Day of the appointment that the patient has already",
        "booked.clock": "Time of day of that appointment",
        "booked.provider": "Provider of that appointment",
        "booked.location": "Location of that appointment",
        "cancel.reason": "The reason of the cancellation, in the words the parent reads",
        "request.kind": "What was asked: schedule, cancel or reschedule",
    }
)
"""Every merge field with its explanation for the editor (to be shown through `_`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What a text may be made of: merge fields with their explanations, and names for conditions with what each can be."""

    fields: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]


OF_PHRASES: Final = Vocabulary(
    FIELDS, MappingProxyType({"kind": tuple(map(str, RequestKind)), "outcome": tuple(map(str, PhraseOutcome))})
)


class PhraseError(Invalid):
    """A text that cannot be used; `line` counts from 1, 0 is the text as a whole; `reason` is the sentence alone."""

    code: ClassVar = "phrase"

    def __init__(self, line: int, sentence: str) -> None:
        shown = _("Line {line}: {sentence}").format(line=line, sentence=sentence) if line else sentence
        super().__init__(shown, field="body")
        self.line = line
        self.reason = sentence


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that only the user can answer, used as `{{ ask.name }}`."""

    name: str
    label: str
    type: str = "text"  # one of PROMPT_TYPES
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """One prepared reply. `slug` never changes once used; `kind` is a request kind or "any"."""

    slug: str
    title: str
    kind: str
    outcome: PhraseOutcome
    language: str
    group: str
    order: int
    body: str
    prompts: tuple[Prompt, ...] = ()


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A rendered piece; `field` is the merge field or question ("ask.form") it came from, None for the phrase's own words."""

    text: str
    field: str | None = None
    unresolved: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply in pieces, so that merge fields can be locked and rendered again."""

    spans: tuple[TextSpan, ...]

    @property
    def text(self) -> str:
        """The reply as it would be read now, open fields by their readable names."""
        return "".join(span.text for span in self.spans)

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The fields that are still open, each once, in reading order; sending is refused while there are any (RE2)."""
        return tuple(dict.fromkeys(span.field or "" for span in self.spans if span.unresolved))


def _title(text: str) -> str:
    # str.title() would write "Mcdonald" and "O'brien's" as "O'Brien'S".
    return re.sub(r"(^|\s)(\S)", lambda found: found[1] + found[2].upper(), text)


FILTERS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"upper": str.upper, "lower": str.lower, "title": _title, "trim": str.strip}
)


def _sandbox() -> ImmutableSandboxedEnvironment:
    """The syntax of phrases. Templates are parsed by it and walked here, so no code is ever generated from a phrase."""
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    sandbox.globals = {}
    sandbox.filters = {**FILTERS, "default": lambda text, instead: text or instead}
    sandbox.tests = {}
    return sandbox


SANDBOX: Final = _sandbox()


_KEYS: Final = ("id", "title", "kind", "outcome", "language", "group", "order", "body", "prompts")
_PROMPT_KEYS: Final = ("label", "type", "default", "choices")
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_PROMPT_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


def parse(text: str) -> Phrase:
    """Read one phrase file. Raises Invalid naming the entry that is wrong, PhraseError when it is the text."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(_("This is not a phrase file: {error}.").format(error=str(error)), field="file") from None
    _known(values, _KEYS, "")
    kind = _line(values, "kind", 20)
    if kind not in (*RequestKind, ANY_KIND):
        raise Invalid(_("The kind must be schedule, cancel, reschedule or any."), field="kind")
    outcome = _line(values, "outcome", 20)
    if outcome not in tuple(PhraseOutcome):
        raise Invalid(_("The outcome must be one of: {names}.").format(names=", ".join(PhraseOutcome)), field="outcome")
    order = values.get("order", 100)
    if isinstance(order, bool) or not isinstance(order, int) or not 0 <= order <= 9999:
        raise Invalid(_("The order must be a whole number from 0 to 9999."), field="order")
    body = values.get("body")
    if not isinstance(body, str) or not body.strip():
        raise Invalid(_("The phrase has no text."), field="body")
    phrase = Phrase(
        slug=_matching(values, "id", _SLUG, _("The id has small letters, digits and hyphens only.")),
        title=_line(values, "title", 80),
        kind=kind,
        outcome=PhraseOutcome(outcome),
        language=_matching(values, "language", _LANGUAGE, _("The language is written like en or es-MX.")),
        group=_line(values, "group", 40),
        order=order,
        body=body.strip(),
        prompts=_prompts(values.get("prompts", {})),
    )
    _check_phrase(phrase)
    return phrase


def dump(phrase: Phrase) -> str:
    """Write a phrase as the file that `parse` reads."""
    lines = [
        f"id = {quoted(phrase.slug)}",
        f"title = {quoted(phrase.title)}",
        f"kind = {quoted(phrase.kind)}",
        f"outcome = {quoted(phrase.outcome)}",
        f"language = {quoted(phrase.language)}",
        f"group = {quoted(phrase.group)}",
        f"order = {phrase.order}",
        dumped_body(phrase.body),
    ]
    for prompt in phrase.prompts:
        lines += ["", f"[prompts.{prompt.name}]", f"label = {quoted(prompt.label)}", f"type = {quoted(prompt.type)}"]
        lines.append(f"default = {quoted(prompt.default)}")
        if prompt.choices:
            lines.append(f"choices = [{', '.join(map(quoted, prompt.choices))}]")
    return "\n".join(lines) + "\n"


def dumped_body(text: str) -> str:
    """Write the entry of a file that holds a text of several lines."""
    body = "\n".join(quoted(line)[1:-1].replace('\\"', '"') for line in text.split("\n"))
    # Three quotation marks in a row would end the text; one escaped among them cannot.
    body = body.replace('""', '"\\"')
    return f'body = """\n{body}\n"""'


def quoted(text: str) -> str:
    """Write the value of an entry that holds one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _known(values: Mapping[str, object], keys: Sequence[str], prefix: str) -> None:
    for key in values:
        if key not in keys:
            raise Invalid(_("A phrase has no entry “{name}”.").format(name=prefix + key), field=prefix + key)


def _line(values: Mapping[str, object], key: str, limit: int, prefix: str = "") -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > limit or not value.isprintable():
        sentence = _("“{name}” must be one line of text, at most {limit} characters.")
        raise Invalid(sentence.format(name=prefix + key, limit=limit), field=prefix + key)
    return value.strip()


def _matching(values: Mapping[str, object], key: str, pattern: re.Pattern[str], sentence: str) -> str:
    value = _line(values, key, 64)
    if not pattern.fullmatch(value):
        raise Invalid(sentence, field=key)
    return value


def _prompts(table: object) -> tuple[Prompt, ...]:
    if not isinstance(table, dict) or not all(isinstance(entry, dict) for entry in table.values()):
        raise Invalid(_("Questions are written as [prompts.name] with label, type and default."), field="prompts")
    return tuple(_prompt(name, entry) for name, entry in table.items())


def _prompt(name: str, entry: Mapping[str, object]) -> Prompt:
    where = f"prompts.{name}"
    if not _PROMPT_NAME.fullmatch(name):
        raise Invalid(_("The name of a question has small letters, digits and _ only."), field=where)
    _known(entry, _PROMPT_KEYS, where + ".")
    default, choices = entry.get("default", ""), entry.get("choices", [])
    if not isinstance(default, str) or len(default) > 500:
        raise Invalid(_("The default of a question is a text of at most 500 characters."), field=where)
    if not isinstance(choices, list) or not all(isinstance(choice, str) and choice for choice in choices):
        raise Invalid(_("The choices of a question are a list of texts."), field=where)
    kind = entry.get("type", "text")
    if not isinstance(kind, str) or kind not in PROMPT_TYPES:
        raise Invalid(_("The type of a question is text, choice, date or number."), field=where)
    if (kind == "choice") != bool(choices) or (choices and default and default not in choices):
        raise Invalid(_("A question of type choice lists its choices, and its default is one of them."), field=where)
    return Prompt(name, _line(entry, "label", 80, where + "."), kind, default, tuple(choices))


def _check_phrase(phrase: Phrase) -> None:
    used = _checked(phrase.body, frozenset(prompt.name for prompt in phrase.prompts))[1]
    for prompt in phrase.prompts:
        if f"ask.{prompt.name}" not in used:
            sentence = _("The question “{name}” is not used in the text.").format(name=prompt.name)
            raise Invalid(sentence, field=f"prompts.{prompt.name}")


def check(body: str, prompts: Sequence[Prompt] = (), vocabulary: Vocabulary = OF_PHRASES) -> None:
    """Raise PhraseError, with line and reason, unless `body` is written in the phrase language and its words."""
    _checked(body, frozenset(prompt.name for prompt in prompts), vocabulary)


@lru_cache(maxsize=_KEPT)
def _checked(
    body: str, prompts: frozenset[str] | None, vocabulary: Vocabulary = OF_PHRASES
) -> tuple[nodes.Template, frozenset[str]]:
    """The syntax tree and the fields it uses; `prompts` None allows any question (a body on its own, in the preview)."""
    if len(body.encode("utf-8", "surrogatepass")) > SOURCE_LIMIT:
        raise PhraseError(
            0, _("The text is too long: it may have at most about {limit} letters.").format(limit=SOURCE_LIMIT)
        )
    for number, line in enumerate(body.split("\n"), 1):
        if any(unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\t\r" for c in line):
            raise PhraseError(number, _("There is an invisible control character here. Delete it and type it again."))
    try:
        for number, piece, _value in SANDBOX.lex(body):
            if piece == "raw_begin":
                raise PhraseError(number, _("“raw” is not possible here."))
        tree = SANDBOX.parse(body)
    except TemplateSyntaxError as error:
        raise PhraseError(error.lineno, _syntax_sentence(error.message or "")) from None
    except (RecursionError, ValueError, OverflowError):  # thousands of brackets; a number of 5,000 digits
        raise PhraseError(0, _("The text is nested too deeply, or has a number too long, to be read.")) from None
    checker = _Checker(prompts, vocabulary)
    checker.body(tree.body, 0)
    return tree, frozenset(checker.used)


class _Checker:
    """The allow-list: whatever it does not know is refused (TPL-02)."""

    def __init__(self, prompts: frozenset[str] | None, vocabulary: Vocabulary) -> None:
        self._prompts = prompts
        self._fields = vocabulary.fields
        self._names = vocabulary.names
        self.used: set[str] = set()

    def body(self, body: Iterable[nodes.Node], depth: int) -> None:
        for node in body:
            self._deep(node, depth)
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        self._output(part, depth + 1)
                case nodes.If():
                    self.test(node.test, depth + 1)
                    self.body(node.body, depth + 1)
                    self.body(node.elif_, depth)
                    self.body(node.else_, depth + 1)
                case _:
                    raise PhraseError(_at(node), _forbidden(node))

    def test(self, node: nodes.Node, depth: int) -> None:
        self._deep(node, depth)
        match node:
            case nodes.And() | nodes.Or():
                self.test(node.left, depth + 1)
                self.test(node.right, depth + 1)
            case nodes.Not():
                self.test(node.node, depth + 1)
            case nodes.Compare():
                self._compare(node, depth)
            case _:
                self._operand(node, depth)

    def _compare(self, node: nodes.Compare, depth: int) -> None:
        if len(node.ops) != 1 or node.ops[0].op not in ("eq", "ne"):
            raise PhraseError(_at(node), _("Compare two texts with == or != only."))
        sides = (node.expr, node.ops[0].expr)
        for side in sides:
            self._operand(side, depth + 1)
        for name, value in (sides, sides[::-1]):
            if isinstance(name, nodes.Name) and isinstance(value, nodes.Const):
                known = self._names[name.name]
                if value.value not in known:
                    sentence = _("“{value}” is no {name}. Known are: {known}.")
                    names = {"value": value.value, "name": name.name, "known": ", ".join(known)}
                    raise PhraseError(_at(node), sentence.format(**names))

    def _output(self, node: nodes.Node, depth: int) -> None:
        self._deep(node, depth)
        match node:
            case nodes.TemplateData():
                self._own_words(_at(node), node.data)
            case nodes.CondExpr():
                self.test(node.test, depth + 1)
                self._output(node.expr1, depth + 1)
                if node.expr2 is not None:
                    self._output(node.expr2, depth + 1)
            case nodes.Name() if node.name in self._names:
                sentence = _("“{name}” is for conditions only, after “if”. Choose a field from the list to tell it.")
                raise PhraseError(_at(node), sentence.format(name=node.name))
            case nodes.And() | nodes.Or() | nodes.Not() | nodes.Compare():
                raise PhraseError(_at(node), _("and, or, not, == and != are for conditions only, after “if”."))
            case _:
                self._operand(node, depth)

    def _operand(self, node: nodes.Node, depth: int) -> None:
        self._deep(node, depth)
        match node:
            case nodes.Const():
                self._constant(node)
            case nodes.Name() if node.name in self._names:
                pass
            case nodes.Getattr(node=nodes.Name()):
                self._field(node)
            case nodes.Filter():
                self._filter(node, depth)
            case nodes.Name():
                raise PhraseError(_at(node), _unknown_field(node.name, self._fields))
            case _:
                raise PhraseError(_at(node), _forbidden(node))

    def _filter(self, node: nodes.Filter, depth: int) -> None:
        wanted = 1 if node.name == "default" else 0
        if node.name != "default" and node.name not in FILTERS:
            sentence = _("“|{name}” is not known. Known are |upper, |lower, |title, |trim and |default('…').")
            raise PhraseError(_at(node), sentence.format(name=node.name))
        if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) != wanted:
            sentence = _("Write “|{name}” without brackets, and |default with one text: |default('…').")
            raise PhraseError(_at(node), sentence.format(name=node.name))
        for argument in node.args:
            if not isinstance(argument, nodes.Const):
                raise PhraseError(_at(node), _("After |default stands a text in quotation marks."))
            self._constant(argument)
        self._operand(node.node, depth + 1)

    def _field(self, node: nodes.Getattr) -> None:
        field = _field_of(node)
        prefix, _dot, name = field.partition(".")
        if prefix == "ask":
            if self._prompts is not None and name not in self._prompts:
                raise PhraseError(_at(node), _("There is no question “{name}” here.").format(name=name))
            if not _PROMPT_NAME.fullmatch(name):
                raise PhraseError(_at(node), _("The name of a question has small letters, digits and _ only."))
        elif field not in self._fields:
            raise PhraseError(_at(node), _unknown_field(field, self._fields))
        self.used.add(field)

    def _constant(self, node: nodes.Const) -> None:
        value = node.value
        if not isinstance(value, str):
            raise PhraseError(_at(node), _("Only texts in quotation marks are possible here, no numbers."))
        if len(value) > CONSTANT_LIMIT or not value.isprintable():
            sentence = _("A text in quotation marks is one line of at most {limit} characters.")
            raise PhraseError(_at(node), sentence.format(limit=CONSTANT_LIMIT))
        self._own_words(_at(node), value)

    def _own_words(self, line: int, text: str) -> None:
        for mark in leftover_marks(text):
            number = line + text[: text.index(mark)].count("\n")
            sentence = _("“{mark}” stands alone here. A field is written {field}, a condition {condition}.")
            shown = sentence.format(mark=mark, field="{{ patient.first_name }}", condition="{% if … %} … {% endif %}")
            raise PhraseError(number, shown)

    def _deep(self, node: nodes.Node, depth: int) -> None:
        if depth > DEPTH_LIMIT:
            raise PhraseError(_at(node), _("The text is nested too deeply to be read."))


def _at(node: nodes.Node) -> int:
    # The parser gives some nodes no line, {% autoescape %} for one.
    return node.lineno or 0


def _field_of(node: nodes.Getattr) -> str:
    # The checker lets only a name stand before the dot.
    return f"{node.node.name}.{node.attr}" if isinstance(node.node, nodes.Name) else node.attr


def _unknown_field(name: str, fields: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, fields, n=1, cutoff=0.5)
    if near:
        return _("There is no field “{name}”. Did you mean “{near}”?").format(name=name, near=near[0])
    return _("There is no field “{name}”. Choose one from the list of fields.").format(name=name)


def _forbidden(node: nodes.Node) -> str:
    """Say in the user's words why a piece of syntax is not part of the language."""
    match node:
        case nodes.For():
            return _("A text cannot repeat anything: “for” is not possible.")
        case nodes.Call() | nodes.CallBlock() | nodes.Macro():
            return _("A text cannot call anything: remove the part with the round brackets.")
        case nodes.Assign() | nodes.AssignBlock() | nodes.With():
            return _("A text cannot set values: “set” and “with” are not possible.")
        case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends() | nodes.Block():
            return _("A text stands alone: it cannot load another one.")
        case nodes.Concat():
            return _("“~” is not possible. Write the fields one after the other.")
        case nodes.BinExpr() | nodes.UnaryExpr():
            return _("A text cannot calculate.")
        case nodes.Getitem() | nodes.Getattr() | nodes.Slice():
            return _("A field has one dot and no square brackets, like patient.first_name.")
        case nodes.Test():
            return _("“is” is not possible. A condition like {example} asks if a field is filled.").format(
                example="{% if provider.name %}"
            )
        case nodes.List() | nodes.Tuple() | nodes.Dict():
            return _("Lists are not possible here.")
        case _:
            return _("This is not possible here. Choose a field from the list, or a condition with “if”.")


def _syntax_sentence(message: str) -> str:
    if "unknown tag" in message:
        if "else" in message or "endif" in message:
            return _("Here is an {% else %} or {% endif %} without its {% if %}.")
        return _(
            "A condition is written {% if … %} … {% elif … %} … {% else %} … {% endif %}; no other {% … %} is known."
        )
    if "unexpected end of template" in message or "end of template" in message.lower():
        return _("An {% if %} has no {% endif %}, or a {{ has no }}.")
    return _("This cannot be read. A field is written {{ patient.first_name }}, a condition {% if … %} … {% endif %}.")


@dataclass(frozen=True, slots=True)
class _Given:
    """What a rendering knows."""

    values: Mapping[str, str]
    asked: Mapping[str, str]
    prompts: Mapping[str, Prompt]
    names: Mapping[str, str]

    def value(self, field: str) -> str:
        """The text of a field, "" while it is open."""
        if not field.startswith("ask."):
            return _plain(self.values.get(field, ""))
        name = field.removeprefix("ask.")
        answer = _plain(self.asked.get(name, ""))
        return answer or (_plain(self.prompts[name].default) if name in self.prompts else "")

    def span(self, field: str) -> TextSpan:
        text = self.value(field)
        return TextSpan(text, field) if text else TextSpan(self._open_name(field), field, unresolved=True)

    def _open_name(self, field: str) -> str:
        name = field.removeprefix("ask.")
        label = self.prompts[name].label if field != name and name in self.prompts else _(re.sub(r"[._]", " ", name))
        return f"‹{label}›"


def render(
    phrase_or_body: Phrase | str, values: Mapping[str, str], asked: Mapping[str, str], kind: str, outcome: PhraseOutcome
) -> Rendered:
    """Render a phrase, or the body of one, to spans.

    `values` maps merge fields to their texts, `asked` the names of questions to their answers. A field that is missing
    or blank becomes an unresolved span; in a condition it counts as not filled. Values are never read as syntax
    (TPL-05). Raises PhraseError for a body that does not pass `check` or gives more than 10 kB.
    """
    _only_texts(values)
    _only_texts(asked)
    if isinstance(phrase_or_body, Phrase):
        body, prompts = phrase_or_body.body, {prompt.name: prompt for prompt in phrase_or_body.prompts}
        tree, _used = _checked(body, frozenset(prompts))
    else:
        prompts = {}
        tree, _used = _checked(phrase_or_body, None)
    return _rendered(tree, _Given(values, asked, prompts, {"kind": str(kind), "outcome": str(outcome)}))


def fill(body: str, vocabulary: Vocabulary, values: Mapping[str, str]) -> Rendered:
    """Render a text without questions, as `render` does; `values` has merge fields and names for conditions."""
    _only_texts(values)
    tree, _used = _checked(body, frozenset(), vocabulary)
    fields = {field: text for field, text in values.items() if field in vocabulary.fields}
    return _rendered(tree, _Given(fields, {}, {}, {name: values.get(name, "") for name in vocabulary.names}))


def _only_texts(given: Mapping[str, str]) -> None:
    for name, value in given.items():
        if not isinstance(value, str):
            raise TypeError(f"the phrase value {name} is no text but {type(value).__name__}")


def _rendered(tree: nodes.Template, given: _Given) -> Rendered:
    pieces, size = list[TextSpan](), 0
    for span in _spans(tree.body, given):
        size += len(span.text.encode("utf-8", "replace"))
        if size > OUTPUT_LIMIT:
            sentence = _("The whole would be too long: it may have at most about {limit} letters. Shorten the text.")
            raise PhraseError(0, sentence.format(limit=OUTPUT_LIMIT))
        pieces.append(span)
    rendered = Rendered(_tidied(pieces))
    if leftover_marks("".join(" " if span.field else span.text for span in rendered.spans)):
        raise PhraseError(0, _("The text would leave curly brackets behind. Take the lone brackets out."))
    return rendered


def _spans(body: Iterable[nodes.Node], given: _Given) -> Iterator[TextSpan]:
    for node in body:
        match node:
            case nodes.Output():
                for part in node.nodes:
                    yield from _value(part, given)
            case nodes.If():
                yield from _spans(_branch(node, given), given)
            case _:
                raise AssertionError("the checker let an unknown statement pass")


def _branch(node: nodes.If, given: _Given) -> list[nodes.Node]:
    for case in (node, *node.elif_):
        if _holds(case.test, given):
            return case.body
    return node.else_


def _value(node: nodes.Node, given: _Given) -> Iterator[TextSpan]:
    match node:
        case nodes.TemplateData():
            yield TextSpan(node.data)
        case nodes.Const():
            yield TextSpan(str(node.value))
        case nodes.Getattr():
            yield given.span(_field_of(node))
        case nodes.CondExpr():
            chosen = node.expr1 if _holds(node.test, given) else node.expr2
            if chosen is not None:
                yield from _value(chosen, given)
        case nodes.Filter() if node.node is not None:
            yield from (_filtered(span, node) for span in _value(node.node, given))
        case _:
            raise AssertionError("the checker let an unknown expression pass")


def _filtered(span: TextSpan, node: nodes.Filter) -> TextSpan:
    if node.name == "default":
        instead = node.args[0]
        assert isinstance(instead, nodes.Const)
        return replace(span, text=str(instead.value), unresolved=False) if span.unresolved or not span.text else span
    return span if span.unresolved else replace(span, text=FILTERS[node.name](span.text))


def _holds(node: nodes.Node, given: _Given) -> bool:
    match node:
        case nodes.And():
            return _holds(node.left, given) and _holds(node.right, given)
        case nodes.Or():
            return _holds(node.left, given) or _holds(node.right, given)
        case nodes.Not():
            return not _holds(node.node, given)
        case nodes.Compare():
            same = _operand_text(node.expr, given) == _operand_text(node.ops[0].expr, given)
            return same if node.ops[0].op == "eq" else not same
        case _:
            return bool(_operand_text(node, given))


def _operand_text(node: nodes.Node, given: _Given) -> str:
    match node:
        case nodes.Name():
            return given.names[node.name]
        case _:
            return "".join("" if span.unresolved else span.text for span in _value_of(node, given))


def _value_of(node: nodes.Node, given: _Given) -> Iterator[TextSpan]:
    """As `_value`, with names for conditions, also under a filter."""
    match node:
        case nodes.Name():
            yield TextSpan(_operand_text(node, given))
        case nodes.Filter() if node.node is not None:
            yield from (_filtered(span, node) for span in _value_of(node.node, given))
        case _:
            yield from _value(node, given)


def _plain(text: str) -> str:
    """A value without control, surrogate and private-use characters; blank is nothing."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    return kept if kept.strip() else ""


def _tidied(pieces: Iterable[TextSpan]) -> tuple[TextSpan, ...]:
    """Join the phrase's own words, drop empty pieces, close the gaps that conditions leave."""
    joined: list[TextSpan] = []
    for span in pieces:
        if joined and span.field is None and joined[-1].field is None:
            joined[-1] = TextSpan(joined[-1].text + span.text)
        elif span.text:
            joined.append(span)
    spans = [replace(s, text=re.sub(r"\n{3,}", "\n\n", s.text)) if s.field is None else s for s in joined]
    if spans and spans[0].field is None:
        spans[0] = TextSpan(spans[0].text.lstrip())
    if spans and spans[-1].field is None:
        spans[-1] = TextSpan(spans[-1].text.rstrip())
    return tuple(span for span in spans if span.text)


def leftover_marks(text: str, values: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the template marks left in `text`; a reply with any is not sent (RE2).

    `values` are texts that may hold such marks as they are, the patient's name say: they are left out of the search.
    """
    found = tuple(mark for mark in MARKS if mark in text)
    if not found:
        return ()
    for value in values:
        if any(mark in value for mark in MARKS):
            text = text.replace(value, " ")
    return tuple(mark for mark in found if mark in text)
