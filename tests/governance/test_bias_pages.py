"""The bias tab: what is measured, declared, inherited and missing, and what to do about it."""

import csv
from io import StringIO

import pytest

from catalog.products.projection import with_custom
from catalog.products.services import patch_document
from governance.representation.services import measure_port, save_plan
from tests.factories import (
    FACTORY,
    Users,
    edit_and_publish,
    give_schema,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db
COLUMNS = ("sex", "race", "salary")
CENSUS = {"name": "Census", "date": "2021-03-21", "shares": {"Female": 0.5, "Male": 0.5}}
PLAN = {
    "attributes": [{"column": "sex", "reference": CENSUS}, {"column": "race"}],
    "label": {"column": "salary", "favourable": ["high"]},
    "schedule": "on-demand",
}


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


def rows_of(female: int, male: int) -> str:
    """Return a file in which a fifth of the women and half of the men have a high salary."""
    lines = [f"Female,{'A' if n % 3 else 'B'},{'low' if n % 5 else 'high'}" for n in range(female)]
    lines += [f"Male,{'A' if n % 3 else 'B'},{'low' if n % 2 else 'high'}" for n in range(male)]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def make_measurable(users: Users, text: str, **custom):
    write_file(users.domain, text)
    product = make_product(domain=users.domain, **custom)
    return give_schema(with_port(product), *COLUMNS)


def make_planned(users: Users, text: str, **custom):
    product = make_measurable(users, text, **custom)
    port = product.output_ports.get()
    save_plan(port=port, body=PLAN, edition=product.edition, actor=FACTORY)
    return product, port


def test_the_tab_shows_every_group_with_its_interval_reference_and_verdict(client, files):
    users = make_users()
    product, port = make_planned(users, rows_of(200, 400))
    measure_port(port=port, actor=FACTORY)
    client.force_login(users.owner)

    page = client.get(f"{product.path}/bias").content.decode()
    bias_page = client.get(f"{product.path}/bias").context_data["page"]

    [row] = bias_page.ports
    sex = row.attributes[0]
    assert [group.group for group in sex.groups] == ["Female", "Male"]
    female = sex.groups[0]
    assert (female.n, female.share.split()[0], female.reference.split()[0]) == (
        "200",
        "33.3",
        "50.0",
    )
    assert female.gap == "−16.7"
    assert female.ratio == "0.67"
    assert female.bar.low < 1 / 3 < female.bar.high
    assert sex.verdict.label == "imbalanced"
    assert sex.sentence in page.replace("&quot;", '"').replace("&#39;", "'")
    assert "Census" in page
    assert "<svg" in page
    assert row.pairs[0].two_way.columns
    assert "CDDL in race" in page
    assert 'href="#about-dpl"' in page


def test_the_figures_are_a_csv_file_too(client, files):
    users = make_users()
    product, port = make_planned(users, rows_of(200, 400))
    measure_port(port=port, actor=FACTORY)
    client.force_login(users.owner)

    answer = client.get(f"{product.path}/bias.csv")

    lines = list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["n"] for row in lines if row["attribute"] == "sex"] == ["200", "400"]
    assert {row["verdict"] for row in lines if row["attribute"] == "sex"} == {"imbalanced"}


def test_small_counts_are_hidden_from_readers_in_page_csv_and_datasheet(client, files):
    users = make_users()
    text = rows_of(7, 400)
    write_file(users.domain, text)
    product = make_published_product(domain=users.domain)
    port = product.output_ports.get()
    plan = {"attributes": [{"column": "sex"}], "schedule": "on-demand"}
    save_plan(port=port, body=plan, edition=product.edition, actor=FACTORY)
    measure_port(port=port, actor=FACTORY)

    pages = [
        client.get(f"{product.path}/bias").content.decode(),
        b"".join(client.get(f"{product.path}/bias.csv").streaming_content).decode(),
        client.get(f"{product.path}/datasheet").content.decode(),
        client.get(f"{product.path}/datasheet.md").content.decode(),
        client.get(f"{product.path}/datasheet.jsonld").content.decode(),
    ]
    client.force_login(users.owner)
    exact = client.get(f"{product.path}/bias").context_data["page"]

    lines = list(csv.DictReader(StringIO(pages[1])))
    assert [row["n"] for row in lines] == ["<10", "hidden"]
    for page in pages:
        assert "98.3" not in page
        assert ">400<" not in page
        assert "0.017" not in page
    assert "&lt;10" in pages[0]
    assert exact.ports[0].attributes[0].groups[0].n == "7"


def test_without_a_plan_editors_get_the_form_and_readers_hear_that_no_one_measured(client, files):
    users = make_users()
    product = make_published_product(domain=users.domain)

    reader = client.get(f"{product.path}/bias").content.decode()
    client.force_login(users.owner)
    owner = client.get(f"{product.path}/bias").content.decode()

    assert "No one has measured how groups are represented" in reader
    assert "/bias/plan/" not in reader
    assert f"{product.path}/bias/plan/{product.output_ports.get().pk}" in owner


def test_a_product_without_a_port_says_so(client):
    product = make_product()
    client.force_login(make_users(product.domain).owner)

    page = client.get(f"{product.path}/bias").content.decode()

    assert "this product has none" in page
    assert f"{product.path}/edit/ports" in page


def test_a_failed_measurement_says_why_and_keeps_the_last_good_result(client, files):
    users = make_users()
    product, port = make_planned(users, rows_of(200, 400))
    measure_port(port=port, actor=FACTORY)
    write_file(users.domain, "other\n1\n")
    failed = measure_port(port=port, actor=FACTORY)
    client.force_login(users.owner)

    page = client.get(f"{product.path}/bias").content.decode()

    assert not failed.is_ok
    assert "Measuring failed" in page
    assert failed.reason.split(".")[0][:40] in page.replace("&#39;", "'").replace("&quot;", '"')
    assert "The result below is that of" in page
    assert "33.3" in page


