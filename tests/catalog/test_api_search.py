"""Search over the API: its numbers are numbers."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "query", ["page=null", "page=null&page=null", "limit=ten", "page=1&page=2"]
)
def test_a_page_or_limit_that_is_no_number_is_named(client, query):
    answer = client.get(f"/api/v1/search?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert query.partition("=")[0] in answer.content.decode()
