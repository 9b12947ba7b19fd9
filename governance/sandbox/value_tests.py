"""Whether one value, as text, looks like personal data; pure, and used inside the sandbox only."""

import re
from collections.abc import Callable
from ipaddress import ip_address

from stdnum import iban, luhn

Test = Callable[[str], bool]

OLDEST = 125  # years
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_PHONE = re.compile(
    r"\+\d[\d ().-]{6,18}\d|\(\d{2,5}\) ?\d[\d .-]{4,12}\d|00\d[\d ().-]{7,17}\d"
    r"|\d{3}[ .-]\d{3}[ .-]\d{4}|0\d{1,4}[ /-]\d[\d -]{4,10}\d"
)
_PHONE_BY_NAME = re.compile(r"\+?[\d ()/.-]{7,20}")
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_CARD_SEPARATORS = str.maketrans("", "", " -")
# British, Canadian and Dutch codes, which nothing else is written like.
_SPELLED_POSTCODE = re.compile(
    r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d|[1-9]\d{3} [A-Z]{2}"
)
_POSTCODE = re.compile(
    r"[A-Z]{0,2}-?\d{3,6}(?:-\d{3,4})?|(?=.*\d)[A-Za-z0-9]{2,4} ?[A-Za-z0-9]{2,4}"
)
_COORDINATE = re.compile(r"-?\d{1,3}(?:\.\d+)?")
_POINT = re.compile(r"\(?(-?\d{1,3}\.\d{3,})[,; ] ?(-?\d{1,3}\.\d{3,})\)?")
_AGE_RANGE = re.compile(r"\d{1,3} ?(?:-|to) ?\d{1,3}|[<>]=? ?\d{1,3}|\d{1,3}\+")
_DAY = re.compile(
    r"(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ].*)?|[0-3]?\d[./-][0-3]?\d[./-](?:19|20)?\d\d"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SEXES = frozenset(
    "male female man woman men women masculine feminine non-binary nonbinary diverse männlich "
    "weiblich divers homme femme masculin féminin hombre mujer masculino femenino feminino".split()
)
_SEX_CODES = frozenset("m f w d x u o h n 0 1 2 3 9 unknown other undisclosed".split())
_ETHNICITIES = frozenset(
    "white black asian hispanic latino latina caucasian african african-american indigenous "
    "amer-indian-eskimo asian-pac-islander roma arab mestizo mixed multiracial native".split()
)
_ETHNIC_PHRASES = re.compile(
    r"\b(african american|native american|american indian|alaska native|native hawaiian"
    r"|pacific islander|two or more races|white british|asian british|black british)\b"
)
# Colours and regions that are also names of ethnic groups: alone they tell nothing.
_AMBIGUOUS_ETHNICITIES = frozenset("white black asian african native mixed arab".split())
_RELIGIONS = frozenset(
    "christian christianity catholic protestant orthodox lutheran anglican baptist muslim islam "
    "islamic sunni shia jewish judaism hindu hinduism buddhist buddhism sikh sikhism atheist "
    "agnostic katholisch evangelisch muslimisch jüdisch konfessionslos".split()
)
_DISEASES = frozenset(
    "diabetes asthma hypertension cancer depression epilepsy hiv aids anxiety copd stroke "
    "arthritis migraine obesity schizophrenia dementia pneumonia tuberculosis hepatitis anemia "
    "anaemia leukemia leukaemia autism adhd".split()
)
_UNKNOWNS = frozenset("unknown other ? none n/a na unspecified undisclosed missing null".split())
_WORDS = re.compile(r"[\w-]+|\?")


def is_email(value: str) -> bool:
    return _EMAIL.fullmatch(value) is not None


def is_phone(value: str) -> bool:
    return _PHONE.fullmatch(value) is not None and 7 <= sum(map(str.isdigit, value)) <= 15


def is_phone_by_name(value: str) -> bool:
    return _PHONE_BY_NAME.fullmatch(value) is not None


def is_iban(value: str) -> bool:
    return len(value) >= 15 and iban.is_valid(value)


def is_card(value: str) -> bool:
    number = value.translate(_CARD_SEPARATORS)
    return _CARD.fullmatch(number) is not None and luhn.is_valid(number)


def is_address(value: str) -> bool:
    """Return True for an IP address other than those that every machine has."""
    try:
        address = ip_address(value if "." in value or ":" in value else "")
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def is_address_no_version(value: str) -> bool:
    """Return True for an IP address that is hardly a version number of four parts."""
    return is_address(value) and (":" in value or any(int(part) > 99 for part in value.split(".")))


def is_birth_day(value: str) -> bool:
    return _DAY.fullmatch(value) is not None


def is_birth_year(value: str) -> bool:
    return _YEAR.fullmatch(value) is not None


def is_age(value: str) -> bool:
    number = value.removesuffix(".0")
    is_number = number.isdecimal() and len(number) <= 3 and int(number) <= OLDEST
    return is_number or _AGE_RANGE.fullmatch(value) is not None


def is_spelled_postcode(value: str) -> bool:
    return _SPELLED_POSTCODE.fullmatch(value) is not None


def is_postcode_by_name(value: str) -> bool:
    return _POSTCODE.fullmatch(value) is not None


def is_point(value: str) -> bool:
    match = _POINT.fullmatch(value)
    return match is not None and abs(float(match[1])) <= 180 and abs(float(match[2])) <= 180


def is_coordinate(value: str) -> bool:
    is_number = _COORDINATE.fullmatch(value) is not None and abs(float(value)) <= 180
    return is_number or is_point(value)


def is_sex(value: str) -> bool:
    return value.casefold() in _SEXES


def is_sex_or_code(value: str) -> bool:
    return value.casefold() in _SEXES | _SEX_CODES | _UNKNOWNS


def is_ethnicity(value: str) -> bool:
    text = value.casefold()
    is_clear = text in _ETHNICITIES and text not in _AMBIGUOUS_ETHNICITIES
    return is_clear or _ETHNIC_PHRASES.search(text) is not None


def is_ethnicity_by_name(value: str) -> bool:
    words = _WORDS.findall(value.casefold())
    return is_ethnicity(value) or any(word in _ETHNICITIES | _UNKNOWNS for word in words)


def is_religion(value: str) -> bool:
    return not _RELIGIONS.isdisjoint(_WORDS.findall(value.casefold()))


def is_religion_or_unknown(value: str) -> bool:
    return is_religion(value) or value.casefold() in _UNKNOWNS


def is_disease(value: str) -> bool:
    return not _DISEASES.isdisjoint(_WORDS.findall(value.casefold()))


def has_letters_only(value: str) -> bool:
    """Return True for a text of letters without a digit, as names of people are."""
    letters = sum(character.isalpha() for character in value)
    return letters > 0 and not any(character.isdigit() for character in value)


def has_letters(value: str) -> bool:
    return value == "?" or any(character.isalpha() for character in value)


def is_anything(value: str) -> bool:
    return bool(value)
