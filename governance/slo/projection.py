"""The objectives that a product's document declares (`assayObjectives`), with every issue; pure."""

from collections.abc import Mapping

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.products.projection import custom, custom_pointer
from catalog.types import JSONObject, JSONValue
from governance.slo.declaration import DeclaredObjective, parse_objective

KEY = "assayObjectives"
MAX_OBJECTIVES = 50


def declared_objectives(tree: JSONObject) -> list[DeclaredObjective]:
    """Return the objectives of a document, in order. Raises ValidationFailed with every issue."""
    declared = custom(tree, KEY)
    if declared is None:
        return []
    ports = tree.get("outputPorts")
    port_names = {
        str(port.get("name"))
        for port in (ports if isinstance(ports, list) else [])
        if isinstance(port, Mapping)
    }
    return parse_objectives(declared, custom_pointer(tree, KEY), ports=port_names)


def parse_standards(declared: JSONValue) -> list[DeclaredObjective]:
    """Return the objectives of a domain, in order. Raises ValidationFailed with every issue."""
    return parse_objectives(declared, "", ports=None)


def parse_objectives(
    declared: JSONValue, location: str, *, ports: set[str] | None
) -> list[DeclaredObjective]:
    """Return a list of objectives, in order; `ports` are those of their product, if any.

    Raises ValidationFailed with every issue.
    """
    if not isinstance(declared, list) or len(declared) > MAX_OBJECTIVES:
        message = f"Must be a list of at most {MAX_OBJECTIVES} objectives."
        raise ValidationFailed([Issue(location=location, message=message)])
    issues: list[Issue] = []
    parsed = [
        (f"{location}/{index}", parse_objective(item, f"{location}/{index}", issues, ports=ports))
        for index, item in enumerate(declared)
    ]
    objectives = {}
    for at, objective in parsed:
        if objective is None:
            continue
        if objective.key in objectives:
            issues.append(
                Issue(location=at, message="Duplicate objective.", hint="Remove one of them.")
            )
        objectives[objective.key] = objective
    if issues:
        raise ValidationFailed(issues)
    return list(objectives.values())
