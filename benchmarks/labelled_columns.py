"""Columns with the classification that a steward would give them; made, not taken from anybody.

Positive columns come under a telling name and under one that tells nothing; ordinary columns
(ids, prices, moments, versions, codes) are those that are mistaken for personal data elsewhere.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib import import_module
from typing import NamedTuple

from stdnum import ean, luhn
from stdnum.iso7064 import mod_97_10

ROWS = 1000
# This share of the values of messy columns is something else.
NOISE = 0.1


class LabelledColumn(NamedTuple):
    """A column, its values as text, and the classification expected; empty if none."""

    name: str
    physical_type: str
    values: list[str]
    expected: str


Make = Callable[[random.Random, int], str]


def with_luhn(prefix: str, length: int, rng: random.Random) -> str:
    body = prefix + digits(rng, length - len(prefix) - 1)
    return body + luhn.calc_check_digit(body)


def digits(rng: random.Random, length: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(length))


def day(rng: random.Random, first: int = 1930, last: int = 2010) -> date:
    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first) * 365))


def german_iban(rng: random.Random, _row: int) -> str:
    account = digits(rng, 18)
    check = mod_97_10.calc_check_digits(account + "DE")
    return f"DE{check}{account}"


def number_of(code: str, form: Callable[[random.Random], str]) -> Make:
    """Return a maker of valid numbers of one country, by trial."""
    is_valid = import_module(f"stdnum.{code}").is_valid

    def make(rng: random.Random, _row: int) -> str:
        while not is_valid(number := form(rng)):
            pass
        return number

    return make


def spanish(rng: random.Random) -> str:
    number = digits(rng, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def dated(form: str, digit_count: int) -> Callable[[random.Random], str]:
    return lambda rng: day(rng).strftime(form) + digits(rng, digit_count)


FIRST = (
    "Ada Bo Carla Dev Eva Finn Greta Hana Ivan Jo Kim Lena Mo Nils Oda Pia Qi Rui Sami Tom".split()
)
LAST = (
    "Berg Costa Diaz Egger Fischer Grün Hansen Ito Jansen Kaya Li Moreau Novak Olsen Petit".split()
)


def address(rng: random.Random, _row: int) -> str:
    name = f"{rng.choice(FIRST)}.{rng.choice(LAST)}{rng.randrange(900)}".lower()
    return f"{name}@{rng.choice(('example.org', 'mail.example.com', 'uni.example'))}"


def ip(rng: random.Random, _row: int) -> str:
    return ".".join(str(rng.randrange(1, 255)) for _ in range(4))


def among(*values: str) -> Make:
    return lambda rng, _row: rng.choice(values)


PII: tuple[tuple[str, str, Make], ...] = (
    ("customer_email", "VARCHAR", address),
    ("contactPhone", "VARCHAR", lambda rng, _: f"+49 {rng.randrange(150, 179)} {digits(rng, 8)}"),
    ("mobile", "VARCHAR", lambda rng, _: f"({digits(rng, 3)}) {digits(rng, 3)}-{digits(rng, 4)}"),
    ("iban", "VARCHAR", german_iban),
    ("card_number", "VARCHAR", lambda rng, _: with_luhn(rng.choice(("4", "51", "55")), 16, rng)),
    ("cc_number", "BIGINT", lambda rng, _: with_luhn("4", 16, rng)),
    ("national_id", "VARCHAR", number_of("es.dni", spanish)),
    ("cpf", "VARCHAR", number_of("br.cpf", lambda rng: digits(rng, 11))),
    ("pesel", "VARCHAR", number_of("pl.pesel", dated("%y%m%d", 5))),
    ("personnummer", "VARCHAR", number_of("se.personnummer", dated("%y%m%d-", 4))),
    ("bsn", "BIGINT", number_of("nl.bsn", lambda rng: f"{rng.randrange(10**8, 3 * 10**8)}")),
    (
        "tckn",
        "BIGINT",
        number_of("tr.tckimlik", lambda rng: f"{rng.randrange(10**10, 9 * 10**10)}"),
    ),
    ("client_ip", "VARCHAR", ip),
    (
        "ssn",
        "VARCHAR",
        lambda rng, _: (
            f"{rng.randrange(100, 600)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}"
        ),
    ),
)
PII_BY_NAME: tuple[tuple[str, str, Make], ...] = (
    ("first_name", "VARCHAR", among(*FIRST)),
    ("Nachname", "VARCHAR", among(*LAST)),
    ("patientName", "VARCHAR", lambda rng, _: f"{rng.choice(FIRST)} {rng.choice(LAST)}"),
    ("street", "VARCHAR", lambda rng, _: f"{rng.choice(LAST)} Street {rng.randrange(200)}"),
    ("phone_number", "BIGINT", lambda rng, _: f"49170{digits(rng, 7)}"),
    ("remote_ip", "VARCHAR", lambda rng, _: f"10.0.0.{rng.randrange(1, 60)}"),
)
QUASI_BY_NAME: tuple[tuple[str, str, Make], ...] = (
    ("date_of_birth", "DATE", lambda rng, _: day(rng).isoformat()),
    ("birthYear", "BIGINT", lambda rng, _: str(rng.randrange(1930, 2010))),
    ("age", "BIGINT", lambda rng, _: str(rng.randrange(0, 100))),
    ("age_group", "VARCHAR", among("0-17", "18-29", "30-44", "45-64", "65+")),
    ("plz", "VARCHAR", lambda rng, _: f"{rng.randrange(10_000, 99_999)}"),
    ("zip_code", "BIGINT", lambda rng, _: f"{rng.randrange(10_000, 99_999)}"),
    ("gender", "VARCHAR", among("M", "F", "X")),
    ("sex", "BIGINT", among("1", "2")),
    ("home_latitude", "DOUBLE", lambda rng, _: f"{rng.uniform(47, 55):.5f}"),
    ("lng", "DOUBLE", lambda rng, _: f"{rng.uniform(6, 15):.5f}"),
    ("marital_status", "VARCHAR", among("married", "single", "widowed")),
    ("nationality", "VARCHAR", among("DE", "ES", "PL", "BR")),
)
QUASI: tuple[tuple[str, str, Make], ...] = (
    (
        "postcode",
        "VARCHAR",
        lambda rng, _: (
            f"{rng.choice(('SW', 'M', 'EH'))}{rng.randrange(1, 9)} {rng.randrange(1, 9)}AB"
        ),
    ),
    ("geschlecht", "VARCHAR", among("männlich", "weiblich", "divers")),
    ("location", "VARCHAR", lambda rng, _: f"{rng.uniform(47, 55):.5f},{rng.uniform(6, 15):.5f}"),
)
SPECIAL_BY_NAME: tuple[tuple[str, str, Make], ...] = (
    ("race", "VARCHAR", among("White", "Black", "Asian", "Other")),
    (
        "icd10_code",
        "VARCHAR",
        lambda rng, _: f"{rng.choice('EFIJ')}{rng.randrange(10, 99)}.{rng.randrange(9)}",
    ),
    ("blood_type", "VARCHAR", among("A+", "B-", "O+", "AB+")),
    ("is_pregnant", "BOOLEAN", among("true", "false")),
    ("political_party", "VARCHAR", among("left", "right", "green")),
)
SPECIAL: tuple[tuple[str, str, Make], ...] = (
    (
        "diagnosis",
        "VARCHAR",
        among("Type 2 diabetes", "Asthma", "Hypertension", "Migraine with aura"),
    ),
    ("religion", "VARCHAR", among("Catholic", "Protestant", "Muslim", "Jewish", "Hindu")),
    (
        "ethnic_group",
        "VARCHAR",
        among("Hispanic", "Latino", "African American", "Pacific Islander"),
    ),
)
ORDINARY: tuple[tuple[str, str, Make], ...] = (
    ("id", "BIGINT", lambda _, row: str(row + 1)),
    ("order_id", "BIGINT", lambda _, row: str(100_000_000 + 7 * row)),
    ("reference", "BIGINT", lambda rng, _: digits(rng, 11).replace("0", "3")),
    ("tracking", "BIGINT", lambda rng, _: "4" + digits(rng, 15)),
    ("customer_id", "VARCHAR", lambda _, row: f"C-{row:06}"),
    ("uuid", "VARCHAR", lambda rng, _: f"{rng.getrandbits(128):032x}"),
    ("price", "DOUBLE", lambda rng, _: f"{rng.uniform(1, 900):.2f}"),
    ("amount_cents", "BIGINT", lambda rng, _: str(rng.randrange(10**7))),
    ("created_at", "TIMESTAMP", lambda rng, _: f"{day(rng, 2019, 2025)} 10:11:12"),
    ("epoch", "BIGINT", lambda rng, _: str(1_704_067_200 + rng.randrange(10**6))),
    ("epoch_ms", "BIGINT", lambda rng, _: str(1_704_067_200_000 + rng.randrange(10**9))),
    ("stamp", "VARCHAR", lambda rng, _: day(rng, 2019, 2025).strftime("%Y%m%d%H%M%S")),
    ("minute", "VARCHAR", lambda rng, _: day(rng, 2019, 2025).strftime("%y%m%d") + "093000"),
    ("day", "DATE", lambda rng, _: day(rng, 2019, 2025).isoformat()),
    ("order_date", "VARCHAR", lambda rng, _: day(rng, 2019, 2025).strftime("%d.%m.%Y")),
    ("version", "VARCHAR", lambda rng, _: ".".join(str(rng.randrange(20)) for _ in range(4))),
    (
        "build",
        "VARCHAR",
        lambda rng, _: f"10.0.{rng.randrange(10_000, 22_000)}.{rng.randrange(900)}",
    ),
    (
        "release",
        "VARCHAR",
        lambda rng, _: f"{rng.randrange(9)}.{rng.randrange(20)}.{rng.randrange(20)}",
    ),
    ("ean", "BIGINT", lambda rng, _: (body := f"40{digits(rng, 10)}") + ean.calc_check_digit(body)),
    ("siren", "VARCHAR", lambda rng, _: with_luhn("5", 9, rng)),
    ("siret", "VARCHAR", lambda rng, _: with_luhn("8", 14, rng)),
    ("imei", "BIGINT", lambda rng, _: with_luhn("35", 15, rng)),
    (
        "isbn",
        "VARCHAR",
        lambda rng, _: (body := f"978{digits(rng, 9)}") + ean.calc_check_digit(body),
    ),
    ("sku", "VARCHAR", lambda rng, _: f"A{rng.randrange(10, 99)}.{rng.randrange(9)}"),
    ("product_name", "VARCHAR", among("Lamp", "Chair", "Table", "Shelf")),
    ("name", "VARCHAR", among("Lamp", "Chair", "Table", "Shelf")),
    ("company_name", "VARCHAR", among("Egger AG", "Novak s.r.o.", "Berg GmbH")),
    ("file_name", "VARCHAR", lambda _, row: f"part-{row:05}.parquet"),
    ("city", "VARCHAR", among("Oslo", "Bern", "Porto", "Gent")),
    ("country", "VARCHAR", among("NO", "CH", "PT", "BE")),
    ("currency", "VARCHAR", among("EUR", "NOK", "CHF")),
    ("color", "VARCHAR", among("white", "black", "red", "green")),
    ("region", "VARCHAR", among("Asian", "African", "European", "American")),
    ("cuisine", "VARCHAR", among("Asian", "Mexican", "Italian", "Native")),
    ("email_count", "BIGINT", lambda rng, _: str(rng.randrange(30))),
    ("email_verified", "BOOLEAN", among("true", "false")),
    ("email", "BOOLEAN", among("true", "false")),
    ("phone_model", "VARCHAR", among("Pixel", "iPhone", "Galaxy")),
    ("has_phone", "BOOLEAN", among("true", "false")),
    ("page", "BIGINT", lambda rng, _: str(rng.randrange(90))),
    ("average", "DOUBLE", lambda rng, _: f"{rng.uniform(0, 90):.1f}"),
    ("account_age_days", "BIGINT", lambda rng, _: str(rng.randrange(4000))),
    ("race_id", "BIGINT", lambda _, row: str(row)),
    ("race_name", "VARCHAR", among("Monaco Grand Prix", "Monza", "Spa")),
    ("race", "VARCHAR", among("Monaco", "Monza", "Spa", "Imola")),
    ("gender_gap", "DOUBLE", lambda rng, _: f"{rng.uniform(0, 1):.3f}"),
    ("segment", "VARCHAR", among("M", "F", "G")),
    ("size", "VARCHAR", among("S", "M", "L", "XL")),
    ("treatment", "VARCHAR", among("control", "variant")),
    ("condition", "VARCHAR", among("new", "used", "refurbished")),
    ("temperature", "DOUBLE", lambda rng, _: f"{rng.uniform(-20, 40):.2f}"),
    ("pressure", "DOUBLE", lambda rng, _: f"{rng.uniform(900, 1100):.1f}"),
    ("long_description", "VARCHAR", among("A chair of wood", "A lamp of glass")),
    ("is_active", "BOOLEAN", among("true", "false")),
    ("status", "VARCHAR", among("open", "paid", "closed")),
    ("score", "DOUBLE", lambda rng, _: f"{rng.random():.4f}"),
    ("url", "VARCHAR", lambda _, row: f"https://shop.example/item/{row}"),
    ("hash", "VARCHAR", lambda rng, _: f"{rng.getrandbits(256):064x}"),
    ("invoice", "VARCHAR", lambda _, row: f"2024-{row:05}"),
    ("iso_week", "VARCHAR", lambda rng, _: f"2024-W{rng.randrange(1, 53):02}"),
    (
        "dimensions",
        "VARCHAR",
        lambda rng, _: (
            f"{rng.randrange(9)}.{digits(rng, 3)},{rng.randrange(300, 900)}.{digits(rng, 3)}"
        ),
    ),
    ("mac", "VARCHAR", lambda rng, _: ":".join(f"{rng.randrange(256):02x}" for _ in range(6))),
    ("clock", "VARCHAR", lambda rng, _: f"{rng.randrange(24):02}:{rng.randrange(60):02}"),
    ("bank", "VARCHAR", among("Bank of Bern", "Oslobank")),
    ("street_count", "BIGINT", lambda rng, _: str(rng.randrange(30))),
    ("postal_fee", "DOUBLE", lambda rng, _: f"{rng.uniform(1, 9):.2f}"),
    ("vat_number", "VARCHAR", lambda rng, _: f"DE{digits(rng, 9)}"),
    ("meter", "VARCHAR", lambda rng, _: f"DE{digits(rng, 31)}"),
    ("snowflake", "BIGINT", lambda rng, _: str(4 * 10**17 + rng.randrange(10**17))),
    ("nine", "BIGINT", lambda rng, _: str(rng.randrange(10**8, 10**9))),
    ("ten", "BIGINT", lambda rng, _: str(rng.randrange(10**9, 10**10))),
    ("thirteen", "BIGINT", lambda rng, _: str(rng.randrange(10**12, 10**13))),
)


def labelled_columns(
    *, seed: int = 1, noise: float = 0.0, rows: int = ROWS
) -> Iterator[LabelledColumn]:
    rng = random.Random(seed)

    def column(name: str, kind: str, make: Make, expected: str) -> LabelledColumn:
        values = [make(rng, row) for row in range(rows)]
        if expected and kind == "VARCHAR":
            values = ["n/k" if rng.random() < noise else value for value in values]
        return LabelledColumn(name, kind, values, expected)

    by_values = (("pii", PII), ("quasi-identifier", QUASI), ("special-category", SPECIAL))
    by_name = (
        ("pii", PII_BY_NAME),
        ("quasi-identifier", QUASI_BY_NAME),
        ("special-category", SPECIAL_BY_NAME),
    )
    for expected, columns in (*by_values, *by_name, ("", ORDINARY)):
        for name, kind, make in columns:
            yield column(name, kind, make, expected)
    untitled = (columns for _, columns in by_values)
    for (expected, _), columns in zip(by_values, untitled, strict=True):
        for index, (_, kind, make) in enumerate(columns):
            yield column(f"c{index}_{expected[0]}", kind, make, expected)
