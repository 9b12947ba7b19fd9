"""Every policy that is shipped compiles, passes its cases, and has one case for each clause."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

import governance.policies
from governance.policies.cases import run_cases
from governance.policies.decisions import Mode
from governance.policies.evaluation import compile_policy
from governance.policies.models import Policy, PolicyVersion
from governance.policies.services import approve_version, propose_version
from governance.policies.text import parse_policies
from tests.factories import make_lead
from tests.governance.policy_texts import PERSONAL_DATA

LIBRARY = Path(governance.policies.__file__).with_name("library")
FILES = sorted(LIBRARY.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_policy_passes_its_cases(file):
    [parsed] = parse_policies(file.read_bytes(), name=file.name)
    assert [str(issue) for issue in parsed.issues] == []
    policy = parsed.policy
    assert policy.id == file.stem
    assert policy.reason
    assert policy.mode == "warn"
    results = list(run_cases(compile_policy(policy)))
    assert [(row.case.title, row.violated, row.error) for row in results if not row.is_passed] == []
    assert any(not row.case.expect for row in results)


def test_the_library_covers_what_people_ask_of_products():
    assert len(FILES) >= 25
    levels = {parse_policies(file.read_bytes(), name="x")[0].policy.level for file in FILES}
    assert levels == {"", "bronze", "silver", "gold"}


def run(*arguments):
    output = StringIO()
    try:
        call_command("apply_policies", *map(str, arguments), "--json", stdout=output)
    except SystemExit as ended:
        return ended.code, json.loads(output.getvalue())["policies"]
    return 0, json.loads(output.getvalue())["policies"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "personal.yaml").write_text(PERSONAL_DATA + "mode: warn\n")
    return tmp_path


@pytest.mark.django_db
def test_applying_a_folder_twice_changes_nothing(folder):
    assert [row["action"] for row in run(folder, "--dry-run")[1]] == ["create"]
    assert not Policy.objects.exists()
    assert [row["action"] for row in run(folder)[1]] == ["create"]
    policy = Policy.objects.get()
    assert (policy.mode, policy.active.author_name) == ("warn", "policy files")
    assert [row["action"] for row in run(folder)[1]] == ["unchanged"]
    assert PolicyVersion.objects.count() == 1


@pytest.mark.django_db
def test_a_change_of_a_file_replaces_and_a_change_elsewhere_is_drift(folder):
    run(folder)
    policy, lead = Policy.objects.get(), make_lead("Gunnar")
    text = PERSONAL_DATA.replace("Personal data is not public", "Another title")
    version = propose_version(text=text, actor=lead, edition=policy.edition)
    approve_version(
        version=version, actor=make_lead(), edition=policy.edition + 1, mode=Mode.ENFORCE
    )
    [row] = run(folder, "--dry-run")[1]
    assert row["action"] == "replace"
    assert "Version 2 was written by" in row["drift"]
    run(folder)
    assert Policy.objects.get().active.number == 3


@pytest.mark.django_db
def test_a_wrong_file_is_refused_with_its_line_and_the_others_are_applied(folder):
    (folder / "wrong.yaml").write_text(PERSONAL_DATA.replace("c.classification", "c.class"))
    code, rows = run(folder)
    assert code == 1
    assert [row["action"] for row in rows] == ["create", "refused"]
    assert rows[1]["issues"][0]["line"] == 9
    assert Policy.objects.count() == 1


@pytest.mark.django_db
def test_a_person_only_proposes(folder):
    person = make_lead("Gunnar")
    assert [row["action"] for row in run(folder, "--as", person.username)[1]] == ["propose"]
    policy = Policy.objects.get()
    assert policy.active is None
    assert policy.versions.get().author == person
