"""What other tools read of a product's SLO: the badge, and the feeds of missed objectives."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from governance.slo.models import Breach
from governance.slo.services.breaches import close_breach, open_breach
from tests.factories import make_published_product, make_users
from tests.governance.measuring import make_objective, make_port

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def product_in_breach(**custom):
    """Return a product whose one objective has been missed for an hour."""
    product = make_published_product("Orders", **custom)
    port = make_port(product)
    objective = make_objective(port, target=0.9, window="24h")
    open_breach(objective=objective, opened_at=timezone.now() - timedelta(hours=1))
    product.refresh_from_db()
    return product


def entries(response):
    assert response["Content-Type"].startswith("application/atom+xml")
    return ET.fromstring(response.content).findall(f"{ATOM}entry")


def test_the_badge_of_a_product_without_objectives_says_so(client):
    product = make_published_product("Orders")

    response = client.get(f"/badge/{product.uuid}.svg")

    assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
    image = ET.fromstring(response.content)
    assert image.get("aria-label") == "SLO: no objectives"


def test_the_badge_of_a_public_product_is_kept_for_a_minute_and_asked_for_again(client):
    product = make_published_product("Orders")

    first = client.get(f"/badge/{product.uuid}.svg")
    again = client.get(f"/badge/{product.uuid}.svg", headers={"If-None-Match": first["ETag"]})

    assert set(first["Cache-Control"].split(", ")) == {"public", "max-age=60"}
    assert again.status_code == 304


def test_no_shared_cache_keeps_the_badge_of_a_product_for_members(client):
    users = make_users()
    product = make_published_product("Orders", domain=users.domain, assayVisibility="members")

    assert client.get(f"/badge/{product.uuid}.svg").status_code == 404
    client.force_login(users.consumer)
    response = client.get(f"/badge/{product.uuid}.svg")

    assert response.status_code == 200
    assert "private" in response["Cache-Control"]
    assert "public" not in response["Cache-Control"]


def test_the_badge_is_the_same_in_every_language(client):
    product = make_published_product("Orders")

    english = client.get(f"/badge/{product.uuid}.svg")
    german = client.get(f"/badge/{product.uuid}.svg", headers={"Accept-Language": "de"})

    assert english.content == german.content


def test_a_breach_is_an_entry_of_the_feeds_of_its_product_and_domain(client):
    product = product_in_breach()

    of_product = entries(client.get(f"{product.path}/slo.atom"))
    of_domain = entries(client.get(f"/d/{product.domain.slug}/slo.atom"))

    titles = [entry.findtext(f"{ATOM}title") for entry in of_product]
    assert titles == ["Orders: objective missed"]
    ids = [[entry.findtext(f"{ATOM}id") for entry in feed] for feed in (of_product, of_domain)]
    assert ids[0] == ids[1]
    assert "90\u202f% available" in of_product[0].findtext(f"{ATOM}summary")


def test_a_breach_that_is_over_has_an_entry_more(client):
    product = product_in_breach()
    breach = Breach.objects.get()
    close_breach(objective=breach.objective, closed_at=timezone.now())

    feed = entries(client.get(f"{product.path}/slo.atom"))

    titles = [entry.findtext(f"{ATOM}title") for entry in feed]
    assert titles == ["Orders: objective met again", "Orders: objective missed"]
    assert "after 1 h" in feed[0].findtext(f"{ATOM}summary")


def test_the_feed_of_a_domain_leaves_out_what_the_reader_may_not_see(client):
    product = product_in_breach(assayVisibility="restricted")

    assert entries(client.get(f"/d/{product.domain.slug}/slo.atom")) == []
    assert client.get(f"{product.path}/slo.atom").status_code == 404
