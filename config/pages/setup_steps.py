"""What an administrator does first in an empty installation, until a product is published."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.products.models import DataProduct, Status


@dataclass(frozen=True)
class SetupStep:
    label: str
    description: str
    url: str
    is_done: bool


def setup_steps(access: AccessContext) -> list[SetupStep]:
    """Return the steps for those who manage the mesh; none once a product was published."""
    if not access.manages_people or DataProduct.objects.exclude(status=Status.DRAFT).exists():
        return []
    domain = Domain.objects.filter(is_external=False).order_by("pk").first()
    people_url = reverse("domain_people", args=[domain.slug]) if domain else reverse("domain_new")
    roles = Membership.objects.active().filter(domain__isnull=False)
    owners = set(roles.filter(role=Role.OWNER).values_list("person_id", flat=True))
    stewards = set(roles.filter(role=Role.STEWARD).values_list("person_id", flat=True))
    draft = DataProduct.objects.select_related("domain").order_by("pk").first()
    return [
        SetupStep(
            _("Create the first domain"),
            _("A domain owns data products and answers for them."),
            reverse("domain_new"),
            is_done=domain is not None,
        ),
        SetupStep(
            _("Invite people"),
            _("Two more at least: an owner, and a steward who is somebody else."),
            reverse("person_invite"),
            is_done=Person.objects.filter(is_active=True).count() > 1,
        ),
        SetupStep(
            _("Name an owner and a steward"),
            _("Nothing can be published in a domain without both."),
            people_url,
            is_done=bool(owners and stewards - owners),
        ),
        SetupStep(
            _("Register the first product"),
            _("By a form, from a manifest (ODPS, ODCS), or over the API."),
            reverse("product_register"),
            is_done=draft is not None,
        ),
        SetupStep(
            _("Publish it"),
            _("Its page lists what is still missing."),
            draft.path if draft else reverse("product_register"),
            is_done=False,
        ),
    ]
