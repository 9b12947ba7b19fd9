"""Installed packages are not older than the versions that fixed a vulnerability."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

FLOORS = Path(__file__).resolve().parents[2] / "security" / "floors.txt"
LINES = [
    line
    for line in FLOORS.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_there_are_floors():
    assert len(LINES) > 5


@pytest.mark.parametrize("line", LINES)
def test_an_installed_package_is_not_below_its_floor(line):
    floor = Requirement(line)
    try:
        installed = version(floor.name)
    except PackageNotFoundError:
        return  # not installed

    assert floor.specifier.contains(installed, prereleases=True), f"{line}, but {installed} is here"
