"""Rows of policies: their versions and results."""

from governance.policies.models.policies import Policy, PolicyKind, PolicyVersion
from governance.policies.models.results import EvaluatedProduct, StoredResult

__all__ = [
    "EvaluatedProduct",
    "Policy",
    "PolicyKind",
    "PolicyVersion",
    "StoredResult",
]