def test_two_measurements_make_a_history(client, files):
    users = make_users()
    product, port = make_planned(users, rows_of(200, 400))
    measure_port(port=port, actor=FACTORY)
    first = client
    first.force_login(users.owner)
    before = first.get(f"{product.path}/bias").context_data["page"]
    write_file(users.domain, rows_of(300, 400))
    measure_port(port=port, actor=FACTORY)

    [row] = first.get(f"{product.path}/bias").context_data["page"].ports

    assert before.ports[0].histories == []
    lines = {line.group: line for line in row.histories[0].lines}
    assert lines["Female"].values == pytest.approx([200 / 600, 300 / 700])
    assert lines["Female"].change == "+9.5"


def test_a_contradicted_declaration_is_shown_with_both_numbers_and_what_to_do(client, files):
    users = make_users()
    product, port = make_planned(users, rows_of(200, 400))
    imbalances = [
        {
            "attribute": "sex",
            "group": "Female",
            "share": 0.6,
            "assessor": "Ana",
            "assessedOn": "2026-01-02",
        },
        {"attribute": "sex", "group": "Male", "share": 0.4},
    ]
    value = {"imbalances": imbalances}
    entry = {"property": "assayProvenance", "value": value}
    patch = [{"op": "add", "path": "/customProperties/-", "value": entry}]
    product.refresh_from_db()
    product = patch_document(product=product, patch=patch, edition=product.edition, actor=FACTORY)
    measure_port(port=port, actor=FACTORY)
    client.force_login(users.owner)

    page = client.get(f"{product.path}/bias").content.decode()
    datasheet = client.get(f"{product.path}/datasheet.md").content.decode()

    assert "2 declared shares are contradicted by the measurement" in page
    assert "declared 60.0 %" in page
    assert "33.3 %" in page
    assert "Correct the share, or explain the difference" in page
    assert "Assessed by Ana" in page
    assert "declared 60.0 %" in datasheet


def test_people_measure_a_port_on_request(client, files):
    users = make_users()
    _product, port = make_planned(users, rows_of(200, 400))
    client.force_login(users.owner)

    page = client.post(f"/ports/{port.pk}/representation/measure", follow=True).content.decode()

    assert "Measured: 600 records." in page
    client.force_login(users.outsider)
    assert client.post(f"/ports/{port.pk}/representation/measure").status_code == 404


def test_group_names_of_the_data_are_text(client, files):
    users = make_users()
    hostile = '"<script>alert(1)</script>|[x](javascript:1) #eval(1)"'
    text = "sex,race,salary\n" + f"{hostile},A,low\n" * 30 + "Male,A,high\n" * 60
    product, port = make_planned(users, text)
    measure_port(port=port, actor=FACTORY)
    client.force_login(users.owner)

    page = client.get(f"{product.path}/bias").content.decode()
    pdf = client.get(f"{product.path}/datasheet.pdf").content

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert pdf.startswith(b"%PDF")


def test_a_share_that_moved_beyond_the_band_is_announced(client, files):
    users = make_users()
    product, port = make_planned(users, rows_of(200, 400))
    measure_port(port=port, actor=FACTORY)
    write_file(users.domain, rows_of(400, 400))
    measure_port(port=port, actor=FACTORY)
    client.force_login(users.owner)

    page = client.get(f"{product.path}/bias").content.decode()

    assert "Shares moved since the measurement before" in page
    assert "Female (sex): from 33.3" in page


def test_imbalances_of_an_input_are_inherited_until_they_are_assessed_here(client, files):
    users = make_users()
    shares = {"imbalances": [{"attribute": "sex", "group": "f", "share": 0.2}]}
    upstream = make_published_product("Upstream", domain=users.domain)
    upstream = edit_and_publish(upstream, *declare(upstream, shares))
    source = {"name": "in", "contractId": "x"}
    source = with_custom(source, "assaySource", f"{users.domain.slug}/{upstream.slug}")
    tree = product_tree(domain=users.domain.slug) | {"inputPorts": [source]}
    product = make_product(domain=users.domain, tree=tree)
    client.force_login(users.owner)

    before = client.get(f"{product.path}/bias").content.decode()
    text = client.get(f"{product.path}/datasheet.md").content.decode()
    patch = declare(product, shares)
    patch_document(product=product, patch=patch, edition=product.edition, actor=FACTORY)
    after = client.get(f"{product.path}/bias").content.decode()

    assert "Inherited: representation by sex" in before
    assert f'href="{upstream.path}"' in before
    assert "## Inherited imbalances" in text
    assert "Inherited: representation by sex" not in after
    assert "rest, not declared" in after


def test_sensitive_columns_that_no_one_assessed_are_listed(client, files):
    users = make_users()
    product = with_port(make_product(domain=users.domain))
    product = give_schema(product, "religion", classification="special-category")
    client.force_login(users.owner)

    page = client.get(f"{product.path}/bias").content.decode()
    text = client.get(f"{product.path}/datasheet.md").content.decode()

    assert "Not assessed" in page
    assert "religion" in page
    assert "no one has declared or measured: religion" in text


def declare(product, value) -> list:
    """Return the patch that gives a product a provenance declaration, or replaces its own."""
    properties = product.tree["customProperties"]
    names = [entry["property"] for entry in properties]
    if "assayProvenance" not in names:
        entry = {"property": "assayProvenance", "value": value}
        return [{"op": "add", "path": "/customProperties/-", "value": entry}]
    at = names.index("assayProvenance")
    value = properties[at]["value"] | value
    return [{"op": "replace", "path": f"/customProperties/{at}/value", "value": value}]
