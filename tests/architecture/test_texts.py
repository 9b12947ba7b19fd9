"""What the project says: its docs are complete, and it speaks of itself alone."""

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
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_no_file_names_a_machine_a_workplace_or_a_registry():
    guilty = []
    for name in _tracked():
        path = ROOT / name
        if name.startswith("tests/architecture/") or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        guilty += [f"{name}: {found.group()}" for found in FOREIGN.finditer(text)]

    assert guilty == []


def test_every_invariant_has_its_text():
    assert [rule.__name__ for rule in INVARIANTS if not rule.__doc__] == []


def test_every_kind_of_refusal_has_its_own_code():
    codes = [kind.code for kind in (CatalogError, *CatalogError.__subclasses__())]

    assert sorted(codes) == sorted(set(codes))


def test_every_adr_is_short():
    long = {
        path.name: words
        for path in (ROOT / "docs/adr").glob("*.md")
        if (words := len(path.read_text().split())) > 400
    }

    assert long == {}
