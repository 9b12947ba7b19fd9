"""Runs an edit of a product as a whole, and asks at its end whether the product may become so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from catalog.products.models import DataProduct

EditCheck = Callable[[DataProduct], Callable[[DataProduct], None]]
_checks: dict[str, EditCheck] = {}
_open_edits: ContextVar[frozenset[int]] = ContextVar("open_edits", default=frozenset())

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def register_edit_check(name: str, check: EditCheck) -> None:
    """Register a check of edits.

    It gets the product before an edit, and returns what gets the product after it and raises
    CatalogError to refuse the edit.
    """
    _checks[name] = check


@contextmanager
def edit_of(product: DataProduct | None) -> Iterator[None]:
    """Run all that one edit writes in one transaction; an edit inside another is part of it.

    So the checks see a product only when its documents fit each other. Without a product there is
    nothing to compare: a new one is a draft.
    """
    open_edits = _open_edits.get()
    if product is None or product.pk in open_edits:
        with transaction.atomic():
            yield
        return
    token = _open_edits.set(open_edits | {product.pk})
    try:
        with transaction.atomic():
            # Not locked yet: an edit in between raises EditConflict by its edition.
            finish_checks = [check(product) for check in _checks.values()]
            yield
            current = DataProduct.objects.select_related("domain").get(pk=product.pk)
            for finish in finish_checks:
                finish(current)
    finally:
        _open_edits.reset(token)


def edits_product(service: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Run a service as one edit of its `product`, or of that of its `port` or `contract`."""

    @wraps(service)
    def edit(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        owned = kwargs.get("port") or kwargs.get("contract")
        product = kwargs.get("product") or getattr(owned, "product", None)
        assert isinstance(product, DataProduct)
        with edit_of(product):
            return service(*args, **kwargs)

    return edit
