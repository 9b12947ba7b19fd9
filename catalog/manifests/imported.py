"""Files of another format as bundles of documents of ours; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, shortened
from catalog.manifests.formats import bitol_odps, odcs
from catalog.manifests.formats.types import Format, ImportedProduct, SourceFile
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.manifest import Bundle, Originals, issue_in
from catalog.manifests.schemas import MAX_ISSUES
from catalog.manifests.source_map import Document, SourcePosition
from catalog.manifests.sources import Content
from catalog.types import JSONObject


def convert(
    file_format: Format, contents: Sequence[Content], originals: Originals
) -> Iterator[Bundle | DocumentIssue]:
    """Yield a bundle for each product of files that belong together, and what is wrong with them.

    Issues and losses are located in the source.
    """
    assert file_format.read is not None
    identifiers: set[str] = set()
    issues: list[Issue] = []
    try:
        for product in file_format.read([_source_file(content) for content in contents]):
            if product.identifier in identifiers:
                message = f"Duplicate product {shortened(product.identifier)}"
                hint = "Remove one of the two, or give it an id of its own."
                issues.append(Issue(code="duplicate", message=message, hint=hint))
                continue
            identifiers.add(product.identifier)
            yield _bundle(file_format, product, contents, originals)
    except ValidationFailed as invalid:
        issues += invalid.issues
    if not identifiers and not issues:
        hint = f"{file_format.title} is read from {file_format.files}."
        issues = [Issue(code="empty", message="The file holds no product", hint=hint)]
    yield from (_issue_in(contents, issue, file_format) for issue in issues[:MAX_ISSUES])


def _source_file(content: Content) -> SourceFile:
    values = tuple(value.tree for value in content.values)
    return SourceFile(name=content.name, values=values, sha256=content.sha256)


def _bundle(
    file_format: Format,
    product: ImportedProduct,
    contents: Sequence[Content],
    originals: Originals,
) -> Bundle:
    def document(tree: JSONObject) -> Document:
        return Document(contents[0].name, tree, SourcePosition(1, 1))

    first = bitol_odps.parse(document(product.tree))
    contracts = tuple(odcs.parse(document(contract)) for contract in product.contracts)
    issues = [_issue_in(contents, issue, file_format) for issue in product.issues]
    issues += [*first.issues, *(issue for contract in contracts for issue in contract.issues)]
    return Bundle(
        first,
        contracts,
        tuple(issues),
        originals,
        system=file_format.name,
        source_id=product.identifier,
        losses=product.losses,
    )


def _issue_in(contents: Sequence[Content], issue: Issue, file_format: Format) -> DocumentIssue:
    """Return an issue with its line, in the file that its location names or in the first."""
    name, _, pointer = issue.location.rpartition("#")
    content = next((content for content in contents if content.name == name), contents[0])
    located = replace(issue, location=pointer)
    return issue_in(content.values[0], located, code=file_format.name)
