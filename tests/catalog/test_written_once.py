"""Statements whose SQL is written once answer as their queryset does, each time anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import CharField, DateTimeField, UUIDField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.domains.models import Domain
from catalog.products.models import DataProduct
from catalog.statements import (
    AnyOf,
    PreparedQuery,
    column_names,
    instance_from_row,
    param,
    param_list,
)
from tests.factories import make_domain, make_product

pytestmark = pytest.mark.django_db

COLUMNS = ("uuid", "name", "tags", "updated_at", "certified_until", "domain__slug")


def test_each_asking_sees_what_stands_then():
    named = PreparedQuery(
        lambda: Domain.objects.filter(slug=param("slug", CharField())).values_list("name")
    )
    domain = make_domain("sales")

    before = named.rows(slug="sales")
    Domain.objects.filter(pk=domain.pk).update(name="Sold")

    assert before == [(domain.name,)]
    assert named.rows(slug="sales") == [("Sold",)]
    assert named.rows(slug="nowhere") == []


def test_values_come_and_go_as_the_orm_writes_and_reads_them():
    products = [make_product(name=name) for name in ("Orders", "Returns")]
    by_id = PreparedQuery(
        lambda: (
            DataProduct.objects.filter(
                uuid__in=param_list("ids", UUIDField(), 4),
                created_at__lte=param("at", DateTimeField()),
            )
            .order_by("pk")
            .values_list(*COLUMNS)
        )
    )
    later = timezone.now() + timedelta(minutes=1)

    with CaptureQueriesContext(connection) as spent:
        rows = by_id.rows(ids=[str(product.uuid) for product in products], at=later)

    assert len(spent) == 1
    standing = DataProduct.objects.filter(pk__in=[product.pk for product in products])
    assert [tuple(row) for row in rows] == list(standing.order_by("pk").values_list(*COLUMNS))
    assert by_id.rows(ids=[products[0].uuid], at=later - timedelta(days=1)) == []


def test_a_row_is_made_a_model_that_can_be_written():
    domain = make_domain("sales")
    every = PreparedQuery(
        lambda: Domain.objects.filter(slug=param("slug", CharField())).values_list(
            *column_names(Domain)
        )
    )

    found = instance_from_row(Domain, every.rows(slug="sales")[0])
    found.name = "Sold"
    found.save(update_fields=["name"])

    assert found == domain
    assert Domain.objects.get().name == "Sold"


@pytest.mark.parametrize("chosen", [[], [0], [0, 2]])
def test_a_list_of_ids_is_one_value_of_a_statement(chosen):
    domains = [make_domain(slug) for slug in ("sales", "stock", "staff")]
    ids = [domains[place].pk for place in chosen]

    found = Domain.objects.filter(AnyOf("id", [*ids, -1]))

    assert set(found) == {domains[place] for place in chosen}
    assert len(found.query.sql_with_params()[1]) == 1
