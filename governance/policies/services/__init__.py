"""Services of policies: the only writers of their rows, and the readers of facts."""

from governance.policies.services.facts import read_facts
from governance.policies.services.files import FileAction, FileResult, apply_files
from governance.policies.services.results import (
    evaluate_products,
    publication_issues,
    results_of,
)
from governance.policies.services.sweep import outdated_products, sweep_products
from governance.policies.services.versions import (
    approve_version,
    change_mode,
    policy_by_slug,
    policy_subject,
    propose_version,
    refuse_version,
    return_to_version,
)

__all__ = [
    "FileAction",
    "FileResult",
    "apply_files",
    "approve_version",
    "change_mode",
    "evaluate_products",
    "outdated_products",
    "policy_by_slug",
    "policy_subject",
    "propose_version",
    "publication_issues",
    "read_facts",
    "refuse_version",
    "results_of",
    "return_to_version",
    "sweep_products",
]
