"""What a person may read of a contract's document."""

from catalog.authorization.access import Principal, access_for
from catalog.contracts.models import DataContract
from catalog.contracts.secrets import without_secrets
from catalog.permissions import Permission
from catalog.types import JSONObject


def readable_tree(contract: DataContract, principal: Principal) -> JSONObject:
    """Return the document; who could not edit it sees no value that looks like a secret."""
    tree: JSONObject = without_secrets(contract.tree)
    # Few documents have one, so the rights are seldom asked for.
    if tree == contract.tree:
        return tree
    may_edit = access_for(principal).can(Permission.EDIT_PRODUCTS, contract.product.domain_id)
    return dict(contract.tree) if may_edit else tree
