"""Telephone numbers that text messages go to; other numbers are parsed in `text`, and shown by `words`."""

from collections.abc import Collection

from request_desk.domain.errors import Invalid
from request_desk.domain.text import parse_phone
from request_desk.domain.words import _


def parse_mobile(value: object, region: str, countries: Collection[str] = (), *, field: str = "Mobile phone") -> str:
    """Return a number that takes text messages as E.164; `region` is the practice's country, where no other is written.

    Raises Invalid for landlines, for what is dear to call, and for countries that are none of `countries` (OTP-10); without any
    it is the practice's own that counts.
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType

    found = parse_phone(value, region, field=field)
    number = phonenumbers.parse(found)
    if not may_be_texted(found, region, countries):
        raise Invalid(
            _("Text messages are not sent to this country. An administrator can allow it in Settings, Text messages."),
            field=field,
        )
    # In North America a number does not show whether it is a mobile phone's.
    if phonenumbers.number_type(number) not in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        raise Invalid(_("Text messages need a mobile phone. This is the number of another kind of line."), field=field)
    return found


def may_be_texted(number: str, region: str, countries: Collection[str] = ()) -> bool:
    """Tell whether text messages go to the country of a number: one of `countries`, or `region` where there are none.

    A number that names no country is dialled from `region`.
    """
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.region_code_for_number(parsed) in (countries or (region,))


def parse_country(value: str, *, field: str = "Countries") -> str:
    """Return a country's two letters in capitals; raises Invalid for what has no telephone numbers."""
    import phonenumbers

    country = value.strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid(
            _("“{country}” is no country. Write its two letters, such as US or MX.").format(country=country[:20]),
            field=field,
        )
    return country
