"""The whole API against its own document: right and wrong requests by the hundred, none a 500.

`ASSAY_FUZZ_EXAMPLES` sets how many of each kind are tried at each operation.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
import schemathesis
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

from config.wsgi import application
from tests.catalog.api_client import Program
from tests.factories import make_cast, make_domain, make_product, make_published_product, make_team

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
EXAMPLES = int(os.environ.get("ASSAY_FUZZ_EXAMPLES", "12"))
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
def api():
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture
def unlimited(settings):
    rates = {"signed_out": "9999999/min", "signed_in": "9999999/min"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}


@pytest.fixture
def mesh():
    """A domain with a draft and a published product, and a program of its owner."""
    cast = make_cast(make_domain("sales"))
    make_team("sellers")
    return {
        "program": Program(cast.owner),
        "draft": make_product("Draft", domain=cast.domain),
        "published": make_published_product("Orders", domain=cast.domain),
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

    answer = case.call_and_validate(headers=mesh["program"].headers, checks=CHECKS)

    statuses[answer.status_code] += 1


def aim(case, mesh):
    """Let a well-formed request meet something that is there, with its present edition."""
    for product in (mesh["draft"], mesh["published"]):
        ...
