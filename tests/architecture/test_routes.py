"""Every route has a permission: the API by its views, pages by the table here."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from tests.factories import make_published_product, make_team

# Pages that anybody may open; they show only the products that the reader may see.
OPEN = set(
    """
    livez readyz home help styleguide display_settings set_language ops_status
    api_docs account_login account_logout account_signup account_inactive first_start
    account_reset_password account_reset_password_done account_reset_password_from_key
    account_reset_password_from_key_done invitation_accept
    domain_list domain_page product_permanent product_document product_version_document
    catalog catalog_document robots sitemap
    product_overview product_schema product_contract_page product_contract_current
    product_provenance product_history
    product_bias product_bias_csv
    product_datasheet product_datasheet_file version_datasheet version_datasheet_file
    product_versions product_version product_version_tab product_permanent_version
    person_page
    product_source product_slo product_slo_csv product_quality product_quality_csv
    product_measurements_csv
    product_maintenance product_calendar domain_maintenance domain_calendar
    slo_board slo_board_csv slo_badge product_slo_feed domain_slo_feed
    inbox_feed inbox_alert_feed digest_end alert_list alert_feed alert_page
    search_results search_results_csv search_suggestions
    search_feed domain_feed product_history_feed
    term_list term_page term_suggestions
    """.split()
)
DENIED = {302, 401, 403, 404, 405}


def routes(patterns: Any = None, prefix: str = "", space: str = "") -> Iterator[tuple[str, Any]]:
    """Yield name and view of every route, without those of Django's admin."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + str(pattern.pattern)
        if address.startswith("admin/"):
            continue
        if hasattr(pattern, "url_patterns"):
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, address, inner)
        else:
            yield space + str(pattern.name), pattern


def test_every_view_of_the_api_states_its_permissions():
    views = {name: route.callback.cls for name, route in routes() if name.startswith("api:")}

    incomplete = [
        name
        for name, view in views.items()
        if not any(
            "permission_classes" in kind.__dict__
            for kind in view.__mro__
            if not kind.__module__.startswith("rest_framework")
        )
    ]

    assert views
    assert incomplete == []


def test_every_route_has_a_name_and_no_name_is_open_by_mistake():
    names = [name for name, _ in routes()]

    assert "None" not in names
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_a_page_that_is_not_open_requires_a_sign_in():
    product = make_published_product("Orders")
    team = make_team("sellers")
    sample = {
        "domain": product.domain.slug,
        "product": product.slug,
        "uuid": str(product.uuid),
        "contract": str(product.contracts.get().uuid),
        "team": team.slug,
        "slug": "order",
        "secret": "none",
        "act": "acknowledge",
        "kind": "breach",
        "port": product.output_ports.get().pk,
    }
    client = Client()

    allowed = []
    for name, route in routes():
        if name in OPEN or name.startswith("api:"):
            continue
        address = f"/{route.pattern}"
        for argument, converter in route.pattern.converters.items():
            value = converter.to_url(sample.get(argument, 1))
            address = re.sub(rf"<\w+:{argument}>", value, address)
        for method in (client.get, client.post):
            response = method(address)
            is_denied = response.status_code in DENIED
            if not is_denied or (
                response.status_code == 302 and "/sign-in" not in response["Location"]
            ):
                allowed.append((name, response.status_code))

    assert allowed == []
