"""Personal data is recognized by names and values, inside the sandbox; only counts leave it."""

import json
import math
import time

import pytest

from benchmarks.classification import measure
from benchmarks.labelled_columns import NOISE, labelled_columns
from governance.inspection.classification import ClassifiableColumn, ColumnKey, suggest
from governance.sandbox.detection import detected_in, with_detections
from governance.sandbox.detectors import detectors_by_name
from governance.sandbox.runner import run_child
from governance.sandbox.statistics import Scan, with_statistics
from governance.sandbox.types import ColumnProfile, Source, SourceUnreadable, TableProfile
from tests.governance.databases import fetch_from


def _column(name, logical_type="string"):
    return ColumnProfile(name=name, physical_type="VARCHAR", logical_type=logical_type)


def _suggestions(*columns, rejected=()):
    return list(
        suggest(
            [
                ClassifiableColumn(
                    key=ColumnKey("contract", "t", column.name),
                    name=column.name,
                    table="t",
                    path=column.name,
                    logical_type=column.logical_type,
                    observed=column,
                )
                for column in columns
            ],
            rejected=rejected,
        )
    )


EMAILS = [f"person{n}@example.org" for n in range(98)] + ["n/k", "?"]


def test_values_that_are_e_mail_addresses_are_the_evidence():
    (suggestion,) = _suggestions(detected_in(_column("c17"), EMAILS * 10))

    assert (suggestion.classification, suggestion.is_by_values) == ("pii", True)
    assert suggestion.evidence == "98 % of 1,000 sampled values are valid e-mail addresses."


def test_a_name_that_agrees_is_said_so():
    (suggestion,) = _suggestions(detected_in(_column("customer_email"), EMAILS))

    assert suggestion.evidence.endswith("The name of the column agrees.")


def test_the_name_of_a_person_is_told_by_the_name_of_the_column_only():
    (suggestion,) = _suggestions(detected_in(_column("first_name"), ["Ada", "Bo"] * 10))

    assert not suggestion.is_by_values
    assert suggestion.evidence == "By its name only: its values do not contradict the name."


def test_a_column_without_sampled_values_is_told_by_its_name_and_says_so():
    (suggestion,) = _suggestions(_column("customer_email"))

    assert suggestion.evidence == "By its name only: its values were not sampled."


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("email", [str(number) for number in range(50)]),
        ("first_name", [f"node-{number}" for number in range(50)]),
        ("race", ["Monza", "Spa", "Imola"] * 20),
        ("ip", ["n/a", "host a", "host b"] * 20),
    ],
)
def test_values_that_contradict_a_name_refute_it(name, values):
    assert _suggestions(detected_in(_column(name), values)) == []


def test_a_flag_about_a_phone_is_no_phone_but_one_about_a_disease_is_of_health():
    assert _suggestions(_column("has_phone", "boolean")) == []
    (suggestion,) = _suggestions(_column("has_diabetes_diagnosis", "boolean"))
    assert suggestion.classification == "special-category"


@pytest.mark.parametrize(
    "name",
    [
        "page",
        "email_count",
        "phone_model",
        "race_id",
        "gender_gap",
        "product_name",
        "name",
        "ipsum",
    ],
)
def test_ordinary_names_tell_nothing(name):
    assert detectors_by_name(name) == ()


@pytest.mark.parametrize(
    "name", ["customerEmail", "E-Mail", "EMAIL_ADDRESS", "dateOfBirth", "DOB", "Vorname", "IPv4"]
)
def test_names_are_told_in_any_case_and_with_any_separator(name):
    assert detectors_by_name(name)


@pytest.mark.parametrize("noise", [0.0, NOISE])
def test_labelled_columns_are_all_told_and_ordinary_ones_are_not(noise):
    result = measure(labelled_columns(seed=3, noise=noise, rows=150))

    assert (result["wrong"], result["missed"]) == ([], [])


def test_a_rejected_suggestion_is_not_made_again_but_another_one_is():
    column = detected_in(_column("diagnosis"), ["asthma", "diabetes"] * 20)
    (first,) = _suggestions(column)

    assert _suggestions(column, rejected={(first.column.key, first.classification)}) == []
    assert _suggestions(column, rejected={(first.column.key, "pii")}) == [first]


def test_a_classified_column_is_left_alone_and_an_open_one_is_not():
    def suggested(classification):
        observed = detected_in(_column("mail"), EMAILS)
        key = ColumnKey("c", "t", "mail")
        column = ClassifiableColumn(
            key=key,
            name="mail",
            table="t",
            path="mail",
            classification=classification,
            observed=observed,
        )
        return list(suggest([column], rejected=()))

    assert suggested("restricted") == []
    assert suggested("pii") == []
    assert [row.classification for row in suggested("public")] == ["pii"]


def test_values_never_leave_the_sandbox(tmp_path):
    rows = "".join(f"{n},person{n}@example.org,+49 170 55500{n:02}\n" for n in range(60))
    path = tmp_path / "people.csv"
    path.write_text("id,contact,reach\n" + rows)

    with path.open("rb") as file:
        profile = run_child(Source(kind="csv", descriptor=file.fileno()))
    text = json.dumps([table.as_json() for table in profile.tables])

    assert "example.org" not in text
    assert "170" not in text
    columns = profile.tables[0].columns
    assert [column.detections for column in columns] == [(), (("e-mail", 60),), (("phone", 60),)]


def test_a_database_is_tested_by_the_same_detectors():
    import duckdb  # noqa: PLC0415 - as the adapters do

    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE people AS SELECT 'a' || range || '@example.org' AS c FROM range(2000)"
    )
    columns = (_column("c"),)
    scan = Scan(name="people", fetch=fetch_from(connection), ends_at=time.monotonic() + 60)

    table = with_statistics(
        TableProfile(name="people", rows=None, columns=columns), scan, shows=lambda _: False
    )

    assert (table.columns[0].n_sampled, table.columns[0].detections) == (1000, (("e-mail", 1000),))


def test_a_portion_that_cannot_be_read_leaves_the_others_tested():
    columns = [_column(f"c{number}") for number in range(60)]

    def fetch(names):
        if "c0" in names:
            raise SourceUnreadable("not-counted")
        return [[f"a{row}@example.org"] * len(names) for row in range(40)]

    profiles = with_detections(columns, fetch, ends_at=math.inf)

    assert [column.n_sampled for column in profiles] == [0] * 50 + [40] * 10


def test_wide_tables_of_numbers_cost_no_sampling():
    def fetch(names):
        raise AssertionError(names)

    columns = [_column(f"measure_{number}", "number") for number in range(3000)]

    assert with_detections(columns, fetch, ends_at=math.inf) == columns
