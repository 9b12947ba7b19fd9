"""What tells personal data by the name of a column or by its values; pure.

Each detector proposes one classification; of its value test only a count leaves the sandbox.
"""

import re
from dataclasses import dataclass
from functools import cache

from governance.sandbox import value_tests
from governance.sandbox.value_tests import Test

PII, QUASI_IDENTIFIER, SPECIAL_CATEGORY = "pii", "quasi-identifier", "special-category"
NATIONAL_ID = "national-id"
# Follows the code of a detector whose test is only made where the name of the column matches.
BY_NAME = "by-name"


@dataclass(frozen=True, kw_only=True)
class Detector:
    """One kind of personal data.

    `names` are patterns of the names of columns, separated by commas: a space is any separator,
    `=` before a pattern asks for the whole name. `is_value` tests a value in any column,
    `is_value_by_name` one in a column whose name matches. `values` and `values_by_name` say in a
    sentence what each counts; without `values_by_name` the values can only contradict the name.
    `min_distinct` values have to differ unless the name matches.
    """

    code: str
    classification: str
    names: str
    values: str = ""
    is_value: Test | None = None
    values_by_name: str = ""
    is_value_by_name: Test | None = None
    min_share: float = 0.8
    min_distinct: int = 10


_PERSON = (
    "customer|client|patient|employee|contact|person|user|member|owner|guest|passenger|student|"
    "teacher|author|doctor|driver|applicant|borrower|tenant|guardian|parent|child|cardholder|"
    "holder|beneficiary|respondent|subscriber|kunden?|mitarbeiter"
)
DETECTORS = (
    Detector(
        code="e-mail",
        classification=PII,
        names="e mails?, mail, e mail address(?:es)?, correo, courriel",
        values="valid e-mail addresses",
        is_value=value_tests.is_email,
    ),
    Detector(
        code="phone",
        classification=PII,
        names="(?:tele)?phones?, (?:phone|mobile|tel) (?:no|number), mobile, cell phone, msisdn, "
        "fax, telefon, handy, tel[eé]fono, téléphone, tel",
        values="phone numbers",
        is_value=value_tests.is_phone,
        values_by_name="numbers of 7 to 20 digits and separators",
        is_value_by_name=value_tests.is_phone_by_name,
    ),
    Detector(
        code="iban",
        classification=PII,
        names="iban, bank account, account no, kontonummer",
        values="valid IBANs",
        is_value=value_tests.is_iban,
    ),
    Detector(
        code="payment-card",
        classification=PII,
        names="(?:credit|debit|payment) card, card (?:no|num|number), cc num(?:ber)?, =pan",
        values="valid payment card numbers",
        is_value=value_tests.is_card,
    ),
    Detector(
        code=NATIONAL_ID,
        classification=PII,
        names="ssn, social security, social security (?:no|number), national id, nino, "
        "national id number, nhs (?:no|number), personnummer, fodselsnummer, cpr, bsn, pesel, cpf, "
        "dni, nif, curp, aadhaar, codice fiscale, steuer id, tax id, passport, "
        "passport (?:no|number), identity (?:no|number), id card",
        values="valid national identity numbers",
    ),
    Detector(
        code="ip-address",
        classification=PII,
        names="ip, ip addr(?:ess)?, ipv[46], (?:client|remote|source|src) ip",
        values="valid IP addresses",
        is_value=value_tests.is_address_no_version,
        values_by_name="valid IP addresses",
        is_value_by_name=value_tests.is_address,
        min_share=0.6,
    ),
    Detector(
        code="person-name",
        classification=PII,
        names="(?:first|last|middle|given|family|full|maiden|sur|fore|nick) names?, surname, "
        "vorname, nachname, familienname, pr[eé]nom, nom de famille, apellidos?, person name, "
        f"user ?name, =(?:f|l)name, (?:{_PERSON}) name",
        is_value_by_name=value_tests.has_letters_only,
    ),
    Detector(
        code="postal-address",
        classification=PII,
        names="street, street (?:name|address|no|number), address line ?[123]?, =address, adresse, "
        f"(?:home|postal|mailing|billing|shipping|residential|{_PERSON}) address, strasse, straße, "
        "hausnummer, house (?:no|number)",
        is_value_by_name=value_tests.is_anything,
    ),
    Detector(
        code="date-of-birth",
        classification=QUASI_IDENTIFIER,
        names="date of birth, birth ?(?:date|day|dt), dob, born (?:on|at), geburts ?(?:datum|tag), "
        "date de naissance, fecha (?:de )?nacimiento",
        values_by_name="days since 1900",
        is_value_by_name=value_tests.is_birth_day,
    ),
    Detector(
        code="birth-year",
        classification=QUASI_IDENTIFIER,
        names="birth year, year of birth, yob, geburtsjahr",
        values_by_name="years since 1900",
        is_value_by_name=value_tests.is_birth_year,
    ),
    Detector(
        code="age",
        classification=QUASI_IDENTIFIER,
        names="=age, =age (?:years?|groups?|bands?|ranges?|class), =alter, =edad, "
        f"(?:{_PERSON}) age, =age at [a-z_]+",
        values_by_name=f"numbers up to {value_tests.OLDEST}, or ranges of them",
        is_value_by_name=value_tests.is_age,
    ),
    Detector(
        code="postal-code",
        classification=QUASI_IDENTIFIER,
        names="zip, zip code, zip ?[59], post(?:al)? ?codes?, plz, postleitzahl, code postal, "
        "c[oó]digo postal",
        values="postal codes",
        is_value=value_tests.is_spelled_postcode,
        values_by_name="of the form of postal codes",
        is_value_by_name=value_tests.is_postcode_by_name,
    ),
    Detector(
        code="sex",
        classification=QUASI_IDENTIFIER,
        names="sex, gender, geschlecht, sexe, sexo, g[eé]nero",
        values="names of a sex or gender",
        is_value=value_tests.is_sex,
        values_by_name="names or codes of a sex or gender",
        is_value_by_name=value_tests.is_sex_or_code,
        min_distinct=2,
    ),
    Detector(
        code="nationality",
        classification=QUASI_IDENTIFIER,
        names="nationality, citizenship, native country, country of (?:birth|origin), "
        "birth ?(?:place|country), place of birth, staatsangehörigkeit, nationalité",
        is_value_by_name=value_tests.has_letters,
    ),
    Detector(
        code="marital-status",
        classification=QUASI_IDENTIFIER,
        names="marital, marital status, civil status, familienstand",
        is_value_by_name=value_tests.is_anything,
    ),
    Detector(
        code="occupation",
        classification=QUASI_IDENTIFIER,
        names="occupation, profession, job title, beruf",
        is_value_by_name=value_tests.has_letters,
    ),
    Detector(
        code="education",
        classification=QUASI_IDENTIFIER,
        names="education, education level, highest (?:degree|education), school degree",
        is_value_by_name=value_tests.has_letters,
    ),
    Detector(
        code="geo-coordinates",
        classification=QUASI_IDENTIFIER,
        names="lat, latitude, lon, lng, =(?:[a-z]+_)?long, longitude, coordinates?, "
        "geo ?(?:point|location)",
        values="pairs of coordinates",
        is_value=value_tests.is_point,
        values_by_name="within the range of coordinates",
        is_value_by_name=value_tests.is_coordinate,
    ),
    Detector(
        code="ethnicity",
        classification=SPECIAL_CATEGORY,
        names="=(?:[a-z]+_)?race, ethnicity, ethnic, ethnic (?:group|origin), "
        "race ethnicity, ethnie",
        values="names of races or ethnic groups",
        is_value=value_tests.is_ethnicity,
        values_by_name="names of races or ethnic groups, or unknown",
        is_value_by_name=value_tests.is_ethnicity_by_name,
        min_distinct=3,
    ),
    Detector(
        code="religion",
        classification=SPECIAL_CATEGORY,
        names="religions?, religious, konfession, faith",
        values="names of religions",
        is_value=value_tests.is_religion,
        values_by_name="names of religions, or unknown",
        is_value_by_name=value_tests.is_religion_or_unknown,
        min_distinct=3,
    ),
    Detector(
        code="health",
        classification=SPECIAL_CATEGORY,
        names="diagnos[ei]s, icd ?(?:9|10|11)?, icd code, diseases?, illness, medications?, hiv, "
        "prescriptions?, allerg(?:y|ies), blood (?:type|group|pressure|sugar), disabilit(?:y|ies), "
        "pregnan(?:t|cy), symptoms?, medical, medical (?:condition|history|record), mental health, "
        "bmi, diagnose, krankheit, behinderung, comorbidit(?:y|ies)",
        values="names of diseases",
        is_value=value_tests.is_disease,
        is_value_by_name=value_tests.is_anything,
        min_distinct=3,
    ),
    Detector(
        code="belief-or-orientation",
        classification=SPECIAL_CATEGORY,
        names="sexual orientation, political (?:opinion|party|affiliation|view)s?, trade union, "
        "union member(?:ship)?, fingerprint, biometrics?, genetic data",
        is_value_by_name=value_tests.is_anything,
    ),
)
BY_CODE = {detector.code: detector for detector in DETECTORS}

