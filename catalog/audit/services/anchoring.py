"""Writes anchors: the head of the sealed trail, signed, to a file outside of the database.

Somebody who may change the database can compute the whole chain again, or cut its end. Neither
agrees with an anchor that was written before.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from catalog.audit.models import AuditSeal
from catalog.audit.verification import Anchor
from catalog.signatures import is_signed, key_from_secret, public_key_text, sign
from catalog.types import JSONObject


@dataclass(frozen=True)
class AnchorList:
    """The anchors of the file whose signature is right, and what is wrong with others."""

    valid: tuple[Anchor, ...]
    issues: tuple[str, ...] = ()


def anchors_path() -> Path:
    return Path(settings.ASSAY_AUDIT_ANCHORS)


def write_anchor(*, now: datetime) -> JSONObject | None:
    """Append the present head to the file and return it; None if it is there already."""
    head = AuditSeal.objects.order_by("-sequence").first()
    known = read_anchors().valid
    if head is None or (known and known[-1].sequence >= head.sequence):
        return None
    key = key_from_secret(settings.ASSAY_ANCHOR_SECRET)
    anchor: JSONObject = {
        "sequence": head.sequence,
        "digest": head.digest,
        "at": now.isoformat(),
        "key": public_key_text(key),
    }
    anchor["signature"] = sign(key, _content(anchor))
    path = anchors_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(anchor) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def read_anchors() -> AnchorList:
    """Return what the file of anchors has; nothing if there is none yet."""
    path, valid, issues = anchors_path(), [], []
    if not path.exists():
        return AnchorList(())
    trusted = public_key_text(key_from_secret(settings.ASSAY_ANCHOR_SECRET))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        anchor = _parsed(line)
        if anchor is None or anchor["key"] != trusted:
            issues.append(f"Line {number} of {path.name} is not an anchor of this installation.")
        elif not is_signed(trusted, _content(anchor), anchor["signature"]):
            issues.append(f"The signature of line {number} of {path.name} is wrong.")
        else:
            valid.append(Anchor(anchor["sequence"], anchor["digest"]))
    return AnchorList(tuple(valid), tuple(issues))


def _parsed(line: str) -> JSONObject | None:
    try:
        anchor = json.loads(line)
    except ValueError:
        return None
    kinds = {"sequence": int, "digest": str, "at": str, "key": str, "signature": str}
    is_whole = isinstance(anchor, dict) and all(
        isinstance(anchor.get(name), kind) for name, kind in kinds.items()
    )
    return anchor if is_whole else None


def _content(anchor: JSONObject) -> bytes:
    """Return what is signed: sequence, digest and moment, as canonical JSON."""
    signed = {name: anchor[name] for name in ("at", "digest", "sequence")}
    return json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
