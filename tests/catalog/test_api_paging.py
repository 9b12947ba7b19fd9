"""Pages of a list while its rows change, and the statements that a list costs."""

import random
import re

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.products.models import DataProduct
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import (
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
)

pytestmark = pytest.mark.django_db

# Statements of a list, signed out and with a token, however many rows it has.
STATEMENTS = {
    "/products": (1, 3),
    "/contracts": (1, 3),
    "/ports": (1, 3),
    "/domains": (3, 5),
    "/domain-tree": (2, 4),
    "/teams": (0, 2),
    "/tokens": (0, 2),
}


def walk(program, path, *, step="next"):
    """Yield the rows of every page, each page by the link of the one before."""
    while path:
        page = program.get(path).json()
        yield page["results"]
        path = page[step] and page[step].partition("testserver")[2]


@pytest.fixture
def names():
    users = make_users(make_domain("sales"))
    names = ["b", "a", "c", "b", "b", "a", "d"]
    for index, name in enumerate(names):
        make_product(name, domain=users.domain, assaySlug=f"{name}-{index}")
    return users


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
@pytest.mark.parametrize("sort", ["name", "-name", "updated", "-updated", ""])
def test_pages_show_every_row_once_both_ways(names, limit, sort):
    program = Program(names.owner)
    query = f"/products?limit={limit}" + (f"&sort={sort}" if sort else "")

    pages = list(walk(program, query))
    rows = [row["slug"] for page in pages for row in page]
    last = query
    while link := program.get(last).json()["next"]:
        last = link.partition("testserver")[2]
    back = list(walk(program, last, step="previous"))

    assert len(rows) == len(set(rows)) == 7
    assert [row["slug"] for page in reversed(back) for row in page] == rows
    if "name" in sort:
        assert [slug[0] for slug in rows] == sorted("aabbbcd", reverse=sort[0] == "-")


def test_rows_that_stay_are_shown_once_while_others_come_and_go(names):
    program = Program(names.owner)
    stay = set(DataProduct.objects.values_list("slug", flat=True))
    chance, listed, path = random.Random(7), [], "/products?limit=2"

    while path:
        page = program.get(path).json()
        listed += [row["slug"] for row in page["results"]]
        product = make_product(
            chance.choice("abcd"), domain=names.domain, assaySlug=f"x{len(listed)}"
        )
        if chance.random() < 0.5:
            product.delete()
        path = page["next"] and page["next"].partition("testserver")[2]

    assert stay <= set(listed)
    assert len(listed) == len(set(listed))


def test_links_stand_in_the_header_too(names):
    answer = Program(names.owner).get("/products?limit=2")

    links = re.findall(r'<([^>]+)>; rel="(\w+)"', answer["Link"])
    assert links == [(answer.json()["next"], "next")]
    program = Program(names.owner)
    middle = program.get(answer.json()["next"].partition("testserver")[2])
    relations = re.findall(r'<([^>]+)>; rel="(\w+)"', middle["Link"])
    assert relations == [(middle.json()["next"], "next"), (middle.json()["previous"], "prev")]


def test_a_cursor_holds_for_its_list_its_filters_and_its_caller(names):
    program = Program(names.owner)
    link = program.get("/products?limit=2&domain=sales").json()["next"]
    cursor = re.search(r"cursor=([^&]+)", link).group(1)

    same = program.get(f"/products?domain=sales&limit=5&cursor={cursor}")
    for path, caller in (
        (f"/products?cursor={cursor}", program),
        (f"/products?domain=sales&tag=x&cursor={cursor}", program),
        (f"/contracts?cursor={cursor}", program),
        (f"/products?domain=sales&cursor={cursor}", Program()),
        (f"/products?domain=sales&cursor={cursor}", Program(make_person())),
        (f"/products?domain=sales&cursor={cursor[:-2]}xx", program),
        (f"/products?domain=sales&cursor={signing.dumps({}, salt='other')}", program),
    ):
        problem = problem_of(caller.get(path), 400, "invalid-parameters")
        assert places(problem) == ["cursor"]

    assert len(same.json()["results"]) == 5


def test_a_list_costs_the_same_statements_however_long_it_is():
    users = make_users(make_domain("sales"))
    programs = [Program(), Program(users.owner)]

    few = {path: spent_on(path, programs) for path in STATEMENTS}
    for index in range(5):
        make_published_product(f"Published {index}", domain=make_domain(parent=users.domain))
        make_product(f"Draft {index}", domain=users.domain)
    many = {path: spent_on(path, programs) for path in STATEMENTS}

    assert few == many == STATEMENTS


def spent_on(path, programs):
    """Return the statements that each program's reading of a list costs."""
    counts = []
    for program in programs:
        with CaptureQueriesContext(connection) as spent:
            program.get(path)
        counts.append(len(spent))
    return tuple(counts)
