"""The tokens by which an index decides who may read a document, and of which type it is; pure."""

from collections.abc import Iterable

from catalog.search.fields import DEFAULT_TYPE


def scoped_tokens(readers: Iterable[str], types: Iterable[str]) -> tuple[str, ...]:
    """The tokens by which documents of some types are read: one filter says who and what.

    Those of the usual type stand as they are, so that its searches cost nothing for the others.
    """
    held, begins = tuple(readers), {DEFAULT_TYPE: ""}
    return tuple(
        begins.get(object_type, f"{object_type} ") + token
        for object_type in types
        for token in held
    )
