"""What makes a password acceptable: length, spelling and what everybody would guess first; hashing lives in `services.access`."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from request_desk.domain.errors import Invalid
from request_desk.domain.words import _

SHORTEST: Final = 15  # code points: the password is the only factor (AUTH-03)
LONGEST: Final = 128
_FEWEST_SIGNS: Final = 5  # different ones
_RUNS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
)
_LEET: Final = str.maketrans("013457@$!", "oieastasi")

# The words that lists of leaked passwords are built of. A password of at most three of them, with whatever digits and signs, is
# refused: far more combinations than the 3,000 of a list (AUTH-04). Four words are a good password even if each is common.
_FEW_WORDS: Final = 3
_COMMON: Final = frozenset(
    """
    a aaa abc abcd about access account action adm admin administrator alex alexander
    alpha always amanda america and andrea andrew angel angels animal anna anthony anything apple april arsenal asdf
    asdfgh asdfghjkl ashley august austin autumn azerty baby babygirl bailey banana
    baseball basketball batman battery bear beautiful best big black blue bob booboo boston brandon buster butterfly
    california car carlos cat cats change changeme charlie cheese chelsea chicago children chocolate chris christian
    clinic code coffee company computer cookie cool correct correcthorsebatterystaple cowboy cowboys crystal daisy
    daniel darling dave david december default desk diamond doctor dog dogs dolphin donald dont dragon dragons eagle
    easy elephant eminem enter ever every everybody everyone facebook family father february fire first fish flower
    flowers football for forever forget friday friend friends front ginger girl girls goes golf good google great
    green guest guitar hannah happy harley harry have heart heather hello help her hockey home honey horse
    horsebattery hospital house how hunter i iloveyou important in inside internet is it jack jackson james january
    jasmine jason jennifer jessica john johnny jordan joseph joshua july june junior just justin kids killer king
    kitty know lakers lauren let letme letmein liberty life little live login london long lord love lovely loveme
    loveyou lucky maggie magic make manager march maria marie marina martin master matrix matthew maverick may me
    medical melissa mercedes merlin michael michelle mickey mickeymouse microsoft mine mom monday money monkey
    morgan mother mouse music mustang my mylife myname myself name naruto new nicholas nicole nintendo no not
    nothing november nurse october of office on one online open orange our out over pass passcode
    passphrase password passwords passwort patient patients peace peanut people pepper phoenix pink pizza please
    pokemon police practice prince princess private public purple qwer qwert qwerty
    qwertyuiop qwertzuiop qwertzuiopasdfghjklyxcvbnm rachel raiders rainbow ranger
    reception red request requestdesk robert rock root samantha samsung sarah saturday scheduler school scooter
    secret secure security september server shadow sky snoopy soccer some something sophie spring staple star
    starwars stay steelers stella steve stop strong student summer sunday sunflower sunshine super superman
    superuser sweet sweetheart system taylor teacher tech temp temporary tennis test testing thank that the then
    this thomas thunder thursday tiger tigger time to today tomorrow travis trust trustno trustnoone tuesday two us
    user username vanessa very victoria wednesday welcome what whatever when where which white who why will william
    winter with wizard word work world xxx yankees yellow yes you your zxcv zxcvbn zxcvbnm
    """.split()  # noqa: SIM905  # one word a line would be 400 lines
)


def normal(password: str) -> str:
    """Return the one spelling that is hashed (NFKC), so that every keyboard signs in."""
    return unicodedata.normalize("NFKC", password)


def is_too_long(password: str) -> bool:
    """Tell whether it need not be looked at: normalising and hashing a megabyte is work for nothing."""
    return len(password) > 4 * LONGEST


def accepted(password: str, *, personal: Iterable[str] = (), field: str = "New password") -> str:
    """Return the password as it is hashed; raise Invalid with the reason why not (AUTH-03, AUTH-04).

    `personal` are texts that a guesser knows: login, name, practice, product. Every sign counts, none is demanded.
    """
    if is_too_long(password):
        raise Invalid(_("The password is too long. At most {most} characters fit.").format(most=LONGEST), field=field)
    text = normal(password)
    if len(text) < SHORTEST:
        sentence = _("The password is too short. Use at least {least} characters; four or five words do well.")
        raise Invalid(sentence.format(least=SHORTEST), field=field)
    if len(text) > LONGEST:
        raise Invalid(_("The password is too long. At most {most} characters fit.").format(most=LONGEST), field=field)
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text):
        raise Invalid(
            _("The password contains signs that cannot be typed. Type it instead of pasting it."), field=field
        )
    if reason := _guessable(text, personal):
        raise Invalid(reason, field=field)
    return text


def _guessable(text: str, personal: Iterable[str]) -> str:
    folded = text.casefold()
    if len(set(folded)) < _FEWEST_SIGNS or _is_run(folded):
        return _(
            "The password repeats a few signs or follows the keyboard, which is tried first. Choose several words."
        )
    known = {part for name in personal for part in _parts(name) if len(part) > 2}
    for spelling in (folded, folded.translate(_LEET)):
        letters = "".join(sign for sign in spelling if sign.isalpha())
        rest = letters
        for part in sorted(known, key=len, reverse=True):
            rest = rest.replace(part, " ")
        if rest != letters and all(_is_common(piece) for piece in rest.split()):
            return _(
                "The password is made of a name that is known here. Choose words that have nothing to do with the practice."
            )
        if _is_common(letters):
            return _("The password is made of words that are tried first. Choose less common words, or more of them.")
    return ""


def _parts(name: str) -> Iterable[str]:
    words = ["".join(sign for sign in word if sign.isalpha()) for word in normal(name).casefold().split()]
    return (*words, "".join(words))


def _is_run(folded: str) -> bool:
    """Signs that follow a row of the keyboard, the alphabet or the digits, in either direction, perhaps repeated."""
    steps = [folded[index : index + 2] for index in range(len(folded) - 1)]
    both = [way for row in _RUNS for way in (row, row[::-1])]
    followed = sum(any(step in row for row in both) or step[0] == step[1] for step in steps)
    return followed >= 0.8 * len(steps)


def _is_common(letters: str) -> bool:
    """Tell whether the letters are a few common words, one behind the other, perhaps the whole of them several times."""
    if not letters:
        return False
    unit = (letters + letters).find(letters, 1)  # the length of what is repeated, or all of it
    least = {0: 0}
    for end in range(1, unit + 1):
        counts = [count + 1 for start, count in least.items() if letters[start:end] in _COMMON]
        if counts:
            least[end] = min(counts)
    return least.get(unit, _FEW_WORDS + 1) <= _FEW_WORDS
