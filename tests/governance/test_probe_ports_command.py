"""`manage.py probe_ports`: measures in the foreground, says so, and ends with a code."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.domains.services import grant_role
from catalog.permissions import Role
from governance.slo.models import Measurement
from tests.factories import FACTORY, make_domain, make_person, make_product, write_file
from tests.governance.measuring import make_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(tmp_path, settings):
    """A product with one file that is there and one that is not."""
    settings.ASSAY_FILES_ROOT = tmp_path
    product = make_product("Orders", domain=make_domain("sales"))
    write_file(product.domain, "id\n1\n")
    make_port(product, type="local", path="sales/orders.csv", format="csv")
    make_port(product, type="local", path="sales/absent.csv", format="csv")
    return product


def run(*arguments):
    """Return the exit code and what was said."""
    output = StringIO()
    try:
        call_command("probe_ports", *arguments, stdout=output)
    except SystemExit as end:
        return end.code, output.getvalue()
    return 0, output.getvalue()


def address_of(product):
    return f"{product.domain.slug}/{product.slug}"


def test_every_port_is_measured_and_told(product):
    code, output = run("--all")

    assert code == 1
    assert "good " in output
    assert f"{address_of(product)}:port1@1.0.0" in output
    assert output.endswith("2 of 2 ports: 1 good, 1 missing\n")
    assert Measurement.objects.count() == 2


def test_all_good_ends_with_zero(product, tmp_path):
    write_file(product.domain, "id\n1\n", "absent.csv")

    assert run("--product", address_of(product))[0] == 0


def test_the_report_for_programs_is_json(product):
    _, output = run("--all", "--json")

    outcomes = {result["port"].split(":")[1]: result["outcome"] for result in json.loads(output)}
    assert outcomes == {"port0@1.0.0": "good", "port1@1.0.0": "missing"}


def test_a_product_without_a_port_that_can_be_probed_ends_with_one():
    make_port(type="postgres", host="db.example", port=5432, database="d", schema="public")

    code, output = run("--all")

    assert (code, output) == (1, "0 of 1 ports: nothing measured; 1 not probed\n")


@pytest.mark.parametrize(
    "arguments", [[], ["--product", "no/such"], ["--product", "no"], ["--all", "--as", "nobody"]]
)
def test_bad_input_ends_with_two(product, arguments):
    with pytest.raises(CommandError) as caught:
        run(*arguments)

    assert caught.value.returncode == 2 or not arguments


def test_a_person_measures_only_what_they_may_edit(product):
    editor, outsider = make_person("editor"), make_person("outsider")
    grant_role(person=editor, role=Role.CONTRIBUTOR, domain=product.domain, actor=FACTORY)

    assert run("--product", address_of(product), "--as", "editor")[0] == 1
    with pytest.raises(CommandError) as caught:
        run("--product", address_of(product), "--as", outsider.username)
    assert caught.value.returncode == 2
