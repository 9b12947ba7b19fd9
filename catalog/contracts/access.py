"""What a person may read of a document."""

from collections.abc import Callable

from catalog.authorization.access import Principal, access_for
from catalog.contracts.models import DataContract
from catalog.contracts.secrets import without_secrets
from catalog.permissions import Permission
from catalog.types import JSONObject


def readable_tree(contract: DataContract, principal: Principal) -> JSONObject:
    """Return the document of a contract, as `readable_document` does."""

    def may_edit() -> bool:
        return access_for(principal).can(Permission.EDIT_PRODUCTS, contract.product.domain_id)

    return readable_document(contract.tree, may_edit)


def readable_document(tree: JSONObject, may_edit: Callable[[], bool]) -> JSONObject:
    """Return a document; who could not edit it sees no value that looks like a secret."""
    hidden: JSONObject = without_secrets(tree)
    # Few documents have one, so the rights are seldom asked for.
    return hidden if hidden == tree or not may_edit() else dict(tree)
