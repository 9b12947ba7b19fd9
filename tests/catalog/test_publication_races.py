"""Publications that meet edits, imports, discards and each other: one wins, nothing is lost."""

from collections.abc import Callable
from functools import partial

import pytest

from catalog.audit.models import AuditEvent
from catalog.contracts.models import contracts_of
from catalog.contracts.services import save_contract
from catalog.exceptions import EditConflict, InvalidTransition
from catalog.manifests.serializers import yaml_of
from catalog.manifests.services import import_manifests
from catalog.products.models import WORKING_COPY, DataProduct
from catalog.products.projection import content_digest, with_columns
from catalog.products.services import discard_changes, edited_version, replace_document
from catalog.publication.models import ProductVersion
from catalog.publication.services import publish_product
from tests.catalog.test_manifests import texts
from tests.concurrency import run_concurrently
from tests.factories import FACTORY, make_published_product

pytestmark = pytest.mark.django_db(transaction=True)
RACES = 6


def start_of_race(race: int) -> DataProduct:
    """Return the working copy of a product of its own, which could be published."""
    product = make_published_product(f"Race {race}")
    tree = with_columns(product.tree, {"purpose": "First.", "version": "0.2.0"})
    return replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)


def wins(write: Callable[[], object]) -> bool:
    try:
        write()
    except (EditConflict, InvalidTransition):
        return False
    return True


def publish(edited: DataProduct) -> bool:
    return wins(partial(publish_product, product=edited, edition=edited.edition, actor=FACTORY))


def edit(edited: DataProduct) -> bool:
    tree = with_columns(edited.tree, {"purpose": "Second.", "version": "0.3.0"})
    save = partial(replace_document, product=edited, tree=tree, actor=FACTORY)
    return wins(partial(save, edition=edited.edition))


def edit_contract(edited: DataProduct) -> bool:
    tree = contracts_of(edited).latest("id").tree | {"version": "0.2.0"}
    save = partial(save_contract, product=edited, tree=tree, actor=FACTORY)
    return wins(partial(save, edition=edited.edition))


def discard(edited: DataProduct) -> bool:
    return wins(partial(discard_changes, product=edited, edition=edited.edition, actor=FACTORY))


def import_active(edited: DataProduct) -> bool:
    tree = with_columns(edited.tree, {"purpose": "Imported.", "version": "0.3.0"})
    manifest = texts(yaml_of(tree | {"status": "active"}))
    (result,) = import_manifests(sources=manifest, actor=FACTORY, overwrite=True)
    return result.action == "change" and not result.findings


def states_of(edited: DataProduct) -> tuple[DataProduct, DataProduct]:
    row = DataProduct.objects.get(uuid=edited.uuid)
    # What readers see is one published version, whole.
    version = ProductVersion.objects.filter(product=row).first()
    assert version.tree_digest == content_digest(row.tree)
    assert version.version == row.version
    assert version.contract_digests == {
        f"{contract.identifier}@{contract.version}": contract.digest
        for contract in row.contracts.all()
    }
    return row, edited_version(row)


def test_an_edit_that_meets_a_publication_is_refused_or_published_whole():
    for race in range(RACES):
        edited = start_of_race(race)

        outcome = run_concurrently([partial(publish, edited), partial(edit, edited)])
        row, current = states_of(edited)

        assert sorted(outcome) == [False, True]
        if outcome[0]:
            assert (row.purpose, current) == ("First.", row)
        else:
            assert (row.version, current.purpose) == ("0.1.0", "Second.")


def test_a_contract_that_meets_a_publication_is_in_the_version_or_in_the_working_copy():
    for race in range(RACES):
        edited = start_of_race(race)

        outcome = run_concurrently([partial(publish, edited), partial(edit_contract, edited)])
        row, current = states_of(edited)

        assert sorted(outcome) == [False, True]
        assert row.contracts.count() == 1
        assert contracts_of(current).count() == (1 if outcome[0] else 2)


def test_of_two_publishers_one_publishes():
    for race in range(RACES):
        edited = start_of_race(race)

        outcome = run_concurrently([partial(publish, edited), partial(publish, edited)])
        row, current = states_of(edited)

        assert sorted(outcome) == [False, True]
        assert (row.purpose, current, row.versions.count()) == ("First.", row, 2)


def test_a_publication_that_meets_an_import_leaves_one_of_them_published():
    for race in range(RACES):
        edited = start_of_race(race)

        outcome = run_concurrently([partial(publish, edited), partial(import_active, edited)])
        row, current = states_of(edited)

        # The import plans before it locks: after a publication it may plan for that.
        assert any(outcome)
        assert row.purpose == ("Imported." if outcome[1] else "First.")
        assert current == row


def test_an_edit_that_meets_a_discard_is_refused_or_kept():
    for race in range(RACES):
        edited = start_of_race(race)

        outcome = run_concurrently([partial(discard, edited), partial(edit, edited)])
        row, current = states_of(edited)

        assert sorted(outcome) == [False, True]
        assert row.version == "0.1.0"
        assert current.purpose == (row.purpose if outcome[0] else "Second.")
        events = AuditEvent.objects.about(WORKING_COPY, str(row.uuid))
        assert events.filter(verb="discarded changes").exists() is outcome[0]


def test_of_two_first_edits_one_opens_the_working_copy():
    for race in range(RACES):
        product = make_published_product(f"Race {race}")

        outcome = run_concurrently([partial(edit, product), partial(edit, product)])

        assert sorted(outcome) == [False, True]
        copies = DataProduct.including_working_copies.filter(working_copy_of=product)
        assert copies.count() == 1
