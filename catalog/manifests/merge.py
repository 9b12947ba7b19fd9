"""What an imported file says, over what the catalog has of it; pure.

Only documents made from other formats are merged: they say less than ours, so what people add here
(answers, objectives, classes of columns, ports) stays when the file is imported again.
"""

from collections.abc import Sequence

from catalog.contracts.compatibility import compare_contracts
from catalog.manifests.formats.types import KEPT_FIELDS
from catalog.products.changes import greatest_class
from catalog.publication.versions import is_later, next_version
from catalog.types import JSONObject, JSONValue

FIRST_VERSION = "1.0.0"
# Lists whose items are matched by these members; what only the catalog has stays.
_UNIONS = {
    "customProperties": ("property",),
    "outputPorts": ("name", "version"),
    "inputPorts": ("name", "version"),
    "servers": ("server",),
}
# Lists that have the items of the file and no others, each merged with the one here.
_MATCHED = {"schema": ("name",), "properties": ("name",)}


def merge(current: JSONValue, imported: JSONValue, member: str = "") -> JSONValue:
    """Return an imported value, completed by what only the current one has."""
    if isinstance(current, dict) and isinstance(imported, dict):
        if imported.get("property") == KEPT_FIELDS:
            # What a file no longer says is no longer kept of its standard.
            return imported | {"value": current.get("value", {}) | imported["value"]}
        values = {
            key: merge(current[key], value, key) if key in current else value
            for key, value in imported.items()
        }
        return current | values
    keys = _UNIONS.get(member) or _MATCHED.get(member)
    if keys and isinstance(current, list) and isinstance(imported, list):
        return _merge_lists(current, imported, keys, keeps=member in _UNIONS)
    return imported


def complete_product(
    imported: JSONObject, current: JSONObject | None, *, domain: str
) -> JSONObject:
    """Return the document of an imported product with the catalog's domain, status and version."""
    if current is None:
        return {"version": FIRST_VERSION, "status": "draft"} | imported | {"domain": domain}
    own = {key: current[key] for key in ("apiVersion", "id", "status") if key in current}
    merged: JSONObject = merge(current, imported | own)
    return merged | {"domain": domain}


def complete_contract(
    imported: JSONObject, versions: Sequence[JSONObject], frozen: Sequence[JSONObject]
) -> JSONObject:
    """Return an imported contract as the version that it is; `versions` are those here, in order.

    A published version never changes, so what differs from it gets the next version number: a major
    one for what breaks consumers.
    """
    if not versions:
        return imported
    newest = versions[-1]
    own = {key: newest[key] for key in ("apiVersion", "version", "status") if key in newest}
    merged: JSONObject = merge(newest, imported | own)
    changes = compare_contracts(newest, merged)
    version = str(newest.get("version"))
    if is_later(str(imported.get("version")), version):
        return merged | {"version": imported["version"]}
    if not changes or newest not in frozen:
        return merged if changes else newest
    return merged | {"version": next_version(version, greatest_class(changes))}


def _merge_lists(
    current: list[JSONValue], imported: list[JSONValue], keys: Sequence[str], *, keeps: bool
) -> list[JSONValue]:
    def key_of(item: JSONValue) -> str:
        return str([item.get(key) for key in keys]) if isinstance(item, dict) else str(item)

    by_key = {key_of(item): item for item in current}
    merged = {key_of(item): merge(by_key.get(key_of(item)), item) for item in imported}
    # In the order of the catalog, so that the same file changes nothing.
    rest = {key: item for key, item in by_key.items() if keeps or key in merged}
    return list((rest | merged).values())
