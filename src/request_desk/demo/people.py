"""The families of the demo practice: children, who asks for them, and with which rights; their appointments are made elsewhere."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from request_desk.demo import data
from request_desk.demo.data import AnyChild, Calendar, Culture, Name, NamedChild, NamedFamily, Sex

NewId = Callable[[], int]

_YEAR: Final = 365.2425
_MONTH: Final = _YEAR / 12
_ADULT_YEARS: Final = 18
_PHONES: Final = 50  # 555-0150 to 0199; the named families and the practice have those below
_AREAS: Final = ("206", "425", "253", "360")
_TWINS: Final = 0.03
_NO_EMAIL: Final = 0.06
_OWN_LANGUAGE: Final = 0.4
# Of 100 families, how many come to a provider: longer in the practice is more.
_PANELS: Final = {
    "lindqvist": 17, "mwangi": 17, "castellanos": 6, "zielinska": 14, "tehrani": 13, "oyelaran": 11, "pham": 11, "feldman": 11
}  # fmt: skip
_LANGUAGES: Final = {
    "spanish": "es", "chinese": "zh", "japanese": "ja", "korean": "ko", "arabic": "ar", "hebrew": "he", "hindi": "hi",
    "thai": "th", "cyrillic": "uk", "amharic": "am", "greek": "el", "armenian": "hy", "vietnamese": "vi",
}  # fmt: skip

SPOKEN: Final = ("en", "es")  # at the desk; with everybody else an interpreter speaks


@dataclass(frozen=True, slots=True)
class Right:
    """What a contact is to one child."""

    child_id: int
    relation: str
    may_book: bool = True
    may_see_messages: bool = True
    gets_notices: bool = True
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class DemoContact:
    """Somebody who asks; `email` "" is none. `key` names those whom a request names."""

    id: int
    key: str
    given: str
    family: str
    language: str
    phone: str
    email: str
    rights: tuple[Right, ...]

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(frozen=True, slots=True)
class DemoChild:
    """A patient. `key` names those whom a request names."""

    id: int
    key: str
    given: str
    family: str
    sex: Sex
    birth_day: date
    custody_note: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A household and its usual provider."""

    id: int
    key: str
    provider: str
    location: str
    children: tuple[DemoChild, ...]
    contacts: tuple[DemoContact, ...]


