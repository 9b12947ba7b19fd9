"""What objectives would say of the recorded history, before anything is saved."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.slo.declaration import parse_objective
from governance.slo.models import Objective, ObjectiveStatus
from governance.slo.outcomes import Outcome
from governance.slo.preview import PreviewResult, preview_objectives
from governance.slo.services import RecordedValue, record_values
from tests.factories import make_published_product, make_users
from tests.governance.measuring import probe_result, record, slots

pytestmark = pytest.mark.django_db
EVERY = timedelta(minutes=1)
COUNT = 600
AVAILABLE = {"indicator": "availability", "target": 0.9, "window": "3h"}


def preview(product: DataProduct, **declared: Any) -> PreviewResult:
    ports = set(OutputPort.objects.values_list("name", flat=True))
    objective = parse_objective(declared, "", issues := [], ports={*ports, "new"})
    assert issues == []
    assert objective is not None
    [result] = preview_objectives([product], [objective], timezone.now())
    return result


def failing_product(**options: Any) -> DataProduct:
    """Return a product of whose 600 checks in ten hours every fifth failed."""
    product = make_published_product(**options)
    port = product.output_ports.get()
    start = timezone.now() - COUNT * EVERY
    record(
        probe_result(port, slot, Outcome.TIMEOUT if number % 5 == 0 else Outcome.GOOD)
        for number, slot in enumerate(slots(COUNT, start=start, every=EVERY))
    )
    return product


def test_an_objective_says_what_the_recorded_history_is_worth():
    product = failing_product()

    missed, met = preview(product, **AVAILABLE), preview(product, **AVAILABLE | {"target": 0.5})

    assert missed.assessment
    assert met.assessment
    assert missed.assessment.verdict == "breached"
    assert met.assessment.verdict == "met"
    assert missed.assessment.ratio.share == pytest.approx(0.8, abs=0.02)
    assert not Objective.objects.exists()
    assert not ObjectiveStatus.objects.exists()


def test_a_longer_window_counts_from_the_first_recorded_check():
    product = failing_product()

    result = preview(product, **AVAILABLE | {"window": "30d"})

    assert result.assessment
    assert result.assessment.ratio.total == COUNT
    assert result.assessment.elapsed < timedelta(hours=11)


def test_values_of_data_are_counted_too():
    product = make_published_product()
    port = product.output_ports.get()
    hour = timedelta(hours=1)
    moments = slots(30, start=timezone.now() - 30 * hour, every=hour)
    record_values(
        values=[
            RecordedValue(
                port_id=port.pk, indicator="completeness", slot=slot, value=0.9 + 0.1 * (n % 2)
            )
            for n, slot in enumerate(moments)
        ],
        now=timezone.now(),
    )

    result = preview(product, indicator="completeness", target=0.4, threshold=0.95, window="7d")

    assert result.assessment
    assert (result.assessment.ratio.good, result.assessment.ratio.total) == (15, 30)


def test_nothing_is_said_without_a_record_or_of_a_new_port():
    product = make_published_product()

    unrecorded, new = preview(product, **AVAILABLE), preview(product, **AVAILABLE, port="new")

    assert unrecorded.assessment
    assert unrecorded.assessment.verdict == "no_data"
    assert new.assessment is None


def fields(edition: int, **row: str) -> dict[str, Any]:
    row = {"indicator": "availability", "target": "99", "window": "24h"} | row
    return {
        "edition": edition,
        "rows-TOTAL_FORMS": 1,
        "rows-INITIAL_FORMS": 0,
        "preview": "1",
        **{f"rows-0-{name}": value for name, value in row.items()},
    }


def test_the_form_shows_the_preview_and_saves_nothing(client):
    product = failing_product()
    users = make_users(product.domain)
    client.force_login(users.owner)
    page = f"{product.path}/edit/objectives"

    previewed = client.post(page, fields(product.edition))
    wrong = client.post(page, fields(product.edition, target=""))

    assert (previewed.status_code, wrong.status_code) == (200, 422)
    text = previewed.content.decode()
    assert "It would be breached." in text
    assert "nothing is saved yet" in text
    assert not Objective.objects.exists()


def test_the_form_of_standards_previews_who_would_miss_them(client):
    product = failing_product()
    users = make_users(product.domain)
    make_published_product("Quiet", domain=product.domain)
    client.force_login(users.owner)

    answer = client.post(f"/d/{product.domain.slug}/standards", fields(product.domain.edition))

    text = answer.content.decode()
    assert "1 of 2 products would miss it." in text
    assert product.name in text
    assert not Objective.objects.exists()
