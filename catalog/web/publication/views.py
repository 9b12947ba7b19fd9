"""Pages that publish, deprecate, retire, delete, move and adopt a product."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.changes import Change
from catalog.products.models import DataProduct, Status
from catalog.products.projection import content_digest
from catalog.products.services import delete_product, discard_changes, move_product
from catalog.publication.contents import Consumer, consumers_of, notice_until
from catalog.publication.notices import give_notice
from catalog.publication.releases import ReleasePlan, plan_release
from catalog.publication.rules import BREAKING_CHANGE
from catalog.publication.services import (
    adopt_product,
    contract_digests_of,
    deprecate_product,
    owners_and_stewards,
    publish_product,
    retire_product,
)
from catalog.types import FormValues
from catalog.web.forms.versioned import VersionedForm
from catalog.web.products.checklist import LocatedIssue
from catalog.web.products.editing import EditPage, EditView, Text
from catalog.web.products.lookup import linked_products, other_products
from catalog.web.products.ports import PortRow, port_rows
from catalog.web.publication.forms import (
    AdoptForm,
    DeleteForm,
    DeprecateForm,
    DiscardForm,
    EndForm,
    MoveForm,
    NoticeForm,
    PublishForm,
    RetireForm,
)


@dataclass(frozen=True, kw_only=True)
class PublishPage(EditPage):
    """`consumers` are the products that the person can see and that may be affected."""

    can_publish: bool
    owners: list[Person]
    plan: ReleasePlan
    consumers: list[Consumer]
    is_version_taken: bool
    notice_until: date
    ports: list[PortRow]

    @property
    def is_unchanged(self) -> bool:
        """Return True if what is published is what is stored."""
        product = self.frame.product
        is_published = product.status == Status.PUBLISHED and not product.is_working_copy
        return is_published and not self.plan.release.changes

    @property
    def breaks(self) -> list[LocatedIssue]:
        return [row for row in self.frame.issues if row.issue.code == BREAKING_CHANGE]

    @property
    def other_issues(self) -> list[LocatedIssue]:
        return [row for row in self.frame.issues if row.issue.code != BREAKING_CHANGE]

    @property
    def blocking(self) -> int:
        """Return how many issues block that a reason cannot answer."""
        return self.frame.blocking - len(self.breaks)


class Publish(EditView):
    """The release: changes by class, version, consumers and issues; then publication."""

    title = _("Check and publish")
    form_class = PublishForm
    service = staticmethod(publish_product)
    template_name = "catalog/editing/publish.html"
    success_message = _("Published. Search finds it within a second or so.")

    @cached_property
    def plan(self) -> ReleasePlan:
        return plan_release(self.product)

    def refresh(self) -> None:
        """Load the product again, and what its release would be."""
        super().refresh()
        self.__dict__.pop("plan", None)

    def get_initial(self) -> FormValues:
        has_news = bool(self.plan.release.changes) or self.product.is_working_copy
        return {"version": self.plan.proposed_version if has_news else self.product.version}

    def get_success_url(self) -> str:
        return self.product.path

    def get_page(self, form: PublishForm) -> PublishPage:
        product, plan = self.product, self.plan
        return PublishPage(
            frame=self.frame(form),
            can_publish=self.access.can(Permission.PUBLISH_PRODUCTS, product.domain_id),
            owners=owners_and_stewards(product.domain)[0],
            plan=plan,
            consumers=consumers_of(product, self.access, contracts=plan.affected_contracts),
            is_version_taken=self.is_version_taken(),
            notice_until=notice_until(),
            ports=port_rows(product),
        )

    def is_version_taken(self) -> bool:
        """Return True if other content was published under the version number."""
        product = self.product
        frozen = product.published_row.versions.filter(version=product.version).first()
        content = content_digest(product.tree), contract_digests_of(product)
        return frozen is not None and (frozen.tree_digest, frozen.contract_digests) != content


class GiveNotice(EditView):
    """Keep the former major version of the ports that would break, for the notice period."""

    title = _("Keep the former version")
    form_class = NoticeForm
    service = staticmethod(give_notice)
    success_message = _("The former version is kept. Review the release, then publish it.")

    def get_success_url(self) -> str:
        return self.url("product_publish")


@dataclass(frozen=True, kw_only=True)
class TransitionPage(EditPage):
    """`users` are the products that are made from this one and that the person may know of.

    `candidates` may be named as the successor; `has_targets` is about domains to move to.
    """

    users: list[DataProduct]
    candidates: Sequence[DataProduct] = ()
    has_targets: bool = False

    @property
    def is_before_end(self) -> bool:
        """Return True if the day on which the product was announced to end has not come."""
        ends_on = self.frame.product.ends_on
        return ends_on is not None and timezone.localdate() < ends_on


class Transition(EditView):
    """A status transition that is explained and confirmed; only some statuses allow it."""

    permission_required = Permission.PUBLISH_PRODUCTS
    allowed_from: ClassVar[tuple[Status, ...]] = ()
    invalid_transition: ClassVar[Text] = _("Invalid status transition.")

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Show the form, or return to the checklist if the status does not allow the step."""
        if self.product.status not in self.allowed_from:
            messages.warning(request, str(self.invalid_transition))
            return redirect(self.url("product_edit"))
        return super().get(request, **kwargs)

    def get_page(self, form: Any) -> TransitionPage:
        users = linked_products(self.access).filter(
            pk__in=self.product.published_row.feeds.values("product_id")
        )
        return TransitionPage(frame=self.frame(form), users=list(users))


