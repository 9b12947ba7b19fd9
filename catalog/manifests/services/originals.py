"""Stores the bytes of imported documents."""

from hashlib import sha256

from catalog.identifiers import fit
from catalog.manifests.manifest import Bundle
from catalog.manifests.models import DocumentOrigin, StoredDocument
from catalog.products.models import DataProduct


def store_originals(*, bundle: Bundle, product: DataProduct) -> None:
    """Store the bytes that a product was imported from, once for all who import the same ones.

    A file that has changed since it was read is left out: its bytes are not what was imported.
    """
    for source, digest in bundle.originals:
        document = StoredDocument.objects.defer("content").filter(sha256=digest).first()
        if document is None:
            content = source.read()
            if sha256(content).hexdigest() != digest:
                continue
            is_json = content.lstrip()[:1] in (b"{", b"[")
            media_type = "application/json" if is_json else "application/yaml"
            document, _ = StoredDocument.objects.get_or_create(
                sha256=digest, defaults={"content": content, "media_type": media_type}
            )
        DocumentOrigin.objects.get_or_create(
            document=document, product=product, defaults={"name": fit(source.name, 300)}
        )
