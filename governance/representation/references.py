"""Whether a measurement may be compared with that of another product; pure."""

from collections.abc import Collection, Iterable


def is_open_to_all(readers: Collection[str], of_product: Iterable[str]) -> bool:
    """Return True if everybody with a token of `of_product` has one of `readers` too.

    Everybody who sees the drafts of a domain is in it.
    """
    if "public" in readers:
        return True
    for token in of_product:
        kind, _, name = token.partition(":")
        if kind == "product" or token in readers:
            continue
        in_domain = kind == "drafts" and f"domain:{name}" in readers
        if kind == "public" or not (in_domain or "members" in readers):
            return False
    return True