class Retire(Transition):
    """End the product for good."""

    title = _("Retire the product")
    allowed_from = (Status.PUBLISHED, Status.DEPRECATED)
    invalid_transition = _("Only a published product can be retired; delete a draft instead.")
    form_class: ClassVar[type[VersionedForm]] = RetireForm
    service = staticmethod(retire_product)
    template_name = "catalog/editing/retire.html"
    success_message = _("Retired. Its address now says so.")

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        return super().get_form(
            data, product=self.product.published_row, access=self.access, **options
        )

    def get_initial(self) -> FormValues:
        after = self.product.successor
        known = after and self.access.can_read(after)
        address = f"{after.domain.slug}/{after.slug}" if after and known else ""
        return {"successor": address, "ends_on": self.product.ends_on}

    def get_success_url(self) -> str:
        return self.product.path

    def get_page(self, form: EndForm) -> TransitionPage:
        candidates = other_products(self.access, than=self.product.published_row)
        return replace(super().get_page(form), candidates=candidates)


class Deprecate(Retire):
    """Announce that the product will end."""

    title = _("Deprecate the product")
    invalid_transition = _("Only a published product can be deprecated.")
    form_class = DeprecateForm
    service = staticmethod(deprecate_product)
    template_name = "catalog/editing/deprecate.html"
    success_message = _("Deprecated. Its page shows it now.")


class Delete(Transition):
    """Delete a draft or an external entry."""

    permission_required = Permission.DELETE_PRODUCTS
    title = _("Delete the draft")
    allowed_from = (Status.DRAFT, Status.EXTERNAL)
    invalid_transition = _("A published product can be retired, not deleted.")
    form_class = DeleteForm
    template_name = "catalog/editing/delete.html"
    success_message = _("Deleted.")

    def save_form(self, form: DeleteForm) -> DataProduct:
        delete_product(product=self.product, actor=self.person, **form.cleaned_data)
        return self.product

    def get_success_url(self) -> str:
        """Go to the domain: the product has no page any more."""
        return f"/d/{self.product.domain.slug}"


class Move(Transition):
    """Move the product to another domain that the person can edit."""

    title = _("Move to another domain")
    allowed_from = tuple(Status)
    form_class = MoveForm
    service = staticmethod(move_product)
    template_name = "catalog/editing/move.html"
    success_message = _("Moved. The old address redirects here.")

    def target_ids(self) -> list[int]:
        is_draft = self.product.status == Status.DRAFT
        right = Permission.EDIT_PRODUCTS if is_draft else Permission.PUBLISH_PRODUCTS
        domain_ids = self.access.domains_with(right)
        return [domain_id for domain_id in domain_ids if domain_id != self.product.domain_id]

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        return super().get_form(data, domain_ids=self.target_ids(), **options)

    def get_page(self, form: MoveForm) -> TransitionPage:
        return replace(super().get_page(form), has_targets=bool(self.target_ids()))


@dataclass(frozen=True, kw_only=True)
class DiscardPage(EditPage):
    changes: Sequence[Change]


class Discard(EditView):
    """Discard what is not published of a published product."""

    title = _("Discard unpublished changes")
    form_class = DiscardForm
    service = staticmethod(discard_changes)
    template_name = "catalog/editing/discard.html"
    success_message = _("Discarded. The product is as it was published.")

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        if not self.product.is_working_copy:
            messages.warning(request, str(_("There are no unpublished changes.")))
            return redirect(self.url("product_edit"))
        return super().get(request, **kwargs)

    def get_page(self, form: Any) -> DiscardPage:
        return DiscardPage(
            frame=self.frame(form), changes=plan_release(self.product).release.changes
        )


class Adopt(Transition):
    """Adopt an external entry into governance, as a draft."""

    permission_required = Permission.EDIT_PRODUCTS
    title = _("Adopt into governance")
    allowed_from = (Status.EXTERNAL,)
    invalid_transition = _("Only an external entry can be adopted.")
    form_class = AdoptForm
    service = staticmethod(adopt_product)
    template_name = "catalog/editing/adopt.html"
    success_message = _("Adopted as a draft. Complete it, then publish.")
