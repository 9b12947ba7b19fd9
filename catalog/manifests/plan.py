"""What a manifest would change, decided from its documents and what the catalog has; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from jsonpointer import JsonPointer

from catalog.contracts.projection import DEFAULT_VERSION
from catalog.identifiers import fit
from catalog.issues import shortened
from catalog.manifests.formats.bitol_odps import target_status
from catalog.products.projection import digest_of
from catalog.types import JSONObject, JSONValue

MAX_CHANGES_SHOWN = 20
MAX_CHANGES = 1_000
ContractKey = tuple[str, str]
_IN_WORKING_COPY = "it changes the working copy: readers see it once that is published"


class Action(StrEnum):
    """What happens to a product."""

    CREATE = "create"
    CHANGE = "change"
    NONE = "no change"
    CONFLICT = "conflict"
    REFUSED = "refused"
    INVALID = "invalid"


class Transition(StrEnum):
    """What happens to a product's status once its documents are saved."""

    NONE = ""
    PUBLISH = "publish"
    DEPRECATE = "deprecate"
    RETIRE = "retire"


@dataclass(frozen=True, kw_only=True)
class CurrentContract:
    """A contract version in the catalog; `is_edited` by people since its last import."""

    tree: JSONObject
    is_frozen: bool = False
    is_edited: bool = False


@dataclass(frozen=True, kw_only=True)
class CurrentProduct:
    """A product in the catalog as people edit it; `is_edited` by them since its last import."""

    tree: JSONObject
    status: str
    domain: str
    is_imported: bool = True
    is_edited: bool = False
    contracts: Mapping[ContractKey, CurrentContract] = field(default_factory=dict)
    frozen_versions: frozenset[str] = frozenset()
    has_unpublished_changes: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do and why; `contracts` are the indexes of those to save, `notes` stop nothing."""

    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    contracts: tuple[int, ...] = ()
    transition: Transition = Transition.NONE
    notes: tuple[str, ...] = ()


UNCHANGED = Decision(action=Action.NONE, reason="no changes")


def decide(
    tree: JSONObject | None,
    contracts: Sequence[JSONObject],
    current: CurrentProduct | None,
    *,
    domain: str,
    overwrite: bool = False,
    asks_status: bool = True,
) -> Decision:
    """Return what to do with a product's document; None if only its contracts were given.

    One that was made from another format does not ask for a status.
    """
    if current is None:
        return _create(tree or {}, contracts)
    changes = list(_product_changes(tree, current, domain)) if tree is not None else []
    changed, frozen, is_edited = [], [], bool(changes) and current.is_edited
    for index, contract in enumerate(contracts):
        name = f"contract {' '.join(shortened(part) for part in key_of(contract))}"
        existing = current.contracts.get(key_of(contract))
        if existing is None:
            changes.append(f"adds {name}")
        elif digest_of(existing.tree) == digest_of(contract):
            continue
        else:
            differences = islice(diff(existing.tree, contract), MAX_CHANGES)
            changes += [f"{name}: {difference}" for difference in differences]
            frozen += [name] if existing.is_frozen else []
            is_edited = is_edited or existing.is_edited
        changed.append(index)
    if frozen:
        reason = "is part of a published version and cannot change: increase its version"
        return _blocked(Action.REFUSED, f"{', '.join(frozen)} {reason}", changes)
    if is_edited and not overwrite:
        reason = "people have edited it here since the last import"
        if not current.is_imported:
            reason = "it was created here and has never been imported"
        return _blocked(Action.CONFLICT, f"{reason}: overwrite to replace their work", changes)
    requested = tree if asks_status else None
    transition, notes = _transition(
        requested, current, is_changed=bool(changes), overwrite=overwrite
    )
    reason = f"{len(changes)} change{'s' * (len(changes) > 1)}" if changes else UNCHANGED.reason
    return Decision(
        action=Action.CHANGE if changes else Action.NONE,
        reason=reason,
        changes=_first_changes(changes),
        contracts=tuple(changed),
        transition=transition,
        notes=notes,
    )


def is_unchanged(tree: JSONObject, current: JSONObject, *, status: str) -> bool:
    """Return True if a document differs from the current one in its domain at most."""
    before, after = (_without(side, {"domain", "status"}) for side in (current, tree))
    return target_status(tree) == status and digest_of(before) == digest_of(after)


def key_of(contract: JSONObject) -> ContractKey:
    identifier, version = (str(contract.get(key) or "").strip() for key in ("id", "version"))
    return fit(identifier, 400), fit(version, 60) or DEFAULT_VERSION


def diff(before: JSONValue, after: JSONValue, at: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield each difference of two trees as text: what is added, removed or replaced."""
    if isinstance(before, list) and isinstance(after, list):
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            if key in before and key in after:
                yield from diff(before[key], after[key], (*at, key))
            else:
                yield _change("adds" if key in after else "removes", (*at, key))
    elif type(before) is not type(after) or before != after:
        yield _change("replaces", at)


