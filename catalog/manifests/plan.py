"""What a manifest would change, decided from its documents and what the catalog holds; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from jsonpointer import JsonPointer

from catalog.issues import shortened
from catalog.manifests.bitol_odps import wanted_status
from catalog.products.projection import digest_of
from catalog.types import JSONObject

MOST_SAID = 20
ContractKey = tuple[str, str]


class Action(StrEnum):
    """What becomes of a product."""

    CREATE = "create"
    CHANGE = "change"
    NONE = "no change"
    CONFLICT = "conflict"
    REFUSED = "refused"
    INVALID = "invalid"


class Step(StrEnum):
    """What becomes of a product's status once its documents stand."""

    NONE = ""
    PUBLISH = "publish"
    DEPRECATE = "deprecate"
    RETIRE = "retire"


@dataclass(frozen=True, kw_only=True)
class CurrentContract:
    """A contract version as the catalog holds it; `is_edited` by people since its last import."""

    tree: JSONObject
    is_frozen: bool = False
    is_edited: bool = False


@dataclass(frozen=True, kw_only=True)
class CurrentProduct:
    """A product as the catalog holds it; `is_edited` by people since its last import."""

    tree: JSONObject
    status: str
    domain: str
    is_imported: bool = True
    is_edited: bool = False
    contracts: Mapping[ContractKey, CurrentContract] = field(default_factory=dict)
    frozen_versions: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do and why; `contracts` are the numbers of those to save, `notes` stop nothing."""

    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    contracts: tuple[int, ...] = ()
    step: Step = Step.NONE
    notes: tuple[str, ...] = ()


def decide(
    tree: JSONObject | None,
    contracts: Sequence[JSONObject],
    held: CurrentProduct | None,
    *,
    domain: str,
    overwrite: bool = False,
) -> Decision:
    """Return what to do with a product's document (None: only its contracts came)."""
    if held is None:
        return _create(tree or {}, contracts)
    changes = list(_product_changes(tree, held, domain)) if tree is not None else []
    saved, frozen, edited = [], [], bool(changes) and held.is_edited
    for number, contract in enumerate(contracts):
        standing = held.contracts.get(key_of(contract))
        if standing and digest_of(standing.tree) == digest_of(contract):
            continue
        saved.append(number)
        changes += _contract_changes(contract, standing)
        frozen += [contract] if standing and standing.is_frozen else []
        edited = edited or bool(standing and standing.is_edited)
    if frozen:
        return _frozen(frozen, changes)
    if edited and not overwrite:
        return _conflict(held, changes)
    return _change(tree, held, changes, saved, overwrite=overwrite)


def key_of(contract: JSONObject) -> ContractKey:
    """Return what names a contract version: its id and version."""
    return str(contract.get("id")), str(contract.get("version") or "0.1.0")


