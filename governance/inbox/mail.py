"""The digest of an inbox as a mail: plain text and HTML, with one step to end it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import ngettext

from catalog.people.models import Person
from governance.inbox.items import InboxItem
from governance.inbox.models import Digest

MAX_ITEMS = 30
SALT = "governance.inbox.digest"


@dataclass(frozen=True)
class MailItem:
    item: InboxItem
    url: str


def digest_mail(digest: Digest, items: Sequence[InboxItem]) -> EmailMultiAlternatives:
    """Return the mail of a digest; a retry has the same id, so a receiver can drop it."""
    person, count = digest.person, len(items)
    unsubscribe_url = absolute_url(reverse("digest_end", args=[unsubscribe_token(person)]))
    context = {
        "person": person,
        "rows": [MailItem(item, absolute_url(item.path)) for item in items[:MAX_ITEMS]],
        "more": max(0, count - MAX_ITEMS),
        "count": count,
        "inbox_url": absolute_url(reverse("inbox")),
        "settings_url": absolute_url(reverse("inbox_settings")),
        "unsubscribe_url": unsubscribe_url,
        "frequency": digest.frequency,
    }
    text = render_to_string("governance/inbox/mail/digest.txt", context)
    subject = ngettext("%(n)s thing waits for you", "%(n)s things wait for you", count)
    host = urlsplit(settings.ASSAY_BASE_IRI).hostname or "localhost"
    mail = EmailMultiAlternatives(
        f"{settings.EMAIL_SUBJECT_PREFIX}{subject % {'n': count}}",
        text,
        to=[person.email],
        headers={
            "Message-ID": f"<digest.{person.uuid}.{digest.frequency}.{digest.period}@{host}>",
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(
        render_to_string("governance/inbox/mail/digest.html", context), "text/html"
    )
    return mail


def unsubscribe_token(person: Person) -> str:
    return signing.dumps(str(person.uuid), salt=SALT)


def person_of_token(token: str) -> Person | None:
    """Return whose digest a link of a mail ends; None for a link that we did not write."""
    try:
        uuid = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return Person.objects.filter(uuid=uuid).first()


def absolute_url(path: str) -> str:
    return urljoin(f"{settings.ASSAY_BASE_IRI.rstrip('/')}/", path)