class Population:
    """Makes families until the practice has its patients: first those the files name, then as many as are missing."""

    def __init__(self, random: Random, calendar: Calendar, new_id: NewId, patients: int) -> None:
        self._random = random
        self._today = calendar.today
        self._calendar = calendar
        self._new_id = new_id
        self._rules = data.practice().population
        self._patients = patients
        self._cultures = data.names().culture
        self._shares = list(accumulate(culture.share for culture in self._cultures))
        self._weights = {culture.key: _weights(culture) for culture in self._cultures}
        self._by_key = {culture.key: culture for culture in self._cultures}
        self._emails: dict[str, int] = {}
        self._named: dict[tuple[str, str], DemoChild] = {}
        self._providers = {provider.key: provider for provider in data.practice().provider}
        for family in data.requests().family:
            for contact in family.contact:
                self._emails[contact.email.partition("@")[0]] = 1

    def families(self) -> list[Family]:
        """Return all families; they have just as many children as patients are wanted."""
        made = [*self._from_requests(), *self._from_pictures(), *self._look_alikes(), *self._long_names()]
        missing = self._patients - sum(len(family.children) for family in made)
        sizes = list(accumulate(self._rules.families_of))
        while missing:
            size = min(missing, self._random.choices(range(1, len(sizes) + 1), cum_weights=sizes)[0])
            made.append(self._family(size))
            missing -= size
        return made

    # families that the files name

    def _from_requests(self) -> Iterator[Family]:
        for named in data.requests().family:
            children = tuple(self._named_child(named, child) for child in named.child)
            contacts = tuple(
                DemoContact(
                    id=self._new_id(),
                    key=f"{named.key}.{contact.key}",
                    given=contact.given,
                    family=contact.family or named.family,
                    language=contact.language,
                    phone=contact.phone,
                    email=contact.email,
                    rights=tuple(
                        Right(
                            child.id,
                            contact.relation,
                            contact.may_book,
                            contact.may_see_messages,
                            contact.gets_notices,
                            self._end_of_right(child, contact.relation),
                        )
                        for child in children
                    ),
                )
                for contact in named.contact
            )
            yield Family(self._new_id(), named.key, named.provider, named.location, children, contacts)

    def _named_child(self, family: NamedFamily, named: NamedChild) -> DemoChild:
        name = Name(given=named.given, family=named.family or family.family)
        child = self._child(name, named.sex, self._born(named), key=f"{family.key}.{named.key}")
        return replace(child, custody_note=named.custody_note)

    def _born(self, child: NamedChild) -> date:
        if child.turns is not None:
            day = self._calendar.day(child.business_day) + timedelta(days=child.plus_days)
            return _same_day(day, day.year - child.turns)
        if child.months is not None:
            return self._today - timedelta(days=round(child.months * _MONTH) + 3)
        month, day_of_month = (int(part) for part in child.birthday.split("-"))
        last = (
            self._today.year if (month, day_of_month) <= (self._today.month, self._today.day) else self._today.year - 1
        )
        return date(last - (child.years or 0), month, day_of_month)

    def _from_pictures(self) -> Iterator[Family]:
        for booked in data.requests().booked:
            months = {"12-month": (12, 13), "ear": (10, 60), "sick": (12, 90)}.get(booked.type, (30, 120))
            birth_day = self._today - timedelta(days=round(self._random.uniform(*months) * _MONTH))
            name = Name(given=booked.given, family=booked.family)
            family = self._alone(name, birth_day, booked.provider)
            yield replace(family, key=f"booked.{booked.given}")

    def _look_alikes(self) -> Iterator[Family]:
        for pair in data.names().look_alike:
            birth_day = self._today - timedelta(days=round(self._random.uniform(36, 140) * _MONTH))
            for name in (pair.first, pair.second):
                known = self._named.get((name.given, name.family)) if name is pair.first else None
                if known is not None:
                    birth_day = known.birth_day
                    continue
                if name is pair.second and pair.born == "different":
                    birth_day += timedelta(days=self._random.choice((-1, 1)) * self._random.randint(40, 700))
                yield self._alone(name, birth_day)

    def _long_names(self) -> Iterator[Family]:
        for name in data.names().long:
            yield self._alone(name, self._today - timedelta(days=round(self._random.uniform(1, 17) * _YEAR)))

    def _alone(self, name: Name, birth_day: date, provider: str = "") -> Family:
        """A family of one child with a given name."""
        culture = self._by_key["english"]
        child = self._child(name, self._random.choice(("girl", "boy")), birth_day)
        return self._household(culture, name.family, (child,), provider=provider)

    # everybody else

    def _family(self, size: int) -> Family:
        culture = self._cultures[self._random.choices(range(len(self._cultures)), cum_weights=self._shares)[0]]
        surname = self._random.choices(culture.family, cum_weights=self._weights[culture.key])[0]
        used: set[str] = set()
        children = []
        for birth_day in self._births(size):
            sex: Sex = self._random.choice(("girl", "boy"))
            given = self._given(culture, sex, used)
            used.add(given)
            children.append(self._child(Name(given=given, family=surname), sex, birth_day))
        return self._household(culture, surname, tuple(children))

    def _births(self, size: int) -> list[date]:
        """Birthdays of siblings, one and a half to four years apart, all of them of an age for this practice."""
        oldest = self._rules.oldest_years * _YEAR - 1
        ages = [self._random.uniform(4, oldest)]
        is_downward = self._random.random() < 0.5
        while len(ages) < size:
            gap = 0.0 if self._random.random() < _TWINS else self._random.uniform(1.5, 4) * _YEAR
            age = min(ages) - gap if is_downward else max(ages) + gap
            if not 4 <= age <= oldest:
                is_downward = not is_downward
                age = min(ages) - gap if is_downward else max(ages) + gap
            ages.append(min(max(age, 4), oldest))
        return [self._today - timedelta(days=round(age)) for age in sorted(ages, reverse=True)]

    def _given(self, culture: Culture, sex: Sex, used: set[str]) -> str:
        source = self._by_key["english"] if self._random.random() * 100 < culture.english_given else culture
        stock = source.girl if sex == "girl" else source.boy
        left = [name for name in stock if name not in used] or [
            name for name in self._by_key["english"].girl if name not in used
        ]
        return self._random.choice(left)

    def _child(self, name: Name, sex: Sex, birth_day: date, key: str = "") -> DemoChild:
        child = DemoChild(self._new_id(), key, name.given, name.family, sex, birth_day)
        self._named.setdefault((name.given, name.family), child)
        return child

    def _household(self, culture: Culture, surname: str, children: tuple[DemoChild, ...], provider: str = "") -> Family:
        chosen = provider or self._random.choices(list(_PANELS), weights=list(_PANELS.values()))[0]
        first = "mother" if self._random.random() < 0.78 else "father"
        contacts = [self._parent(culture, surname, children, first)]
        if self._random.random() < self._rules.two_contacts:
            second = "father" if first == "mother" else "mother"
            lives_elsewhere = self._random.random() < self._rules.other_address
            other = (
                surname if not lives_elsewhere and self._random.random() < 0.8 else self._random.choice(culture.family)
            )
            contacts.append(self._parent(culture, other, children, second))
        if self._random.random() < self._rules.grandparent:
            contacts.append(self._grandparent(culture, surname, children))
        contacts.extend(self._own_account(child) for child in children if self._has_own_account(child))
        location = self._random.choice(self._providers[chosen].locations)
        return Family(self._new_id(), "", chosen, location, children, tuple(contacts))

    def _parent(self, culture: Culture, surname: str, children: Sequence[DemoChild], relation: str) -> DemoContact:
        mothers, fathers = culture.mother or culture.girl, culture.father or culture.boy
        given = self._random.choice(mothers if relation == "mother" else fathers)
        rights = tuple(Right(child.id, relation, valid_until=self._end_of_right(child, relation)) for child in children)
        return self._contact(culture, given, surname, rights)

    def _grandparent(self, culture: Culture, surname: str, children: Sequence[DemoChild]) -> DemoContact:
        relation = self._random.choice(("grandmother", "grandfather"))
        given = self._random.choice(
            (culture.mother or culture.girl) if relation == "grandmother" else (culture.father or culture.boy)
        )
        may_book = self._random.random() < 0.15
        rights = tuple(
            Right(child.id, relation, may_book, gets_notices=may_book, valid_until=self._end_of_right(child, relation))
            for child in children
        )
        return self._contact(culture, given, surname, rights)

    def _has_own_account(self, child: DemoChild) -> bool:
        years = (self._today - child.birth_day).days / _YEAR
        wanted = 0.0 if years < self._rules.young_patient_own_account_years else 1.0 if years >= _ADULT_YEARS else 0.5
        return self._random.random() < wanted

    def _own_account(self, child: DemoChild) -> DemoContact:
        return self._contact(None, child.given, child.family, (Right(child.id, "self"),), is_reached=True)

    def _contact(
        self, culture: Culture | None, given: str, surname: str, rights: tuple[Right, ...], *, is_reached: bool = False
    ) -> DemoContact:
        language = "en"
        if culture is not None and culture.key in _LANGUAGES and self._random.random() < _OWN_LANGUAGE:
            language = _LANGUAGES[culture.key]
        phone = f"({self._random.choice(_AREAS)}) 555-01{50 + self._random.randrange(_PHONES)}"
        email = self._email(given, surname)
        if not is_reached and self._random.random() < _NO_EMAIL:
            email = ""
        return DemoContact(self._new_id(), "", given, surname, language, phone, email, rights)

    def _email(self, given: str, surname: str) -> str:
        """An address of its own for everybody; names that ASCII cannot spell get a plain one."""
        local = ".".join(part for part in (_ascii(given), _ascii(surname)) if part) or "parent"
        count = self._emails[local] = self._emails.get(local, 0) + 1
        return f"{local}{count if count > 1 else ''}@example.org"

    def _end_of_right(self, child: DemoChild, relation: str) -> date | None:
        """Relatives act for a child until it is of age; those of children stand open."""
        of_age = _same_day(child.birth_day, child.birth_day.year + _ADULT_YEARS)
        return of_age if relation != "self" and of_age <= self._today else None


