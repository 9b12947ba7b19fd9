"""Business terms from a file: YAML or CSV, each whole or not at all, twice the same as once."""

import json

import pytest
from django.core.management import call_command

from catalog.glossary.models import Term
from catalog.glossary.services import define_term, edit_term
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.manifests.readers import MAX_BYTES
from catalog.manifests.terms import parse_terms
from tests.factories import FACTORY, make_domain, make_person, make_users

YAML = """\
- name: Customer lifetime value
  definition: What a customer brings.
  synonyms: [customer worth]
  acronyms: [CLV]
- name: Churn
  definition: Who leaves.
  domain: sales
"""
CSV = """\
name,definition,synonyms,acronyms,domain
Customer lifetime value,What a customer brings.,customer worth,CLV,
Churn,"Who leaves,
and when.",attrition; turnover,,sales
"""


def run(*arguments):
    """Return the exit code of the command."""
    try:
        call_command("import_terms", *map(str, arguments))
    except SystemExit as ended:
        return ended.code
    return 0


def problems_in(text, name="terms.yaml") -> list[DocumentIssue]:
    return [p for entry in parse_terms(text.encode(), name=name) for p in entry.issues]


@pytest.fixture
def write(tmp_path):
    def written(text, name="terms.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "name"), [(YAML, "terms.yaml"), (CSV, "terms.csv")])
def test_terms_are_imported_and_unchanged_the_second_time(write, capsys, text, name):
    make_domain("sales")
    path = write(text, name)

    assert run(path) == 0
    assert run(path) == 0

    out = capsys.readouterr().out
    assert "2 terms: 2 create, 0 change, 0 no change" in out
    assert "2 terms: 0 create, 0 change, 2 no change" in out
    value = Term.objects.get(slug="customer-lifetime-value")
    assert (value.synonyms, value.acronyms, value.domain) == (["customer worth"], ["CLV"], None)
    assert Term.objects.get(slug="churn").domain.slug == "sales"


@pytest.mark.django_db
def test_a_csv_cell_can_have_several_words_and_lines(write):
    make_domain("sales")

    assert run(write(CSV, "terms.csv")) == 0

    churn = Term.objects.get(slug="churn")
    assert churn.synonyms == ["attrition", "turnover"]
    assert churn.definition == "Who leaves,\nand when."


@pytest.mark.django_db
def test_a_dry_run_reports_the_same_and_writes_nothing(write, capsys):
    make_domain("sales")

    assert run(write(YAML), "--dry-run") == 0

    assert "2 create" in capsys.readouterr().out
    assert not Term.objects.exists()


@pytest.mark.django_db
def test_a_changed_field_is_named_and_missing_fields_stay(write, capsys):
    term = define_term(name="Churn", definition="Who goes.", acronyms=["CHN"], actor=FACTORY)
    edit_term(term=term, edition=1, synonyms=["attrition"], actor=FACTORY)

    assert run(write("- name: churn\n  definition: Who leaves.\n"), "--json") == 0

    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["change"] == 1
    assert report["terms"][0]["changes"] == ["name", "definition"]
    term.refresh_from_db()
    assert (term.name, term.definition, term.synonyms) == ("churn", "Who leaves.", ["attrition"])
    assert term.edition == 3


@pytest.mark.django_db
def test_one_bad_term_stops_no_other_and_is_named_by_file_line_and_field(write, capsys):
    path = write(
        "- name: Good\n  definition: Yes.\n"
        "- name: Bad\n  definition: Yes.\n  acronyms: [X, x]\n"
        "- name: Nowhere\n  definition: Yes.\n  domain: atlantis\n"
    )

    assert run(path) == 2

    out = capsys.readouterr().out
    assert f"{path}:5:17: error: Duplicate value x [terms.invalid at /acronyms/1]" in out
    assert f"{path}:8:3: error: Unknown domain atlantis [terms.domain at /domain]" in out
    assert [term.name for term in Term.objects.all()] == ["Good"]


@pytest.mark.django_db
def test_a_person_imports_only_where_they_are_a_steward(write, capsys):
    users = make_users(make_domain("sales"))
    path = write(YAML)

    assert run(path, "--as", users.steward.username) == 1
    assert [term.name for term in Term.objects.all()] == ["Churn"]
    assert "refused   Customer lifetime value" in capsys.readouterr().out
    assert run(path, "--as", make_person().username) == 1


@pytest.mark.parametrize(
    ("text", "rule", "line", "path"),
    [
        ("- name: A\n  definitoin: x\n", "terms.unknown-field", 2, "/definitoin"),
        ("- definition: x\n", "terms.name", 1, "/name"),
        ("- name: [A]\n", "terms.text", 1, "/name"),
        ("- name: A\n  domain: 7\n", "terms.text", 2, "/domain"),
        ("- name: A\n- name: B\n- name: a\n", "terms.duplicate", 3, "/name"),
    ],
)
def test_an_invalid_term_has_a_line_and_a_code(text, rule, line, path):
    problem = problems_in(text)[0]

    assert (problem.code, problem.line, problem.location) == (rule, line, path)
    assert problem.hint


@pytest.mark.parametrize(
    ("text", "name", "rule", "line"),
    [
        ("- a: [", "t.yaml", "reading.yaml-syntax", 2),
        ("", "t.csv", "reading.empty", 1),
        ("name,name\na,b\n", "t.csv", "reading.csv-fields", 1),
        ("name,definition\nA,b\nB,c,d\n", "t.csv", "reading.csv-cells", 3),
        ('name\n"A"x\n', "t.csv", "reading.csv-syntax", 2),
        ("name\n" + "A" * MAX_BYTES, "t.csv", "reading.size", 1),
        ("name\nA\0\n", "t.csv", "reading.characters", 2),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text, name, rule, line):
    with pytest.raises(ParseError) as unread:
        parse_terms(text.encode(), name=name)

    assert unread.value.issue.line == line
    assert unread.value.issue.code == rule


def test_a_bad_file_exits_with_two(write, capsys):
    assert run(write("name,name\n", "terms.csv")) == 2
    assert "Duplicate field name" in capsys.readouterr().out
