"""Terms and domains reach every index as products do, and leave it as products do."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from catalog.domains.models import Domain
from catalog.domains.services import edit_domain
from catalog.glossary.models import Term
from catalog.glossary.services import define_term, edit_term, remove_term
from catalog.search.fields import TYPES as NAMES
from catalog.search.flow.engine import SearchBackend
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.pending import engine_states
from catalog.search.services.rebuild import rebuild
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.search.services.verify import verify
from tests.factories import FACTORY, make_domain, make_product, make_team
from tests.search.requests import ask, due, ids
from tests.search.test_verifying import index_all, settle

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def define(name: str, **fields: Any) -> Term:
    fields = {"definition": f"What {name} means.", **fields}
    return define_term(name=name, actor=FACTORY, **fields)


def search(engine: SearchBackend, kind: str, text: str = "", **options: Any) -> list[str]:
    return ids(ask(engine, text, type=kind, **options))


def test_every_indexed_type_can_be_searched_and_no_other():
    assert tuple(RESULT_TYPES) == NAMES


def test_a_term_is_found_by_its_names_and_its_definition(fed_engine: SearchBackend):
    place = make_domain("sales")
    term = define(
        "Churn", definition="Customers who left.", synonyms=["attrition"], acronyms=["CHR"],
        domain=place,
    )  # fmt: skip
    index_all()

    for text in ("churn", "customers left", "attrition", "CHR", str(term.uuid)):
        assert search(fed_engine, "term", text) == [str(term.uuid)]
    assert search(fed_engine, "term", "domain:sales") == [str(term.uuid)]
    assert ask(fed_engine, "churn").count == 0


def test_a_domain_is_found_by_its_former_name_and_its_owner(fed_engine: SearchBackend):
    team = make_team("freight")
    domain = make_domain("haulage", name="Haulage", owner_team=team, mission="Moves goods.")
    edit_domain(domain=domain, edition=1, actor=FACTORY, slug="transport")
    index_all()

    for text in ("haulage", "transport", "goods", "freight", "owner:freight"):
        assert search(fed_engine, "domain", text) == [str(domain.uuid)]


def test_a_changed_term_is_indexed_and_a_removed_one_is_not_found(fed_engine: SearchBackend):
    term, other = define("Churn"), define("Margin")
    index_all()
    term = edit_term(term=term, edition=1, actor=FACTORY, definition="A walrus.")
    late = engine_states()[0].pending
    index_all()
    as_edited = search(fed_engine, "term", "walrus")
    remove_term(term=term, edition=2, actor=FACTORY)
    buried = engine_states()[0].pending
    index_all()

    assert (late, as_edited, buried) == (1, [str(term.uuid)], 1)
    assert search(fed_engine, "term") == [str(other.uuid)]
    assert engine_states()[0].pending == 0
    settle()
    assert verify(fed_engine).count == 0


def test_a_removed_term_does_not_come_back_by_a_rebuild_or_a_late_write(
    fed_engine: SearchBackend,
):
    term = define("Churn")
    index_all()
    (document,) = RESULT_TYPES["term"].documents([term])
    remove_term(term=term, edition=1, actor=FACTORY)
    rebuild(fed_engine)

    with fed_engine.open_writer() as session:
        session.delete([("term", str(term.uuid), term.revision + 1)])
        session.put([document])
        session.commit()

    assert search(fed_engine, "term") == []


def test_imported_terms_are_indexed(fed_engine: SearchBackend, tmp_path):
    file = tmp_path / "terms.yaml"
    file.write_text("- name: Churn\n  definition: Customers who left.\n")
    index_all()

    call_command("import_terms", str(file), stdout=StringIO())
    index_all()

    assert len(search(fed_engine, "term", "churn")) == 1


def test_everything_below_a_renamed_domain_is_found_by_its_new_name(fed_engine: SearchBackend):
    above = make_domain("haulage", name="Haulage")
    part = make_domain("rail", name="Rail", parent=above)
    word, product = define("Wagon", domain=part), make_product(domain=part)
    index_all()

    edit_domain(domain=above, edition=1, actor=FACTORY, slug="transport")
    followed = sync_domain_changes()
    again = sync_domain_changes()
    drain()

    assert (followed, again) == (1, 0)
    assert search(fed_engine, "term", "domain:transport") == [str(word.uuid)]
    assert set(search(fed_engine, "domain", "domain:transport")) == {
        str(above.uuid),
        str(part.uuid),
    }
    assert search(fed_engine, "product", "domain:transport", readers=None) == [str(product.uuid)]
    settle()
    assert verify(fed_engine).count == 0


def test_the_state_counts_every_type_and_reports_the_age_of_the_oldest(fed_engine: SearchBackend):
    index_all()
    make_domain()
    define("Churn")
    Term.objects.update(revised_at=timezone.now() - timedelta(minutes=5))

    (state,) = engine_states()

    assert state.pending == 2
    assert 300 <= state.oldest_seconds < 360


def test_every_mismatch_of_a_term_or_domain_is_reported_and_repaired(fed_engine: SearchBackend):
    lost, older, changed, deleted = (define(name) for name in ("Lost", "Older", "Changed", "Gone"))
    place = make_domain("haulage")
    index_all()
    Term.objects.filter(pk=older.pk).update(revision=F("revision") + 1)
    Term.objects.filter(pk=changed.pk).update(definition="Changed behind the back.")
    Domain.objects.filter(pk=place.pk).update(mission="Changed as well.")
    Term.objects.filter(pk=deleted.pk).delete()
    with fed_engine.open_writer() as session:
        session.delete([("term", str(lost.uuid), 1)])
        session.commit()
    settle()

    drift = verify(fed_engine)
    repaired = verify(fed_engine, repair=True)

    assert drift.types["term"] == {
        "checked": 3, "missing": 1, "revision": 1, "content": 1, "surplus": 1,
    }  # fmt: skip
    assert drift.types["domain"]["content"] == 1
    assert drift.content == [f"term:{changed.uuid}", f"domain:{place.uuid}"]
    assert (repaired.count, repaired.repaired) == (5, 5)
    assert verify(fed_engine).count == 0
    assert search(fed_engine, "domain", "changed") == [str(place.uuid)]


def test_a_rebuild_contains_every_type_in_a_fixed_number_of_statements(
    fed_engine: SearchBackend, django_assert_num_queries
):
    place = make_domain()
    words = [define(f"Word {n}", domain=place) for n in range(12)]

    assert rebuild(fed_engine) == due()
    assert len(search(fed_engine, "term")) == 12
    for kind, rows in (("term", words), ("domain", [place, make_domain()])):
        for some in (rows[:1], rows):
            with django_assert_num_queries({"term": 1, "domain": 2}[kind]):
                list(RESULT_TYPES[kind].documents(some))
