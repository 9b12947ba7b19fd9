"""How often a sign-in may fail: by address, by account, and by a browser that an account knows.

Failures elsewhere lock nobody out of their own account. They count by the address that they come
from; and the limit of an account as a whole, which only guesses from many addresses reach, does
not bind a browser in which its person has signed in before: a signed cookie says so.
"""

from dataclasses import dataclass
from secrets import token_urlsafe

from django.core import signing
from django.http import HttpRequest, HttpResponse

from catalog.client_ip import client_network
from catalog.limits import Limit
from catalog.people.models import Person
from catalog.people.services.sign_ins import person_by_login

BY_ADDRESS = Limit("sign-in:address", 20, 60)
BY_ACCOUNT_AND_ADDRESS = Limit("sign-in:account-address", 5, 300)
BY_ACCOUNT = Limit("sign-in:account", 100, 3600)
BY_BROWSER = Limit("sign-in:browser", 5, 300)

COOKIE = "assay_browser"
COOKIE_SECONDS = 365 * 24 * 3600
MAX_KNOWN_PEOPLE = 5
SALT = "catalog.people.sign_in_limits"


@dataclass(frozen=True)
class KnownBrowser:
    """A browser by an id of its own, and the people who signed in with it, the last one first."""

    id: str
    people: tuple[str, ...]


@dataclass(frozen=True)
class Attempt:
    """A sign-in that is being tried: what it is counted by."""

    keys: tuple[tuple[Limit, str], ...]

    def is_allowed(self) -> bool:
        """Count the attempt; return True unless a limit is exceeded.

        It counts before the password is checked: of many at once none slips through.
        """
        usages = [limit.count(key) for limit, key in self.keys]
        return not any(usage.is_exceeded for usage in usages)

    def take_back(self) -> None:
        """Count a sign-in that succeeded out again; the failures before it still count."""
        for limit, key in self.keys:
            limit.uncount(key)


def attempt_of(request: HttpRequest, login: str) -> Attempt:
    person = person_by_login(login)
    account = str(person.uuid) if person else login.casefold()
    browser = known_browser(request)
    if browser and account in browser.people:
        return Attempt(((BY_BROWSER, f"{browser.id} {account}"),))
    address = client_network(request)
    return Attempt(
        (
            (BY_ADDRESS, address),
            (BY_ACCOUNT_AND_ADDRESS, f"{account} {address}"),
            (BY_ACCOUNT, account),
        )
    )


def forget_failures(request: HttpRequest, person: Person) -> None:
    """Let a person sign in after a new password, whatever failed before."""
    BY_ACCOUNT.clear(str(person.uuid))
    BY_ACCOUNT_AND_ADDRESS.clear(f"{person.uuid} {client_network(request)}")


def known_browser(request: HttpRequest) -> KnownBrowser | None:
    try:
        identifier, *people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return KnownBrowser(str(identifier), tuple(people))


def remember_browser(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    """Let the browser tell next time that the person has signed in with it."""
    known = known_browser(request) or KnownBrowser(token_urlsafe(16), ())
    others = [uuid for uuid in known.people if uuid != str(person.uuid)]
    people = [str(person.uuid), *others][:MAX_KNOWN_PEOPLE]
    response.set_cookie(
        COOKIE,
        signing.dumps([known.id, *people], salt=SALT),
        max_age=COOKIE_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
