"""Words of the inbox on a page, and its count in the header."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.people.models import Person
from governance.inbox.items import ItemKind
from governance.inbox.reading import inbox_count

KINDS: dict[ItemKind, Promise] = {
    ItemKind.ALERT: _("Alert"),
    ItemKind.OBJECTIVE: _("Objective"),
    ItemKind.CONTRACT: _("Contract"),
    ItemKind.INPUT: _("Input changes"),
    ItemKind.ENDING: _("Announced end"),
    ItemKind.CONTRADICTION: _("Contradiction"),
    ItemKind.PROVENANCE: _("Provenance"),
    ItemKind.PORT: _("Port"),
    ItemKind.TERM: _("Term"),
    ItemKind.TEAM: _("Team"),
    ItemKind.DRAFT: _("Draft"),
}
MAX_SHOWN = 99


def item_kind_label(kind: str) -> Promise:
    return KINDS[ItemKind(kind)]


def header_count(user: AbstractBaseUser | AnonymousUser) -> str:
    """Return the number that the header shows next to the inbox; "" for none."""
    count = inbox_count(user) if isinstance(user, Person) else 0
    return f"{MAX_SHOWN}+" if count > MAX_SHOWN else str(count or "")
