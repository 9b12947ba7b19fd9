"""An owner at a real browser: registering, with the address shown while typing, and a mistake."""

import pytest

from catalog.products.models import DataProduct
from tests.factories import PASSWORD, make_domain, make_users


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_owner_registers_a_product_and_sees_an_error_at_its_field(live_server, page):
    users = make_users(make_domain("sales"))
    page.goto(f"{live_server.url}/publish/new")
    page.get_by_label("Username or email").fill(users.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("button", name="Register as a draft").click()
    assert page.locator("#problem-title").is_visible()
    assert page.title().startswith("Error:")

    page.get_by_label("Name", exact=True).fill("Daily orders")
    assert page.locator(".address").inner_text().endswith("daily-orders")
    page.get_by_role("button", name="Register as a draft").click()

    page.get_by_role("link", name="Provenance").click()
    page.get_by_label("Not applicable").first.check()
    assert page.get_by_label("Why it is not applicable").first.is_visible()
    page.get_by_role("button", name="More rows").click()
    page.get_by_label("Attribute, row 7").fill("sex")
    page.get_by_label("Group, row 7").fill("female")
    page.get_by_label("Share in data, %, row 7").fill("31")
    page.get_by_label("Why it is not applicable").first.fill("Made up.")
    page.get_by_role("button", name="Save the answers").click()
    page.get_by_role("link", name="Provenance").wait_for()

    product = DataProduct.objects.get()
    assert product.provenance.imbalances.get().share == 0.31
    assert product.provenance.answers.get().reason == "Made up."
