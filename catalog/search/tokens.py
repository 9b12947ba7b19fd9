"""The tokens by which an index decides who may read a document, and of which kind it is; pure."""

from collections.abc import Iterable

from catalog.search.fields import DEFAULT_TYPE


def scoped_tokens(readers: Iterable[str], kinds: Iterable[str]) -> tuple[str, ...]:
    """The tokens by which documents of some kinds are read: one filter says who and what.

    Those of the usual kind stand as they are, so that its searches cost nothing for the others.
    """
    held, begins = tuple(readers), {DEFAULT_TYPE: ""}
    return tuple(begins.get(kind, f"{kind} ") + token for kind in kinds for token in held)
