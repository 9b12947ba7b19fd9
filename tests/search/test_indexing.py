"""The index follows the database, whatever is lost on the way."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from catalog.domains.services import edit_domain, grant_role
from catalog.permissions import Role
from catalog.products.models import PRODUCT, DataProduct
from catalog.products.services import add_use, delete_product, set_trust
from catalog.products.services.readers import move_product
from catalog.revisions.models import Followed
from catalog.search.backends import active_backend, get_backend
from catalog.search.documents.products import product_documents
from catalog.search.port import SearchRequest, SearchUnavailable
from catalog.search.query import parse_query
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services import sync
from catalog.search.services.pending import engine_states, pending_for
from catalog.search.services.rebuild import rebuild
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.search.services.verify import verify
from tests.factories import (
    FACTORY,
    edit_and_publish,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
    with_port,
)
from tests.search.requests import due, index_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_index(settings, tmp_path):
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]


def _search(text, readers=("public",)):
    read = parse_query(text, now=timezone.now())
    request = SearchRequest(readers=readers, query=read.expression, text=read.text)
    return [hit.id for hit in active_backend().search(request).hits]


def _edit(product, path, value):
    return edit_and_publish(product, {"op": "add", "path": path, "value": value})


def test_the_first_drain_builds_the_index_and_the_next_has_nothing_to_do():
    product = make_published_product("Parcels of the day")

    first, second = drain(), drain()

    assert (first, second) == (due(), 0)
    assert _search("parcels") == [str(product.uuid)]


def test_a_document_contains_what_people_search_by():
    domain = make_domain("haulage", parent=make_domain("logistics"))
    provenance = {
        "answers": {"collection_method": {"state": "answered", "text": "A survey by phone."}},
        "imbalances": [
            {"attribute": "sex", "group": "Female", "share": 0.3, "referenceShare": 0.5}
        ],
    }
    product = give_schema(
        with_port(make_product("Parcels", domain=domain, assayProvenance=provenance)), "weight_kg"
    )
    add_use(product=_edit(product, "/tags", ["freight"]), title="Atlas", actor=_member(domain))

    (document,) = product_documents(RESULT_TYPES[PRODUCT].rows([product.uuid]))

    assert document.domains == ("haulage", "logistics")
    assert (document.columns, document.tags, document.used_in) == (
        ("weight_kg",),
        ("freight",),
        ("Atlas",),
    )
    assert document.measures == {"max_gap.sex": 0.2, "min_share.sex": 0.3}
    assert {"sex", "female", "sex=female"} <= set(document.imbalances)
    assert "survey" in document.methods
    assert {"bias-notes", "contract", "columns", "usage"} <= set(document.has)
    assert document.readers == (f"drafts:{domain.pk}",)


def test_entries_of_lists_in_answers_are_searched_and_codes_of_choices_are_not():
    answers = {
        "agent": {"state": "answered", "values": ["Harbour office", "Survey team"]},
        "collection_type": {"state": "answered", "values": ["web_scraping"], "text": "Weekly."},
    }
    product = make_product("Parcels", assayProvenance={"answers": answers})

    (document,) = product_documents(RESULT_TYPES[PRODUCT].rows([product.uuid]))

    assert document.answers == ("Harbour office\nSurvey team", "Weekly.")


def _member(domain):
    person = make_person()
    grant_role(person=person, role=Role.CONTRIBUTOR, domain=domain, actor=FACTORY)
    return person


def test_many_documents_take_no_more_statements_than_one(django_assert_num_queries):
    for number in range(5):
        give_schema(with_port(make_product(f"Parcels {number}")), "weight_kg")
    products = list(RESULT_TYPES[PRODUCT].rows())

    with django_assert_num_queries(14):
        one = list(product_documents(products[:1]))
    with django_assert_num_queries(14):
        many = list(product_documents(products))

    assert many[0] == one[0]
    assert [document.columns for document in many] == [("weight_kg",)] * 5


def test_a_hint_also_indexes_other_recent_changes():
    first, second = make_published_product("Parcels"), make_published_product("Pallets")
    drain()
    _edit(first, "/tags", ["freight"])
    _edit(second, "/tags", ["freight"])

    assert index_once([first.uuid]) == 2
    assert index_once([second.uuid]) == 0
    assert set(_search("freight")) == {str(first.uuid), str(second.uuid)}


def test_each_kind_of_change_reaches_the_index_without_a_hint():
    product = make_published_product("Parcels")
    drain()

    edited = _edit(product, "/description/purpose", "Weights of pallets.")
    drain()
    by_text = _search("pallets")
    hidden = _edit(edited, "/customProperties/0/value", "restricted")
    drain()

    assert by_text == [str(product.uuid)]
    assert _search("pallets") == []
    assert _search("pallets", (f"product:{hidden.uuid}",)) == [str(product.uuid)]


def test_a_deleted_product_is_removed_from_the_index():
    product = make_product("Parcels")
    drain()

    delete_product(product=product, edition=1, actor=FACTORY)
    before = _search("parcels", None)
    drain()

    assert before == [str(product.uuid)]
    assert _search("parcels", None) == []
    assert drain() == 0


def test_products_follow_a_renamed_domain_even_if_the_hint_is_lost():
    domain = make_domain("haulage")
    product = make_published_product("Parcels", domain=domain)
    sync_domain_changes()
    drain()

    edit_domain(domain=domain, edition=1, actor=FACTORY, name="Transport", slug="transport")
    followed = sync_domain_changes()
    drain()

    assert followed == 1
    assert _search("transport") == [str(product.uuid)]
    assert sync_domain_changes() == 0


def test_a_moved_product_is_found_in_its_new_domain_only(settings):
    product = make_published_product("Parcels")
    drain()
    target = make_users(make_domain("returns")).domain
    settings.ASSAY_SHARED_FOLDERS = ((product.domain.slug, target.slug),)

    move_product(product=product, domain=target, edition=product.edition, actor=FACTORY)
    drain()

    entry = next(iter(product_documents(RESULT_TYPES[PRODUCT].rows())))
    assert entry.domains == ("returns",)
    assert verify(active_backend()).count == 0


def test_a_hint_for_what_is_up_to_date_writes_nothing():
    product = make_published_product()
    drain()

    assert index_once([product.uuid]) == 0
    set_trust(product_id=product.pk, verdict="met", figures={}, actor=FACTORY)
    assert index_once([product.uuid]) == 1


def test_an_index_without_marks_is_written_again_and_stays_the_same():
    make_published_product("Parcels")
    make_published_product("Pallets")
    drain()
    Followed.objects.all().delete()

    written = drain()

    assert written == due()
    assert verify(active_backend()).count == 0


def test_an_old_change_that_was_missed_is_found_by_a_full_scan(monkeypatch):
    product = make_published_product("Parcels")
    drain()
    drain()
    long_ago = timezone.now() - timedelta(hours=1)
    DataProduct.objects.filter(pk=product.pk).update(
        name="Pallets", revision=F("revision") + 1, revised_at=long_ago
    )

    assert drain() == 0
    monkeypatch.setattr(sync, "FULL_SCAN_INTERVAL", 0)
    assert drain() == 1
    assert _search("pallets") == [str(product.uuid)]


def test_pending_rows_are_read_unordered():
    # In the order of names, the few of the last seconds would be looked for among all.
    assert not any(
        pending_for("search:embedded:any", kind).ordered for kind in RESULT_TYPES.values()
    )


def test_the_state_says_how_many_changes_are_pending():
    domain = make_domain()
    make_published_product(domain=domain)
    drain()
    make_published_product(domain=domain)

    (state,) = engine_states()

    assert (state.engine, state.is_ready, state.pending) == ("embedded", True, 1)


def test_a_rebuild_contains_what_changes_in_the_meantime():
    first = make_published_product("First")
    second = make_published_product("Second")
    drain()
    edits = []

    def change_meanwhile(step, count):
        if not edits:
            edits.append(_edit(first, "/description/purpose", "Walrus."))
            make_published_product("Third late one")
            delete = make_product("Fourth")
            delete_product(product=delete, edition=1, actor=FACTORY)

    rebuild(active_backend(), change_meanwhile)

    assert _search("walrus") == [str(first.uuid)]
    assert len(_search("third late")) == 1
    assert _search("second") == [str(second.uuid)]
    assert verify(active_backend()).count == 0


def test_the_rebuild_command_reports_its_documents():
    make_published_product()
    printed = StringIO()

    call_command("rebuild_search_index", json=True, stdout=printed)

    (row,) = json.loads(printed.getvalue())
    assert (row["engine"], row["documents"], row["rollback"]) == ("embedded", due(), False)


def test_an_engine_that_is_down_does_not_stop_the_others(settings):
    settings.ELASTICSEARCH_URL = "http://127.0.0.1:1"
    settings.ASSAY_SEARCH_ENGINES = ["elasticsearch", "embedded"]
    product = make_published_product("Parcels")

    with pytest.raises(SearchUnavailable):
        drain()
    drained = get_backend("embedded").search(SearchRequest(readers=("public",))).hits

    assert [hit.id for hit in drained] == [str(product.uuid)]
