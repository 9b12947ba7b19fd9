"""The whole API against its own document: right and wrong requests by the hundred, none a 500.

`ASSAY_FUZZ_EXAMPLES` sets how many of each kind are tried at each operation.
"""

import os
from collections import Counter

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from catalog.glossary.models import Term
from catalog.glossary.services import define_term
from catalog.limits import Limit
from catalog.products.models import DataProduct
from catalog.search.backends import configured_backends
from catalog.search.services.rebuild import rebuild
from config.wsgi import application
from tests.catalog.api_client import Program
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_team,
    make_users,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
EXAMPLES = int(os.environ.get("ASSAY_FUZZ_EXAMPLES", "5"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
    unsupported_method,
]
statuses: Counter[int] = Counter()


@pytest.fixture
def one_connection(db):
    """Requests of the WSGI application leave the test's own connection open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api(one_connection):
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture
def unlimited(settings, monkeypatch):
    rates = {"signed_out": "9999999/min", "signed_in": "9999999/min"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    wrong_tokens = Limit("wrong-tokens", 9_999_999, 60)
    monkeypatch.setattr("catalog.api.rest.authentication.WRONG_TOKENS", wrong_tokens)


@pytest.fixture
def mesh():
    """A domain with a draft and a published product, and a program of its owner."""
    users = make_users(make_domain("sales"))
    make_team("sellers")
    define_term(name="Order", definition="What a customer asks for.", actor=FACTORY)
    published = make_published_product("Orders", domain=users.domain)
    for engine in configured_backends():
        rebuild(engine)
    return {
        "program": Program(users.owner),
        "draft": make_product("Draft", domain=users.domain),
        "published": published,
    }


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.usefixtures("unlimited")
def test_every_operation_keeps_to_its_document(case, mesh):
    if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
        aim(case, mesh)

    # The WSGI client does not decompress what it accepts.
    headers = mesh["program"].headers | {"Accept-Encoding": "identity"}
    answer = case.call_and_validate(headers=headers, checks=CHECKS)

    statuses[answer.status_code] += 1


def test_the_cases_are_counted(capsys):
    with capsys.disabled():
        counts = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
        print(f"\nAPI fuzz: {sum(statuses.values())} cases ({counts})")

    assert not [status for status in statuses if status >= 500]


def aim(case, mesh):
    """Let a well-formed request meet something that is there, with its present edition."""
    product = DataProduct.objects.order_by("?").first()
    if product is None:
        return
    targets = {"uuid": product, "slug": product.domain, "pk": product.output_ports.first()}
    if "/contracts/{uuid}" in case.path:
        targets["uuid"] = product.contracts.first()
    elif "/terms/{uuid}" in case.path:
        targets["uuid"] = Term.objects.first()
    for name in case.path_parameters or ():
        if found_one := targets.get(name):
            case.path_parameters[name] = str(getattr(found_one, name))
    if isinstance(case.body, dict) and "domain" in case.body:
        case.body["domain"] = "sales"
    edition = getattr(targets["uuid"], "edition", product.edition)
    if case.headers and "If-Match" in case.headers:
        case.headers["If-Match"] = f'"{edition}"'
