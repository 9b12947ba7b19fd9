"""What people do for the products of their domains, apart from alerts."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.authorization.access import AccessContext
from catalog.contracts.models import Server
from catalog.contracts.projection import readable_types
from catalog.identifiers import version_path
from catalog.permissions import Permission
from catalog.ports.models import CONFIRMED, OutputPort
from catalog.products.models import ContractState, DataProduct, Status, Verdict
from catalog.provenance.contradiction_tasks import contradiction_tasks
from catalog.provenance.models import ProvenanceAnswer
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.consumer_tasks import ConsumerTask, consumer_tasks
from governance.alerts.kinds import Severity
from governance.alerts.models import Alert
from governance.inbox.items import MAX_OF_A_KIND, URGENT_WITHIN, InboxItem, ItemKind, end_of
from governance.inspection.alert_kinds import CONTRACT_BROKEN
from governance.slo.alert_kinds import BREACH
from governance.slo.models import Breach

LIVE = (Status.PUBLISHED, Status.DEPRECATED)
# A confirmed port counts as live for this long.
CONFIRMATION_LASTS = timedelta(hours=24)


def product_items(access: AccessContext, now: datetime) -> Iterator[InboxItem]:
    """Yield what is to do in the products of the domains that a reader edits or stewards."""
    if edited := access.domains_with(Permission.EDIT_PRODUCTS):
        yield from _breached(edited)
        yield from _broken_contracts(edited, now)
        yield from _inputs(access, edited, now)
        yield from _ended(edited, now)
        yield from _contradictions(edited)
        yield from _unknown_answers(edited, now)
        yield from _drafts(edited)
    if stewarded := access.domains_with(Permission.STEWARD_PRODUCTS):
        yield from _unconfirmed_ports(stewarded, now)


def _own(domains: Collection[int]) -> QuerySet[DataProduct]:
    return DataProduct.objects.in_domains(domains).select_related("domain").defer("tree")


def _breached(domains: Collection[int]) -> Iterator[InboxItem]:
    """Yield missed objectives of products that have no open alert of one."""
    alerts = Alert.objects.open().filter(product=OuterRef("product"), kind=BREACH.key)
    breaches = Breach.objects.open().filter(
        ~Exists(alerts),
        product__domain__in=domains,
        product__status__in=LIVE,
        product__slo_verdict=Verdict.BREACHED,
    )
    rows = breaches.select_related("product__domain").defer("product__tree")
    for breach in rows.order_by("-opened_at", "pk")[:MAX_OF_A_KIND]:
        product = breach.product
        assert product is not None
        yield InboxItem(
            kind=ItemKind.OBJECTIVE,
            key=f"objective:{breach.pk}",
            title=product.name,
            text=_("An objective is breached: {objective}.").format(objective=breach.description),
            path=f"{product.path}/slo",
            severity=Severity.CRITICAL,
            since=breach.opened_at,
            product=product,
        )


def _broken_contracts(domains: Collection[int], now: datetime) -> Iterator[InboxItem]:
    """Yield broken contracts of products that have no open alert of one."""
    alerts = Alert.objects.open().filter(product=OuterRef("pk"), kind=CONTRACT_BROKEN.key)
    broken = _own(domains).filter(
        ~Exists(alerts), contract_state=ContractState.BROKEN, status__in=LIVE
    )
    for product in broken.order_by("name", "pk")[:MAX_OF_A_KIND]:
        yield InboxItem(
            kind=ItemKind.CONTRACT,
            key=f"contract:{product.uuid}",
            title=product.name,
            text=_("Its source no longer serves what the contract says."),
            path=f"{product.path}/source",
            severity=Severity.CRITICAL,
            since=product.contract_observed_at or now,
            product=product,
        )


def _inputs(access: AccessContext, domains: Collection[int], now: datetime) -> Iterator[InboxItem]:
    for task in consumer_tasks(access, domains, limit=MAX_OF_A_KIND):
        what = task.version.pk if task.version else f"port:{task.port and task.port.pk}"
        due_at = end_of(task.port.ends_on) if task.port and task.port.ends_on else None
        is_urgent = due_at is None or due_at - now <= URGENT_WITHIN
        yield InboxItem(
            kind=ItemKind.INPUT,
            key=f"input:{task.product.uuid}:{task.source.uuid}:{what}",
            title=task.product.name,
            text=_what_changes(task),
            path=version_path(task.source.path, task.version.version)
            if task.version
            else f"{task.product.path}/edit/inputs",
            severity=Severity.CRITICAL if is_urgent else Severity.WARNING,
            since=task.version.published_at if task.version else task.source.updated_at,
            due_at=due_at,
            product=task.product,
        )


def _what_changes(task: ConsumerTask) -> str:
    if task.version:
        text = _("{source} {version} broke at once: {reason}")
        return text.format(
            source=task.source.name,
            version=task.version.version,
            reason=task.version.break_reason[:200],
        )
    assert task.port is not None
    assert task.port.ends_on is not None
    text = _("{source}: port {port} ends on {day}.").format(
        source=task.source.name,
        port=_port_name(task.port),
        day=formats.date_format(task.port.ends_on, "j M Y"),
    )
    if task.successor:
        text = f"{text} {_('Read {port} instead.').format(port=_port_name(task.successor))}"
    return text


def _port_name(port: OutputPort) -> str:
    return f"{port.name} {port.version}"


def _ended(domains: Collection[int], now: datetime) -> Iterator[InboxItem]:
    """Yield deprecated products whose announced end has come."""
    ended = _own(domains).filter(status=Status.DEPRECATED, ends_on__lte=now.date())
    for product in ended.order_by("ends_on", "pk")[:MAX_OF_A_KIND]:
        assert product.ends_on is not None
        yield InboxItem(
            kind=ItemKind.ENDING,
            key=f"ending:{product.uuid}",
            title=product.name,
            text=_("Its announced end has come: retire it, or announce a later day."),
            path=f"{product.path}/edit/retire",
            severity=Severity.WARNING,
            since=end_of(product.ends_on),
            due_at=end_of(product.ends_on),
            product=product,
        )


def _contradictions(domains: Collection[int]) -> Iterator[InboxItem]:
    for task in contradiction_tasks(domains, limit=MAX_OF_A_KIND):
        first, more = task.first, len(task.contradictions) - 1
        text = _("A measurement contradicts {what}").format(what=first.sentence)
        if more:
            text = f"{text} {ngettext('And %(n)s more.', 'And %(n)s more.', more) % {'n': more}}"
        yield InboxItem(
            kind=ItemKind.CONTRADICTION,
            key=f"contradiction:{task.product.uuid}",
            title=task.product.name,
            text=text,
            path=f"{task.product.path}/edit/provenance#id_rows-{first.position}-share",
            severity=Severity.WARNING,
            since=first.measured.measured_at,
            product=task.product,
        )


def _unknown_answers(domains: Collection[int], now: datetime) -> Iterator[InboxItem]:
    """Yield published products whose required answers are unknown for longer than they may be."""
    allowed = timedelta(days=settings.ASSAY_ANSWER_DAYS)
    unknown = Q(
        provenance__answers__state=ProvenanceAnswer.State.UNKNOWN,
        provenance__answers__question__in=CURRENT_SET.required_codes,
    )
    overdue = _own(domains).filter(status=Status.PUBLISHED, published_at__lte=now - allowed)
    counted = overdue.annotate(unknown=Count("provenance__answers", filter=unknown))
    for product in counted.filter(unknown__gt=0).order_by("published_at", "pk")[:MAX_OF_A_KIND]:
        assert product.published_at is not None
        text = ngettext(
            "%(n)s required provenance answer is still unknown, %(days)s days after publication.",
            "%(n)s required provenance answers are still unknown, %(days)s days after publication.",
            product.unknown,
        )
        yield InboxItem(
            kind=ItemKind.PROVENANCE,
            key=f"provenance:{product.uuid}",
            title=product.name,
            text=text % {"n": product.unknown, "days": (now - product.published_at).days},
            path=f"{product.path}/edit/provenance",
            severity=Severity.WARNING,
            since=product.published_at + allowed,
            due_at=product.published_at + allowed,
            product=product,
        )


def _unconfirmed_ports(domains: Collection[int], now: datetime) -> Iterator[InboxItem]:
    """Yield ports of drafts that Assay cannot check, so that a steward must confirm them."""
    servers = Server.objects.filter(contract__port_contracts__port=OuterRef("pk"))
    checked = servers.filter(Q(is_probed=True) | Q(type__in=readable_types()))
    ports = OutputPort.objects.filter(
        Exists(servers),
        ~Exists(checked),
        product__status=Status.DRAFT,
        product__working_copy_of__isnull=True,
        product__domain__in=domains,
    )
    is_confirmed = Q(last_outcome=CONFIRMED, last_good_at__gt=now - CONFIRMATION_LASTS)
    rows = ports.exclude(is_confirmed).select_related("product__domain").defer("product__tree")
    for port in rows.order_by("product__name", "position", "pk")[:MAX_OF_A_KIND]:
        product = port.product
        route = [product.domain.slug, product.slug, port.pk]
        yield InboxItem(
            kind=ItemKind.PORT,
            key=f"port:{port.pk}",
            title=product.name,
            text=_("Assay cannot check the port {port}: confirm that it works.").format(
                port=_port_name(port)
            ),
            path=reverse("product_port_confirm", args=route),
            severity=Severity.INFO,
            since=product.updated_at,
            product=product,
        )


def _drafts(domains: Collection[int]) -> Iterator[InboxItem]:
    """Yield drafts, the last edited first, with what keeps most of them from publication."""
    answered = Q(provenance__answers__question__in=CURRENT_SET.required_codes)
    drafts = _own(domains).filter(status=Status.DRAFT)
    counted = drafts.annotate(
        answers=Count("provenance__answers", filter=answered),
        has_port=Exists(OutputPort.objects.filter(product=OuterRef("pk"))),
    )
    for product in counted.order_by("-updated_at", "pk")[:MAX_OF_A_KIND]:
        yield InboxItem(
            kind=ItemKind.DRAFT,
            key=f"draft:{product.uuid}",
            title=product.name,
            text=_what_is_open(
                product,
                has_port=product.has_port,
                questions=len(CURRENT_SET.required_codes) - product.answers,
            ),
            path=f"{product.path}/edit",
            severity=Severity.INFO,
            since=product.updated_at,
            product=product,
        )


def _what_is_open(product: DataProduct, *, has_port: bool, questions: int) -> str:
    text = ngettext("%(n)s required answer", "%(n)s required answers", questions)
    missing = [
        *([] if product.purpose else [_("purpose")]),
        *([] if has_port else [_("output port")]),
        *([text % {"n": questions}] if questions > 0 else []),
    ]
    if missing:
        return _("A draft; it still needs: {missing}.").format(missing=", ".join(missing))
    return _("A draft with all required answers: check and publish it.")