def _change(verb: str, path: tuple[str | int, ...]) -> str:
    return f"{verb} {shortened(JsonPointer.from_parts(path).path, 120) or '/'}"


def _create(tree: JSONObject, contracts: Sequence[JSONObject]) -> Decision:
    status = target_status(tree)
    return Decision(
        action=Action.CREATE,
        reason=f"no product here has the id {shortened(str(tree.get('id')))}",
        changes=tuple(f"adds contract {' '.join(key_of(contract))}" for contract in contracts),
        contracts=tuple(range(len(contracts))),
        transition=Transition.PUBLISH if status == "published" else Transition.NONE,
        notes=() if status in ("draft", "published") else (_only_published(status),),
    )


def _product_changes(tree: JSONObject, current: CurrentProduct, domain: str) -> Iterator[str]:
    if current.status == target_status(tree) == "retired":
        return  # It does not change any more.
    if domain != current.domain:
        yield f"moves it from {current.domain} to {domain}"
    # A status that is reached already is no change.
    ignored = {"domain"} | ({"status"} if target_status(tree) == current.status else set())
    before, after = (_without(side, ignored) for side in (current.tree, tree))
    yield from islice(diff(before, after), MAX_CHANGES)


def _without(tree: JSONObject, keys: set[str]) -> JSONObject:
    return {key: value for key, value in tree.items() if key not in keys}


def _blocked(action: Action, reason: str, changes: Sequence[str]) -> Decision:
    return Decision(action=action, reason=reason, changes=_first_changes(changes))


def _transition(
    tree: JSONObject | None, current: CurrentProduct, *, is_changed: bool, overwrite: bool
) -> tuple[Transition, tuple[str, ...]]:
    """Return the transition to the status that a document asks for, or why there is none."""
    is_released = current.status in ("published", "deprecated")
    in_working_copy = (_IN_WORKING_COPY,) if is_released and is_changed else ()
    if tree is None or current.status == "external":
        return Transition.NONE, in_working_copy
    status = target_status(tree)
    if status == current.status:
        is_to_publish = is_changed or current.has_unpublished_changes
        return _republish(tree, current) if is_to_publish else (Transition.NONE, ())
    if status == "published":
        is_requested_now = overwrite or target_status(current.tree) != status
        if current.status == "draft" or (current.status == "deprecated" and is_requested_now):
            return Transition.PUBLISH, ()
        note = f"it was {current.status} here since; the manifest still says active"
        return Transition.NONE, (note,)
    return _end(status, current) if status != "draft" else (Transition.NONE, in_working_copy)


def _end(status: str, current: CurrentProduct) -> tuple[Transition, tuple[str, ...]]:
    if current.status == "draft":
        return Transition.NONE, (_only_published(status),)
    if status == "deprecated" and current.status == "retired":
        return Transition.NONE, ("it is retired here; the manifest still says deprecated",)
    return (Transition.DEPRECATE if status == "deprecated" else Transition.RETIRE), ()


def _republish(tree: JSONObject, current: CurrentProduct) -> tuple[Transition, tuple[str, ...]]:
    version = fit(str(tree.get("version") or DEFAULT_VERSION).strip(), 60)
    if current.status not in ("published", "deprecated"):
        return Transition.NONE, ()
    if version not in current.frozen_versions:
        return Transition.PUBLISH, (f"it publishes version {shortened(version)}",)
    note = f"version {shortened(version)} is published with other content"
    return Transition.NONE, (f"{note}: increase the version to publish this one", _IN_WORKING_COPY)


def _only_published(status: str) -> str:
    return f"it stays a draft: only a published product can be {status}"


def _first_changes(changes: Sequence[str]) -> tuple[str, ...]:
    if len(changes) <= MAX_CHANGES_SHOWN:
        return tuple(changes)
    return (*changes[:MAX_CHANGES_SHOWN], f"and {len(changes) - MAX_CHANGES_SHOWN} more")