def differences(before: Any, after: Any, at: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield each difference of two trees in words: what is added, removed or replaced."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _members(before, after, at)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _members(dict(enumerate(before)), dict(enumerate(after)), at)
    elif type(before) is not type(after) or before != after:
        yield _said_of("replaces", at)


def _members(
    before: Mapping[Any, Any], after: Mapping[Any, Any], at: tuple[str | int, ...]
) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        if key in before and key in after:
            yield from differences(before[key], after[key], (*at, key))
        else:
            yield _said_of("adds" if key in after else "removes", (*at, key))


def _said_of(verb: str, at: tuple[str | int, ...]) -> str:
    return f"{verb} {shortened(JsonPointer.from_parts(at).path, 120) or '/'}"


def _create(tree: JSONObject, contracts: Sequence[JSONObject]) -> Decision:
    wanted = wanted_status(tree)
    notes = [] if wanted in ("draft", "published") else [_only_published(wanted)]
    return Decision(
        action=Action.CREATE,
        reason=f"no product here has the id {shortened(str(tree.get('id')))}",
        changes=tuple(f"adds contract {' '.join(key_of(contract))}" for contract in contracts),
        contracts=tuple(range(len(contracts))),
        step=Step.PUBLISH if wanted == "published" else Step.NONE,
        notes=tuple(notes),
    )


def _product_changes(tree: JSONObject, held: CurrentProduct, domain: str) -> Iterator[str]:
    """Yield what differs; a status that is reached already is no difference."""
    if domain != held.domain:
        yield f"moves it from {held.domain} to {domain}"
    left_out = {"domain"} | ({"status"} if wanted_status(tree) == held.status else set())
    yield from islice(differences(_without(held.tree, left_out), _without(tree, left_out)), 1_000)


def _without(tree: JSONObject, keys: set[str]) -> JSONObject:
    return {key: value for key, value in tree.items() if key not in keys}


def _contract_changes(contract: JSONObject, standing: CurrentContract | None) -> list[str]:
    name = f"contract {' '.join(shortened(part) for part in key_of(contract))}"
    if standing is None:
        return [f"adds {name}"]
    return [f"{name}: {words}" for words in islice(differences(standing.tree, contract), 1_000)]


def _frozen(frozen: Sequence[JSONObject], changes: Sequence[str]) -> Decision:
    names = ", ".join(" ".join(key_of(contract)) for contract in frozen)
    return Decision(
        action=Action.REFUSED,
        reason=f"contract {names} is part of a published version and never changes:"
        " raise its version",
        changes=_said(changes),
    )


def _conflict(held: CurrentProduct, changes: Sequence[str]) -> Decision:
    how = "people have edited it here since the last import"
    if not held.is_imported:
        how = "it was made here and has never been imported"
    return Decision(
        action=Action.CONFLICT,
        reason=f"{how}: overwrite to replace their work",
        changes=_said(changes),
    )


def _change(
    tree: JSONObject | None,
    held: CurrentProduct,
    changes: Sequence[str],
    saved: Sequence[int],
    *,
    overwrite: bool,
) -> Decision:
    step, notes = _step(tree, held, is_changed=bool(changes), overwrite=overwrite)
    reason = f"{len(changes)} differences" if len(changes) != 1 else "1 difference"
    return Decision(
        action=Action.CHANGE if changes else Action.NONE,
        reason=f"{reason} from what stands here" if changes else "the same as what stands here",
        changes=_said(changes),
        contracts=tuple(saved),
        step=step,
        notes=tuple(notes),
    )


def _step(
    tree: JSONObject | None, held: CurrentProduct, *, is_changed: bool, overwrite: bool
) -> tuple[Step, list[str]]:
    """Return the step to the status that a document wants, or why none is taken."""
    if tree is None or held.status == "external":
        return Step.NONE, []
    wanted = wanted_status(tree)
    if wanted == held.status:
        return _republish(tree, held) if is_changed else (Step.NONE, [])
    if wanted == "published":
        is_asked = overwrite or wanted_status(held.tree) != wanted
        return _publish(held, is_asked=is_asked)
    if wanted == "draft":
        return Step.NONE, []
    return _end(wanted, held)


def _publish(held: CurrentProduct, *, is_asked: bool) -> tuple[Step, list[str]]:
    if held.status == "draft" or (held.status == "deprecated" and is_asked):
        return Step.PUBLISH, []
    return Step.NONE, [f"it was {held.status} here since; the manifest still says active"]


def _end(wanted: str, held: CurrentProduct) -> tuple[Step, list[str]]:
    if held.status == "draft":
        return Step.NONE, [_only_published(wanted)]
    if wanted == "deprecated" and held.status == "retired":
        return Step.NONE, ["it is retired here; the manifest still says deprecated"]
    return (Step.DEPRECATE if wanted == "deprecated" else Step.RETIRE), []


def _republish(tree: JSONObject, held: CurrentProduct) -> tuple[Step, list[str]]:
    version = str(tree.get("version") or "0.1.0")
    if held.status != "published":
        return Step.NONE, []
    if version not in held.frozen_versions:
        return Step.PUBLISH, []
    note = f"version {shortened(version)} is published with other content"
    return Step.NONE, [f"{note}: raise the version to publish this one"]


def _only_published(wanted: str) -> str:
    return f"it stays a draft: only a published product can be {wanted}"


def _said(changes: Sequence[str]) -> tuple[str, ...]:
    if len(changes) <= MOST_SAID:
        return tuple(changes)
    return (*changes[:MOST_SAID], f"and {len(changes) - MOST_SAID} more")
