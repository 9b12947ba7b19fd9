"""The glossary, and what names a product."""

import pytest

from catalog.exceptions import (
    EditConflict,
    NameConflict,
    NotFound,
    PermissionDenied,
    ValidationFailed,
)
from catalog.glossary.models import Term
from catalog.glossary.services import define_term, edit_term, remove_term
from catalog.products.services import add_use, patch_document
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
    publish_changes,
    with_port,
)

pytestmark = pytest.mark.django_db


def test_a_word_may_mean_something_else_in_one_domain():
    define_term(name="Customer", definition="Who has bought.", actor=FACTORY)
    local = define_term(
        name="Customer", definition="Who has signed.", domain=make_domain(), actor=FACTORY
    )

    with pytest.raises(NameConflict):
        define_term(name="customer", definition="Again.", actor=FACTORY)
    assert local.slug == "customer"


def test_a_term_gives_all_its_spellings():
    define_term(
        name="Customer lifetime value",
        definition="What a customer brings.",
        synonyms=["customer worth"],
        acronyms=["CLV"],
        actor=FACTORY,
    )

    assert Term.objects.spellings() == (("Customer lifetime value", "customer worth", "CLV"),)


def test_spellings_are_those_of_this_moment():
    term = define_term(name="Order", definition="A sale.", synonyms=["sale"], actor=FACTORY)
    assert Term.objects.spellings() == (("Order", "sale"),)

    edit_term(term=term, edition=1, synonyms=["deal"], actor=FACTORY)
    assert Term.objects.spellings() == (("Order", "deal"),)

    remove_term(term=Term.objects.get(), edition=2, actor=FACTORY)
    assert Term.objects.spellings() == ()


def test_terms_are_edited_by_stewards_and_one_edition_at_a_time():
    users = make_users()
    term = define_term(name="Order", definition="A sale.", domain=users.domain, actor=users.steward)
    edit_term(term=term, edition=1, definition="A signed sale.", actor=users.steward)

    with pytest.raises(EditConflict):
        edit_term(term=Term.objects.get(), edition=1, definition="x", actor=users.steward)
    with pytest.raises(PermissionDenied):
        edit_term(term=Term.objects.get(), edition=2, definition="x", actor=users.consumer)
    remove_term(term=Term.objects.get(), edition=2, actor=users.steward)
    assert not Term.objects.exists()


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"name": ""}, "name"),
        ({"name": "\x00"}, "name"),
        ({"name": "★"}, "slug"),
        ({"definition": " "}, "definition"),
        ({"synonyms": ["a", "A"]}, "synonyms/1"),
        ({"acronyms": [3]}, "acronyms/0"),
        ({"synonyms": ["x"] * 51}, "synonyms"),
    ],
)
def test_an_issue_of_a_term_names_its_field(fields, location):
    sound = {"name": "Order", "definition": "A sale."}

    with pytest.raises(ValidationFailed) as refused:
        define_term(actor=FACTORY, **(sound | fields))

    assert [issue.location for issue in refused.value.issues] == [location]


def test_a_property_names_its_term_by_the_definitions_address():
    definition = [{"type": "businessDefinition", "url": "https://assay.example/glossary/customer"}]
    product = give_schema(with_port(make_product()), "id", authoritativeDefinitions=definition)

    row = product.contracts.get().schema_objects.get().properties.get()
    assert row.term == "customer"


def test_a_reader_adds_a_use_without_an_edit_and_owners_keep_it_when_they_edit():
    product, person = make_published_product(), make_person()
    before = (product.edition, product.revision)

    add_use(product=product, title="How we forecast", actor=person, url="https://example.org/x")
    after = (product.edition, product.revision)
    used = [{"property": "assayUsedIn", "value": [{"title": "Atlas of orders", "kind": "paper"}]}]
    path = "/customProperties"
    step = {"op": "add", "path": path, "value": [*product.tree[path[1:]], *used]}
    patch_document(product=product, patch=[step], edition=product.edition, actor=FACTORY)
    publish_changes(product)

    assert after == (before[0], before[1] + 1)
    assert {use.title for use in product.uses.all()} == {"How we forecast", "Atlas of orders"}


def test_a_use_of_a_product_that_one_does_not_see_is_not_added():
    with pytest.raises(NotFound):
        add_use(product=make_product(), title="x", actor=make_person())


@pytest.mark.parametrize("fields", [{"title": ""}, {"title": "\x00"}, {"url": "javascript:x"}])
def test_a_use_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValidationFailed):
        add_use(product=make_published_product(), actor=make_person(), **({"title": "x"} | fields))
