"""Looks into an uploaded file before it replaces what a port serves."""

from catalog.issues import Issue
from governance.sandbox.runner import run_child
from governance.sandbox.types import Source, SourceUnreadable, unreadable_message


def content_issues(descriptor: int, data_format: str) -> list[Issue]:
    """Return why an open file cannot be read as its format, with the line where that is known.

    A file whose reading exceeds a limit, or breaks, is taken: that says nothing of its content.
    """
    source = Source(kind=data_format, descriptor=descriptor, is_schema_only=True)
    try:
        run_child(source)
    except SourceUnreadable as error:
        if error.code == "wrong-format":
            message = unreadable_message(error.code, error.detail)
            hint = "Correct the file and upload it again."
            return [Issue(location="file", code="wrong-format", message=message, hint=hint)]
    return []
