"""Owners as people name them: teams by name, and people by what they own or look after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from catalog.authorization.access import AccessContext
from catalog.authorization.models import Membership
from catalog.identifiers import normalize
from catalog.people.models import Team
from catalog.permissions import Role
from catalog.search.filters import Filter
from catalog.search.query_ast import And, Clause, Expression, FilterNode, Or, is_plain
from catalog.search.scripts import nfc
from catalog.search.spelling import normalize_name

MAX_NAME_WORDS = 5
_RESPONSIBLE = (Role.OWNER.value, Role.STEWARD.value)


@dataclass(frozen=True)
class Responsible:
    """A person, and the domains that they own or are a steward of, subdomains left out."""

    name: str
    username: str
    domains: tuple[str, ...]


def responsible_people(text: str, *, is_prefix: bool = False) -> list[Responsible]:
    """Return the people with a name of these words; of the last word perhaps only the beginning.

    Who is responsible for a domain is open to everybody, as the domain's page is. One statement.
    """
    words = normalize_name(text).split()
    if not words or len(words) > MAX_NAME_WORDS:
        return []
    # One word is enough to leave few rows; a condition for each word costs more than it saves.
    word = max(words, key=len)
    spelled = _names_contain(word)
    if not word.isascii():
        spelled |= _names_contain(word.title())  # SQLite knows upper case of ASCII letters only.
    rows = Membership.objects.active().filter(spelled, domain__isnull=False, role__in=_RESPONSIBLE)
    domains: dict[tuple[str, str], dict[str, None]] = {}
    columns = ("person__first_name", "person__last_name", "person__username", "domain__slug")
    for first, last, username, domain in rows.order_by("pk").values_list(*columns):
        name = f"{first} {last}".strip() or username
        if _has_words(f"{name} {username}", words, is_prefix=is_prefix):
            domains.setdefault((name, username), {})[domain] = None
    return [Responsible(*names, tuple(slugs)) for names, slugs in domains.items()]


def _names_contain(word: str) -> Q:
    return (
        Q(person__first_name__icontains=word)
        | Q(person__last_name__icontains=word)
        | Q(person__username__icontains=word)
    )


def _has_words(name: str, words: Sequence[str], *, is_prefix: bool) -> bool:
    own = normalize_name(name).split()
    *before, last = words
    ends = any(word.startswith(last) for word in own) if is_prefix else last in own
    return ends and set(before) <= set(own)


def named_teams(text: str, *, is_prefix: bool = False) -> list[Team]:
    """Return the teams with a name of these words; of the last word perhaps only the beginning."""
    words = normalize_name(text).split()
    if not words or len(words) > MAX_NAME_WORDS:
        return []
    return [
        team
        for team in Team.objects.order_by("name")
        if _has_words(f"{team.name} {team.slug}", words, is_prefix=is_prefix)
    ]


def resolve_owners(filters: Iterable[Filter], access: AccessContext) -> tuple[Filter, ...]:
    """Replace what people typed after `owner:` by slugs of teams, and by the domains of people.

    A slug stays as it is, so that a facet finds what it counts; `me` is the teams of the caller.
    """
    return tuple(_resolved(one, access) if one.field == "owner" else one for one in filters)


def _resolved(one: Filter, access: AccessContext) -> Filter:
    known = Q(slug__in=one.values)
    if "me" in one.values:
        known |= Q(pk__in=access.team_ids)
    slugs = dict.fromkeys(Team.objects.filter(known).order_by("pk").values_list("slug", flat=True))
    domains: dict[str, None] = {}
    for value in one.values:
        if value not in slugs and value != "me":
            slugs |= dict.fromkeys(team.slug for team in named_teams(value))
            people = responsible_people(value)
            domains |= dict.fromkeys(domain for person in people for domain in person.domains)
    unknown = () if slugs or domains else [value for value in one.values if value != "me"]
    alternatives = (Filter("domain", tuple(domains)),) if domains else ()
    return replace(one, values=(*slugs, *unknown), alternatives=alternatives)


def add_owned(query: Expression, text: str) -> tuple[Expression, tuple[str, ...]]:
    """Return the query with all that a person is responsible for, if it is the person's name.

    A first name alone is a word like others; a user name or a last name means the person.
    """
    words = normalize_name(nfc(text)).split()
    if not words or not is_plain(query):
        return query, ()
    people = [
        person
        for person in responsible_people(text)
        if len(words) > 1 or words[0] in (normalize(person.username), _last_word(person.name))
    ]
    if not people:
        return query, ()
    domains = dict.fromkeys(domain for person in people for domain in person.domains)
    owned = Clause(FilterNode(Filter("domain", tuple(domains))))
    names = tuple(dict.fromkeys(person.name for person in people))
    return (Clause(Or((Clause(And(query)), owned))),), names


def _last_word(name: str) -> str:
    return normalize_name(name).rpartition(" ")[2]