class Finder:
    """Finds the children and contacts that requests are about; nobody is found twice."""

    def __init__(self, random: Random, today: date, families: Sequence[Family]) -> None:
        self._random = random
        self._today = today
        self._families = families
        self._taken: set[int] = {family.id for family in families if family.key}
        self._children = {child.key: (family, child) for family in families for child in family.children if child.key}
        self._contacts = {contact.key: contact for family in families for contact in family.contacts if contact.key}
        self._shared = {
            (pair.first.given, pair.first.family) for pair in data.names().look_alike if pair.first == pair.second
        }

    @property
    def taken(self) -> frozenset[int]:
        """Families whose appointments to come are those of the files."""
        return frozenset(self._taken)

    def find(
        self, who: str, child: str | AnyChild, provider: str, location: str
    ) -> tuple[Family, DemoChild, DemoContact]:
        """Return who asks and for whom; a family that comes to the asked provider is preferred."""
        if isinstance(child, str):
            family, found = self._children[child]
            return family, found, self._contacts[who]
        fitting = list(self._fitting(who, child))
        for better in (
            [pair for pair in fitting if child.family and (pair[1].given, pair[1].family) in self._shared],
            [pair for pair in fitting if pair[0].provider == provider],
            [pair for pair in fitting if pair[0].location == location],
            fitting,
        ):
            if better:
                family, found = self._random.choice(better)
                self._taken.add(family.id)
                return family, found, _sender(family, who)
        raise LookupError(f"no {child.sex} of {child.from_months} to {child.to_months} months with a {who}")

    def _fitting(self, who: str, wanted: AnyChild) -> Iterator[tuple[Family, DemoChild]]:
        youngest = self._today - timedelta(days=round(wanted.from_months * _MONTH))
        oldest = self._today - timedelta(days=round(wanted.to_months * _MONTH))
        for family in self._families:
            if family.id in self._taken or not any(_is(contact, who) for contact in family.contacts):
                continue
            for child in family.children:
                if (
                    child.sex == wanted.sex
                    and oldest < child.birth_day <= youngest
                    and wanted.family in ("", child.family)
                    and (not wanted.has or _sibling(family, child, wanted.has) is not None)
                ):
                    yield family, child


def sibling_of(families: Sequence[Family], child: DemoChild, sex: str) -> DemoChild:
    """Return the sister or brother whom a request speaks of."""
    found = next(
        sibling for family in families if child in family.children for sibling in (_sibling(family, child, sex),)
    )
    if found is None:
        raise LookupError(f"{child.key or child.id} has no {sex} beside")
    return found


def _sibling(family: Family, child: DemoChild, sex: str) -> DemoChild | None:
    return next((other for other in family.children if other is not child and other.sex == sex), None)


def _sender(family: Family, relation: str) -> DemoContact:
    return next(contact for contact in family.contacts if _is(contact, relation))


def _is(contact: DemoContact, relation: str) -> bool:
    return bool(contact.email) and contact.rights[0].relation == relation and contact.rights[0].may_book


def _weights(culture: Culture) -> list[float]:
    return list(accumulate(float(culture.common.get(name, 1)) for name in culture.family))


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(sign for sign in plain if sign.isalnum())


def _same_day(day: date, year: int) -> date:
    """The same day of another year; a birthday of February 29 is celebrated on the 28th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def index(families: Sequence[Family]) -> Mapping[int, Family]:
    """Return the family of each child."""
    return {child.id: family for family in families for child in family.children}
