"""Which folders below the files root a domain may read: its own, and those shared with it."""

from collections.abc import Collection

from django.conf import settings

from catalog.domains.models import Domain

Folders = frozenset[str]


def folders_of(domain_ids: Collection[int]) -> dict[int, Folders]:
    """Return the folders of domains, by id; one statement.

    A domain's own are its slug and its former slugs, which no other domain can take.
    """
    slugs: dict[int, set[str]] = {pk: set() for pk in domain_ids}
    rows = Domain.objects.filter(pk__in=slugs).order_by()
    for pk, slug, former in rows.values_list("pk", "slug", "former_slugs__slug"):
        slugs[pk] |= {slug, former or slug}
    shared = settings.ASSAY_SHARED_FOLDERS
    return {
        pk: frozenset({*own, *(folder for folder, domain in shared if domain in own)})
        for pk, own in slugs.items()
    }


def is_folder(name: str) -> bool:
    """Return True if a folder of this name exists below the files root or is shared."""
    shared = {folder for folder, _domain in settings.ASSAY_SHARED_FOLDERS}
    return name in shared or (settings.ASSAY_FILES_ROOT / name).exists()
