"""Phone numbers as Azure writes them, and which of ours can text where.

The table is that of Dynamics 365's page on SMS by Azure Communication Services (`configure-sms-channel-acs`); that
10DLC numbers serve the United States alone is in Azure's guidelines for them. Which country a number is of,
phonenumbers says: +1 alone is twenty-five of them, and their area codes grow every year.
"""

from __future__ import annotations

import re
from typing import Final

from cordboard.engine.vocabulary import NumberKind

_MOBILE_COUNTRIES: Final = frozenset({"GB", "AU", "IE", "FI", "DK", "NL", "SE", "PL", "BE", "LV"})

DESTINATIONS: Final[dict[NumberKind, frozenset[str]]] = {
    NumberKind.TOLL_FREE: frozenset({"US", "CA", "PR"}),
    NumberKind.SHORT_CODE: frozenset({"US", "CA", "GB"}),
    NumberKind.MOBILE: _MOBILE_COUNTRIES,
    NumberKind.LOCAL_10DLC: frozenset({"US"}),
}
"""Where numbers of each kind can be had, and can text."""

_SPOKEN: Final = {
    NumberKind.TOLL_FREE: "toll-free numbers",
    NumberKind.SHORT_CODE: "short codes",
    NumberKind.MOBILE: "mobile numbers",
    NumberKind.LOCAL_10DLC: "10DLC numbers",
}

_SHORT_CODE: Final = re.compile(r"\d{3,6}", re.ASCII)
"""Azure's have five or six digits; no country has numbers that short with its country code."""

_DIGITS: Final = re.compile(r"[1-9]\d{6,14}", re.ASCII)


def as_ours(number: str) -> str:
    """Return a number as Cordboard writes it: Azure leaves the plus sign away now and then."""
    number = number.strip()
    return f"+{number}" if _DIGITS.fullmatch(number) else number


def unserved(kind: NumberKind, number: str) -> str:
    """Return why a number of ours of a kind cannot have, or text, a number; empty if it can, as far as anybody knows.

    Args:
        kind: Of the number of ours.
        number: E.164; another is the carrier's to judge.
    """
    countries = countries_of(number)
    served = DESTINATIONS[kind]
    if not countries or countries & served:
        return ""

    where = ", ".join(sorted(countries)) if len(countries) < 3 else "that country"
    return f"Azure's {_SPOKEN[kind]} serve {', '.join(sorted(served))} alone, not {where}"


def cannot_text(kind: NumberKind | None, recipient: str) -> str:
    """Return why a number of ours of a kind cannot text a customer; empty if it can, as far as anybody knows."""
    if kind is None:
        return ""

    if _SHORT_CODE.fullmatch(recipient):
        return "a toll-free number cannot text a short code" if kind is NumberKind.TOLL_FREE else ""

    if kind is NumberKind.SHORT_CODE and is_toll_free(recipient):
        return "a short code cannot text a toll-free number"

    return unserved(kind, recipient)


def countries_of(number: str) -> frozenset[str]:
    """Return the countries that a number may be of, as ISO 3166 codes; none if it is no E.164 number.

    One country, if it is a number that is in use somewhere; otherwise all that share its country code.
    """
    import phonenumbers  # 22 ms of work, which a host with another carrier is spared

    try:
        parsed = phonenumbers.parse(number if number.startswith("+") else f"+{number}")
    except phonenumbers.NumberParseException:
        return frozenset()

    country = phonenumbers.region_code_for_number(parsed)
    return frozenset([country] if country else phonenumbers.region_codes_for_country_code(parsed.country_code or 0))


def is_toll_free(number: str) -> bool:
    """Whether a number is one that costs its caller nothing."""
    import phonenumbers

    try:
        return phonenumbers.number_type(phonenumbers.parse(number)) == phonenumbers.PhoneNumberType.TOLL_FREE
    except phonenumbers.NumberParseException:
        return False
