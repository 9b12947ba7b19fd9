"""National identity numbers of people, tested by python-stdnum's checksums; pure.

A number whose format has no checksum, or one that other numbers share (Luhn over nine digits is
that of French companies too), is only tested in a column whose name says so, or where it is
written with its usual separators.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

# Checksum and date, or a checksum over a form of its own: few other numbers pass.
CHECKED = (
    "at.vnr be.nn bg.egn br.cpf ch.ssn cn.ric do.cedula ec.ci ee.ik es.dni es.nie fi.hetu fr.nir "
    "gb.nhs gr.amka hr.oib ie.pps in_.aadhaar in_.pan is_.kennitala it.codicefiscale kr.rrn "
    "lt.asmens mx.curp nl.bsn no.fodselsnummer pl.pesel ro.cnp se.personnummer si.emso "
    "th.pin tr.tckimlik za.idnr de.idnr"
).split()
# Tested only by name, or as text of this form.
WEAK: Mapping[str, str] = {
    "pt.cc": r"\d{8} ?\d ?[A-Z]{2}\d",
    "us.ssn": r"\d{3}-\d\d-\d{4}",
    "dk.cpr": r"\d{6}-\d{4}",
    "cz.rc": r"\d{6}/\d{4}",
    "my.nric": r"\d{6}-\d\d-\d{4}",
    "cl.rut": r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]",
    "ca.sin": r"\d{3}[ -]\d{3}[ -]\d{3}",
    "il.idnr": r"\d-\d{7}-\d",
    "au.tfn": r"\d{3} \d{3} \d{3}",
}
# What any of them looks like: most texts need no checksum.
_SHAPE = re.compile(r"[0-9A-Za-z][0-9A-Za-z .+/-]{6,22}[0-9A-Za-z]")
_MIN_DIGITS = 4


def is_candidate(value: str) -> bool:
    """Return True if a value may be such a number at all."""
    return (
        _SHAPE.fullmatch(value) is not None
        and sum(character.isdigit() for character in value) >= _MIN_DIGITS
    )


@cache
def validators(*, matches_name: bool) -> Mapping[str, Callable[[str], bool]]:
    """Return the test of each number by its code in python-stdnum."""
    tests = {code: _validator(code, "") for code in CHECKED}
    return tests | {
        code: _validator(code, "" if matches_name else form) for code, form in WEAK.items()
    }


def _validator(code: str, form: str) -> Callable[[str], bool]:
    is_valid: Callable[[str], bool] = import_module(f"stdnum.{code}").is_valid
    if not form:
        return is_valid
    pattern = re.compile(form)
    return lambda value: pattern.fullmatch(value) is not None and is_valid(value)
