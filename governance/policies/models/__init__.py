"""Rows of policies: their versions, results, waivers and dry runs."""

from governance.policies.models.dry_runs import DryRun, DryRunChange
from governance.policies.models.policies import Policy, PolicyKind, PolicyVersion
from governance.policies.models.results import EvaluatedProduct, StoredResult
from governance.policies.models.waivers import Waiver

__all__ = [
    "DryRun",
    "DryRunChange",
    "EvaluatedProduct",
    "Policy",
    "PolicyKind",
    "PolicyVersion",
    "StoredResult",
    "Waiver",
]
