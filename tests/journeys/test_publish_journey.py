"""From nothing to a published product, over plain HTTP and without script."""

import pytest

from catalog.products.models import DataProduct, Status
from catalog.provenance.questions import CURRENT_SET
from tests.factories import make_domain, make_users, with_good_checks

pytestmark = pytest.mark.django_db


def _edition(product):
    product.refresh_from_db()
    return product.edition


def test_an_owner_registers_completes_and_publishes_a_product(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)

    answer = client.post(
        "/publish/new",
        {
            "domain": users.domain.pk,
            "name": "Daily orders",
            "purpose": "One row for each order.",
            "tags": "orders, daily",
            "sensitivity": "internal",
            "visibility": "public",
        },
    )
    product = DataProduct.objects.get()
    assert answer["Location"] == "/p/sales/daily-orders/edit"
    assert product.status == Status.DRAFT
    assert product.tags == ["orders", "daily"]

    edit = f"{product.path}/edit"
    refused = client.post(f"{edit}/publish", {"edition": _edition(product)})
    assert refused.status_code == 422
    assert "There is no active output port." in refused.content.decode()

    client.post(
        f"{edit}/ports/add",
        {
            "edition": _edition(product),
            "name": "orders-file",
            "version": "1.0.0",
            "kind": "local",
            "path": "sales/orders.parquet",
            "format": "parquet",
        },
    )
    port = product.output_ports.get()
    assert port.port_contract.contract.servers.get().location == "sales/orders.parquet"

    answers = {f"{code}-state": "unknown" for code in CURRENT_SET.codes}
    rows = {
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "0",
        "rows-0-attribute": "sex",
        "rows-0-group": "female",
    }
    shares = {"rows-0-share": "31,5 %", "rows-0-reference_share": "50.5"}
    client.post(f"{edit}/provenance", {"edition": _edition(product), **answers, **rows, **shares})
    assert product.provenance.imbalances.get().share == 0.315

    unchecked = client.post(f"{edit}/publish", {"edition": _edition(product)})
    assert "has no successful check in the last 24 hours" in unchecked.content.decode()
    with_good_checks(product)
    published = client.post(f"{edit}/publish", {"edition": _edition(product), "reason": "First."})
    assert published["Location"] == product.path
    product.refresh_from_db()
    assert product.status == Status.PUBLISHED
    assert product.versions.get().version == "0.1.0"
