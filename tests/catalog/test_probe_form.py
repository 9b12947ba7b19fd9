"""How a port is checked, in the form of the port: YAML that comes back, and issues at the field."""

import pytest

from catalog.contracts.models import Server
from tests.factories import make_product, make_users

pytestmark = pytest.mark.django_db
API = {"name": "api", "version": "1.0.0", "kind": "api", "url": "https://data.example/orders"}


@pytest.fixture
def users(client):
    users = make_users()
    client.force_login(users.owner)
    return users


def add(client, users, probe):
    """Return the answer to a form that adds a port with a probe."""
    product = make_product(domain=users.domain)
    place = f"/p/{users.domain.slug}/{product.slug}/edit/ports/add"
    return client.post(place, API | {"probe": probe, "edition": product.edition})


def test_a_probe_is_written_and_read_back_as_yaml(client, users):
    probe = "expectedStatus: [200]\nassertions:\n- {path: $.ok, equals: true}\n"

    assert add(client, users, probe).status_code == 302

    server = Server.objects.get()
    assert server.probe == {
        "expectedStatus": [200],
        "assertions": [{"path": "$.ok", "equals": True}],
    }
    port = server.contract.port_contracts.get().port
    product = port.product
    place = f"/p/{users.domain.slug}/{product.slug}/edit/ports/{port.pk}"
    page = client.get(place).content.decode()
    assert "expectedStatus:" in page
    client.post(place, API | {"probe": "", "edition": product.edition})
    assert Server.objects.get().probe == {}


@pytest.mark.parametrize(
    ("probe", "text"),
    [
        ("method: [", "Invalid YAML"),
        ("GET", "must be a mapping"),
        ("metod: GET", "Did you mean method?"),
        ("headers: [{name: Authorization, value: x}]", "not written into a document"),
        ("query: SELECT 1", "takes no query"),
    ],
)
def test_a_mistake_is_shown_at_the_field_and_nothing_is_saved(client, users, probe, text):
    answer = add(client, users, probe)

    page = answer.content.decode()
    assert text in page
    assert 'id="id_probe_error"' in page or "probe" in page
    assert Server.objects.count() == 0
