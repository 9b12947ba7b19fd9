"""Compiles custom rules: Assay's own checks, and those of other tools that say the same; pure.

A custom rule of ODCS has an `engine` and an `implementation`, an object or a text of YAML or JSON.
"""

from __future__ import annotations

from catalog.manifests.issues import ParseError
from catalog.manifests.readers import read_documents
from catalog.types import JSONObject
from governance.quality.assay_rules import compile_assay
from governance.quality.drafts import Draft, Place, RuleProblem
from governance.quality.foreign_rules import TRANSLATORS
from governance.quality.library_rules import compile_library
from governance.quality.rules import CUSTOM
from governance.quality.sql_rules import compile_sql

ENGINE = "assay"
ENGINE_NAMES = {
    "greatexpectations": "great-expectations",
    "great_expectations": "great-expectations",
    "gx": "great-expectations",
    "sodacore": "soda",
    "soda-core": "soda",
}


def compile_custom(rule: JSONObject, place: Place) -> Draft:
    """Return what a custom rule asks for; one that is not known here has a reason, no check.

    Raises RuleProblem.
    """
    engine = str(rule.get("engine") or "").strip().casefold()
    if not engine:
        raise RuleProblem("A custom rule names no engine.", "Add engine: assay.", "/engine")
    implementation = _implementation(rule)
    if engine == ENGINE:
        if not implementation:
            hint = "Write an object such as {check: range, minimum: 0}."
            raise RuleProblem("The implementation is not an object.", hint, "/implementation")
        return compile_assay(implementation, place)
    translate = TRANSLATORS.get(ENGINE_NAMES.get(engine, engine))
    translated = translate(implementation, place.column) if translate else None
    if translated is None:
        reason = f"The rule is one of {rule['engine']} that Assay does not know; it is not run."
        return Draft(kind=CUSTOM, reason=reason)
    if "metric" in translated:
        return compile_library(translated, place)
    if "query" in translated:
        return compile_sql(translated, place)
    return compile_assay(translated, place)


def _implementation(rule: JSONObject) -> JSONObject:
    """Return the implementation as an object; empty if it is none, or a text that is none."""
    value = rule.get("implementation")
    if isinstance(value, dict):
        return value
    try:
        documents = read_documents(str(value or "").encode(), name="implementation")
    except ParseError:
        return {}
    tree: JSONObject = documents[0].tree
    return tree if len(documents) == 1 else {}
