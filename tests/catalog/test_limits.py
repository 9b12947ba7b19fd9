"""Limits: by person and by address, on pages too; failures elsewhere lock nobody out."""

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory

from catalog.client_ip import client_network
from catalog.people.models import Person
from tests.catalog.api_client import Program, problem_of
from tests.factories import PASSWORD, make_person

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def _still_clock(monkeypatch):
    """No earlier counts, and no window that ends within a test."""
    monkeypatch.setattr("catalog.limits.time.time", lambda: 1_800_000_010.0)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def _three_a_minute(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_THROTTLE_RATES": {"signed_out": "3/min", "signed_in": "3/min"}
    }


@pytest.fixture
def ana() -> Person:
    return make_person("ana")


def codes(client: Client, path: str, times: int = 4) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def sign_in(client: Client, password: str = PASSWORD, login: str = "ana") -> bool:
    answer = client.post("/sign-in", {"login": login, "password": password})
    return answer.status_code == 302


def fail(times: int, address: str, login: str = "ana") -> None:
    client = Client(REMOTE_ADDR=address)
    for _ in range(times):
        sign_in(client, "wrong", login)


@pytest.mark.usefixtures("_three_a_minute")
def test_all_tokens_and_browsers_of_a_person_count_together(ana):
    browser = Client()
    browser.force_login(ana)

    answers = [Program(ana).get("/me").status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    problem_of(Program(ana).get("/me"), 429, "throttled")
    assert browser.get("/api/v1/me").status_code == 429
    assert Program(make_person()).get("/me").status_code == 200


@pytest.mark.usefixtures("_three_a_minute")
def test_pages_are_limited_by_address_for_the_signed_out():
    make_person()

    answers = codes(Client(REMOTE_ADDR=HOME), "/domains")
    last = Client(REMOTE_ADDR=HOME).get("/search?q=a")

    assert answers == [200, 200, 200, 429]
    assert (last.status_code, int(last["Retry-After"]) <= 60) == (429, True)
    assert "Too many requests" in last.content.decode()
    assert Client(REMOTE_ADDR=ELSEWHERE).get("/domains").status_code == 200


@pytest.mark.usefixtures("_three_a_minute")
def test_pages_are_limited_by_person_for_the_signed_in_wherever_they_are(ana):
    here, there, other = Client(REMOTE_ADDR=HOME), Client(REMOTE_ADDR=ELSEWHERE), Client()
    for client in (here, there):
        client.force_login(ana)
    other.force_login(make_person())

    assert codes(here, "/settings", 2) + codes(there, "/settings", 2) == [200, 200, 200, 429]
    assert other.get("/settings").status_code == 200
    assert Client(REMOTE_ADDR=HOME).get("/domains").status_code == 200


@pytest.mark.usefixtures("_three_a_minute")
def test_feeds_and_files_are_limited_and_answer_programs_as_json():
    make_person()
    client = Client(REMOTE_ADDR=HOME)
    codes(client, "/domains")

    answer = client.get("/search.csv", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")


@pytest.mark.usefixtures("_three_a_minute")
def test_health_checks_are_not_limited():
    assert set(codes(Client(), "/livez", 6)) == {200}


@pytest.mark.usefixtures("_three_a_minute")
@pytest.mark.parametrize(("proxies", "codes_seen"), [(0, [429, 429]), (1, [200, 200])])
def test_the_address_of_a_proxy_is_believed_only_if_it_is_ours(settings, proxies, codes_seen):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    make_person()
    codes(Client(REMOTE_ADDR="10.0.0.1"), "/domains")
    codes(Client(REMOTE_ADDR="10.0.0.1"), "/api/v1/domains")
    client = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": f"6.6.6.6, {HOME}"})

    answers = [client.get(path).status_code for path in ("/domains", "/api/v1/domains")]

    assert answers == codes_seen


def test_a_client_does_not_choose_the_address_that_it_is_counted_by(settings, ana):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(20):
        forged = f"6.6.6.{number}, {ELSEWHERE}"
        sign_in(Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forged}), "wrong")

    attacker = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": ELSEWHERE})
    owner = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": HOME})

    assert not sign_in(attacker)
    assert sign_in(owner)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8::1", "2001:db8::ffff:1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("x", "x")],
)
def test_a_network_of_one_customer_counts_as_one_address(one, other):
    networks = {
        client_network(RequestFactory().get("/", REMOTE_ADDR=address)) for address in (one, other)
    }

    assert len(networks) == 1


def test_wrong_passwords_are_refused_by_account_at_one_address(ana):
    fail(5, ELSEWHERE)

    assert not sign_in(Client(REMOTE_ADDR=ELSEWHERE))
    assert not sign_in(Client(REMOTE_ADDR=ELSEWHERE), login="ana@example.org")


def test_failures_elsewhere_lock_nobody_out_of_their_own_account(ana):
    fail(30, ELSEWHERE)

    assert sign_in(Client(REMOTE_ADDR=HOME))


def test_wrong_passwords_for_many_accounts_are_refused_by_address(ana):
    for number in range(20):
        fail(1, ELSEWHERE, login=f"nobody{number}")

    assert not sign_in(Client(REMOTE_ADDR=ELSEWHERE))
    assert sign_in(Client(REMOTE_ADDR=HOME))


def test_guesses_from_many_addresses_are_refused_by_account_but_not_in_a_known_browser(ana):
    browser = Client(REMOTE_ADDR=HOME)
    assert sign_in(browser)
    browser.post("/sign-out")

    for number in range(100):
        fail(1, f"198.51.{number}.1")

    assert not sign_in(Client(REMOTE_ADDR="192.0.2.1"))
    assert sign_in(browser)


def test_a_known_browser_is_limited_too(ana):
    browser = Client(REMOTE_ADDR=HOME)
    sign_in(browser)
    browser.post("/sign-out")

    for _ in range(5):
        sign_in(browser, "wrong")

    assert not sign_in(browser)
    assert sign_in(Client(REMOTE_ADDR=HOME))


def test_a_browser_is_known_to_the_account_that_signed_in_with_it_alone(ana):
    make_person("ben")
    attacker = Client(REMOTE_ADDR=ELSEWHERE)
    assert sign_in(attacker, login="ben")
    attacker.post("/sign-out")
    fail(5, ELSEWHERE)

    assert not sign_in(attacker)


@pytest.mark.parametrize("cookie", ["", "x", "WyJhIl0:1:x", "\\x00"])
def test_a_forged_cookie_makes_no_known_browser(ana, cookie):
    fail(5, ELSEWHERE)
    client = Client(REMOTE_ADDR=ELSEWHERE, headers={"Cookie": f"assay_browser={cookie}"})

    assert not sign_in(client)


def test_a_sign_in_that_succeeds_is_no_failure(ana):
    client = Client(REMOTE_ADDR=HOME)

    assert all(sign_in(client) for _ in range(12))


def test_wrong_tokens_are_limited_by_address_and_right_ones_never(ana):
    right = Program(ana)
    wrong = Client(headers={"Authorization": "Bearer assay_" + "0" * 64}, REMOTE_ADDR="127.0.0.1")

    answers = [wrong.get("/api/v1/products").status_code for _ in range(31)]
    last = wrong.get("/api/v1/products")

    assert answers == [401] * 30 + [429]
    assert int(problem_of(last, 429, "throttled") and last["Retry-After"]) <= 60
    assert right.get("/me").status_code == 200
