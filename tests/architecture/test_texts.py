"""Docs are complete, and no text names the workplace."""

import re
import subprocess

from catalog.exceptions import CatalogError
from catalog.publication.rules import INVARIANTS
from tests.architecture.trees import ROOT

FOREIGN = re.compile(
    r"/(?:work|farm)/|/tmp/bash_jobs|pypi\.org|files\.pythonhosted|registry\.npmjs|repo1?\.maven"
    r"|\bissue #?\d+\b",
    re.IGNORECASE,
)


def _tracked() -> list[str]:
    process = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout.splitlines()


def test_no_file_names_a_machine_a_workplace_or_a_registry():
    offenders = []
    for name in _tracked():
        path = ROOT / name
        if name.startswith("tests/architecture/") or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        offenders += [f"{name}: {match.group()}" for match in FOREIGN.finditer(text)]

    assert offenders == []


def test_every_invariant_has_a_docstring():
    assert [rule.__name__ for rule in INVARIANTS if not rule.__doc__] == []


def test_every_error_has_a_code_of_its_own():
    codes = [error.code for error in (CatalogError, *CatalogError.__subclasses__())]

    assert sorted(codes) == sorted(set(codes))


def test_every_adr_is_short():
    long = {
        path.name: words
        for path in (ROOT / "docs/adr").glob("*.md")
        if (words := len(path.read_text().split())) > 400
    }

    assert long == {}