_WORDS = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Words next to which a name means something else: a count, a flag, a key.
_ABOUT = re.compile(
    r"_(?:counts?|num|total|sum|avg|mean|flag|is|has|was|verified|valid|enabled|consent|opt|opted|"
    r"sent|opened|clicked|clicks|rate|ratio|score|status|type|format|hash|ids?|key|url|length|len|"
    r"model|provider|template|subject|version|gap|share|percent|pct)(?=_)"
)


@cache
def detectors_by_name(name: str) -> tuple[Detector, ...]:
    """Return the detectors whose names match that of a column.

    That somebody has a disease is of a special category; that somebody has a phone is nothing.
    """
    words = (_WORDS.findall(text.casefold()) for text in (_CAMEL.sub("_", name), name))
    texts = {f"_{'_'.join(parts)}_" for parts in words}
    return tuple(
        detector for detector in DETECTORS if any(_matches_name(detector, text) for text in texts)
    )


def _matches_name(detector: Detector, text: str) -> bool:
    match = _pattern(detector.names).search(text)
    if match is None:
        return False
    rest = f"{text[: match.start()]}__{text[match.end() :]}"
    return detector.classification == SPECIAL_CATEGORY or _ABOUT.search(rest) is None


@cache
def _pattern(names: str) -> re.Pattern[str]:
    parts = []
    # The longest first, so that no part of the name is left that seems to say something else.
    for name in sorted(names.split(", "), key=len, reverse=True):
        words = name.removeprefix("=").replace(" ", "_?")
        parts.append(f"^_{words}_$" if name.startswith("=") else f"_{words}_")
    return re.compile("|".join(parts))
