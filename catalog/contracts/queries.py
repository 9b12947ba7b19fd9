"""The SELECT of a probe, checked as a text; pure."""

import re

_SELECT = re.compile(r"\s*(SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)


def query_issue(query: str) -> str:
    """Return why a text is not one reading statement, as a sentence; empty if it is one.

    That it only reads is up to the transaction, which is read-only.
    """
    if not _SELECT.match(query):
        return "It must begin with SELECT or WITH."
    if ";" in query.strip().rstrip(";"):
        return "It must be one statement, without a semicolon in it."
    return ""
