"""The recipe on the API's page is run as it is printed, so that it stays true."""

import json
import shlex
from html import unescape

import pytest
from django.test import Client

from catalog.api.rest.recipe import RECIPE
from catalog.products.models import DataProduct
from tests.catalog.api_client import Program
from tests.factories import make_domain, make_users, with_good_checks

pytestmark = pytest.mark.django_db


def test_the_recipe_leads_from_a_token_to_a_published_product():
    users = make_users(make_domain("sales"))
    program, product, etag = Program(users.owner), "", None
    answers = []

    for step in RECIPE:
        if step is RECIPE[-1]:
            with_good_checks(DataProduct.objects.get())
        path = step.path.replace("{product}", product)
        answer = program.send(step.method, path, step.body, edition=etag if step.is_edit else None)
        assert answer.status_code in (200, 201), answer.content
        answers.append(answer.json())
        product, etag = product or answers[0]["id"], answer["ETag"]

    assert answers[-1]["status"] == "published"


def test_the_page_prints_each_step_as_a_command_of_the_same_request():
    page = unescape(Client().get("/api/docs").content.decode())

    for step in RECIPE:
        command = step.as_curl("http://testserver")
        words = shlex.split(command.replace("\\\n", " "))
        assert command in page
        assert json.loads(words[words.index("-d") + 1]) == step.body
        assert words[words.index("-X") + 1] == step.method
