"""The schema tab shows what the source of each column holds, next to what the contract says."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.contracts.observations import ValueRange
from catalog.contracts.services import save_contract
from catalog.products.models import DataProduct
from catalog.web.components.charts import histogram
from governance.inspection.models import Inspection
from governance.inspection.services import decide_classifications, inspect_port, suggestions_of
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_product,
    make_users,
    with_port,
    write_file,
)

ROWS = "id,amount,reach,city\n" + "".join(
    f"{n},{n}.5,person{n}@example.org,{'Oslo' if n % 4 else ''}\n" for n in range(40)
)


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def users(db):
    return make_users(make_domain())


def with_columns(users, *columns, text=ROWS, **custom):
    write_file(users.domain, text)
    product = make_product(domain=users.domain, **{"assaySensitivity": "public"} | custom)
    product = give_schema(with_port(product), *columns)
    inspect_port(port=product.output_ports.get(), actor=FACTORY)
    return DataProduct.objects.select_related("domain").get(pk=product.pk)


def rows_of(client, product, person, **query):
    """Return the text of each row of the schema tab by the name of its column."""
    client.force_login(person)
    page = client.get(f"{product.path}/schema", query).content.decode()
    rows = re.findall(r'<tr id="(col-[^"]+)".*?</tr>', page, re.DOTALL)
    parts = re.split(r'<tr id="col-', page)[1:]
    texts = (re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part)) for part in parts)
    return dict(zip(rows, texts, strict=True)), page


def test_figures_and_values_are_next_to_each_column(client, files, users):
    product = with_columns(users, "id", "amount", "city")

    rows, page = rows_of(client, product, users.owner)

    assert "0 % null · 40 distinct" in rows["col-amount"].replace("\u202f", " ")
    assert "0.5 – 39.5" in rows["col-amount"]
    assert "Quantiles" in rows["col-amount"]
    assert "25" in rows["col-city"]
    assert "Oslo: 30" in rows["col-city"]
    assert "40 rows" in page
    assert re.search(
        r'<svg class="histogram".*?aria-label="Histogram from 0.5 to 39.5;', page, re.DOTALL
    )


def test_an_estimated_number_of_distinct_values_is_called_one(client, files, users):
    text = "kind,id\n" + "".join(f"{n % 3},{n}\n" for n in range(20_000))
    product = with_columns(users, "kind", "id", text=text)

    rows, _ = rows_of(client, product, users.owner)

    assert "about 3 distinct" in rows["col-kind"]
    assert "20,000 distinct" in rows["col-id"]
    assert "about" not in rows["col-id"]


def test_a_column_whose_values_are_closed_says_why(client, files, users):
    product = with_columns(users, "id", "reach", "gone")
    contract = product.contracts.get()
    table = contract.tree["schema"][0]
    table["properties"][0]["classification"] = "pii"
    tree = contract.tree | {"schema": [table]}
    save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)

    rows, page = rows_of(client, product, users.owner)

    assert "Counts only: the column is classified." in rows["col-id"]
    assert "Counts only: the values look like personal data" in rows["col-reach"]
    assert "suggested: pii" in rows["col-reach"]
    assert "Not profiled: not found in the source." in rows["col-gone"]
    assert "example.org" not in page


def test_a_reader_is_not_told_what_is_suggested(client, files, users):
    product = with_columns(users, "reach")
    DataProduct.objects.filter(pk=product.pk).update(status="published")

    rows, _ = rows_of(client, product, users.consumer)

    assert "suggested" not in rows["col-reach"]


def test_a_rejected_suggestion_opens_the_values_at_the_next_reading(client, files, users):
    product = with_columns(users, "reach")
    decide_classifications(
        product=product,
        actor=users.steward,
        edition=product.edition,
        reject=[suggestion.key for suggestion in suggestions_of(product)],
    )
    inspect_port(port=product.output_ports.get(), actor=FACTORY)

    rows, _ = rows_of(client, product, users.owner)

    assert "person0@example.org" in rows["col-reach"]


@pytest.mark.parametrize(
    "custom", [{"assayVisibility": "members"}, {"assaySensitivity": "internal"}]
)
def test_a_product_that_is_not_open_shows_counts_only_and_says_so_once(
    client, files, users, custom
):
    product = with_columns(users, "id", "city", **custom)

    rows, page = rows_of(client, product, users.owner)

    assert page.count("Counts only: values are shown of public products") == 1
    assert "distinct" in rows["col-city"]
    assert "Oslo" not in page


def test_a_source_that_was_never_read_is_said_once(client, files, users):
    product = give_schema(with_port(make_product(domain=users.domain)), "id")

    rows, page = rows_of(client, product, users.owner)

    assert page.count("Not profiled: the source has not been read.") == 1
    assert "not profiled" in rows["col-id"]


def test_a_column_that_breaks_the_contract_is_marked(client, files, users):
    product = with_columns(users, "id", "gone")

    rows, _ = rows_of(client, product, users.owner)

    assert "breaks the contract: Column not found in the source." in rows["col-gone"]
    assert "breaks the contract" not in rows["col-id"]


def test_equal_tables_of_two_ports_are_one_table_with_both_as_chips(client, files, users):
    product = with_columns(users, "id", "amount")
    product = with_port(product, "again")
    first, second = product.contracts.order_by("id")
    tree = second.tree | {"schema": first.tree["schema"]}
    _, product = save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)

    rows, page = rows_of(client, product, users.owner)

    assert list(rows) == ["col-id", "col-amount"]
    assert "Served by the ports" in page
    assert [page.count(f">{port}</span>") for port in product.output_ports.all()] == [1, 1]


def test_tables_of_the_same_name_that_differ_are_two(client, files, users):
    product = with_port(with_columns(users, "id"), "again")
    second = product.contracts.order_by("id")[1]
    other = {"name": "rows", "properties": [{"name": "id", "logicalType": "integer"}]}
    tree = second.tree | {"schema": [other]}
    _, product = save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)

    rows, _ = rows_of(client, product, users.owner)

    assert list(rows) == ["col-id", "col-id--2"]


def test_the_source_page_keeps_the_differences_and_no_profile(client, files, users):
    product = with_columns(users, "id", "gone", "city")
    client.force_login(users.owner)

    page = client.get(f"{product.path}/source").content.decode()

    assert "Column not found in the source." in page
    assert "40 rows" in page
    assert "Oslo" not in page


def test_the_statements_of_the_schema_tab_do_not_grow_with_the_columns(client, files, users):
    def statements(n):
        names = [f"c{number}" for number in range(n)]
        text = ",".join(names) + "\n" + ",".join("1" * n) + "\n"
        product = with_columns(users, *names, text=text, assaySlug=f"wide-{n}")
        client.force_login(users.owner)
        client.get(f"{product.path}/schema")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"{product.path}/schema")
        return len(queries)

    assert statements(3) == statements(150)


def test_a_histogram_is_one_path_and_names_its_ends_and_its_highest_range():
    chart = histogram(
        [ValueRange("0", "5", 2), ValueRange("5", "10", 0), ValueRange("10", "15", 8)]
    )

    assert (chart.low, chart.high, chart.most.low) == ("0", "15", "10")
    assert chart.path.count("M") == 2
    assert histogram([ValueRange("0", "5", 0)]) is None


def test_values_are_stored_as_they_are_shown(files, users):
    with_columns(users, "reach")

    assert "example.org" not in json.dumps(Inspection.objects.get().tables)
