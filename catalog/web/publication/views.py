"""Pages of the steps in a product's life, each with what follows from it before it is taken."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from catalog.authorization.access import require_permission
from catalog.permissions import Permission
from catalog.products.models import DataProduct, Status
from catalog.products.projection import digest_of
from catalog.products.services import delete_product, move_product
from catalog.publication.services import (
    adopt_product,
    deprecate_product,
    owners_and_stewards,
    publication_findings,
    publish_product,
    retire_product,
)
from catalog.web.forms import VersionedForm
from catalog.web.products.checklist import hint_url
from catalog.web.products.editing import EditView
from catalog.web.products.forms import DeleteForm, MoveForm
from catalog.web.publication.forms import AdoptForm, DeprecateForm, EndingForm, PublishForm

MOST_OFFERED = 300


class Publish(EditView):
    """All that the gates find, each with a link to the field that mends it; then the act."""

    title = _("Check and publish")
    form_class = PublishForm
    template_name = "catalog/editing/publish.html"
    success_message = _("Published. Search finds it within a second or so.")

    def save_form(self, form: PublishForm) -> DataProduct:
        """Publish the present edition. Raises PublicationRefused."""
        require_permission(self.person, Permission.PUBLISH_PRODUCTS, self.product.domain)
        return publish_product(
            product=self.product,
            edition=form.cleaned_data["edition"],
            actor=self.person,
            reason=form.cleaned_data["reason"],
        )

    def get_success_url(self) -> str:
        """Go to the page that consumers see."""
        return self.product.path

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """List the findings as they are now, which a refusal has found as well."""
        product, findings = self.product, publication_findings(self.product)
        extra = {
            "findings": [
                {"finding": finding, "href": hint_url(product, finding)} for finding in findings
            ],
            "may_publish": self.reader.can(Permission.PUBLISH_PRODUCTS, product.domain_id),
            "owners": owners_and_stewards(product.domain)[0],
            "version_taken": self.version_is_taken(),
            "is_published": product.status == Status.PUBLISHED,
            "last": product.versions.first(),
        }
        return super().render(form, status, **extra, **context)

    def version_is_taken(self) -> bool:
        """Say whether the version number names other content already."""
        product = self.product
        frozen = product.versions.filter(version=product.version).first()
        digests = {f"{c.identifier}@{c.version}": c.digest for c in product.contracts.all()}
        return frozen is not None and (
            frozen.tree_digest != digest_of(product.tree) or frozen.contract_digests != digests
        )


class LifeStep(EditView):
    """A step that is explained, confirmed and taken; it starts only from some statuses."""

    permission_required = Permission.PUBLISH_PRODUCTS
    starts_from: ClassVar[tuple[Status, ...]] = ()
    elsewhere: ClassVar[Any] = _("This step does not start from where the product stands.")

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show the question, or lead back where the step does not start from this status."""
        if self.product.status not in self.starts_from:
            messages.warning(request, str(self.elsewhere))
            return redirect(self.url("product_edit"))
        return super().get(request, **kwargs)

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Name the products that use this one and that its owner may know of."""
        visible = DataProduct.objects.visible_to(self.reader)
        users = visible.filter(pk__in=self.product.feeds.values("product_id"))
        return super().render(form, status, users=users.select_related("domain"), **context)


class Ending(LifeStep):
    """What deprecating and retiring share: a successor and a reason."""

    form_class: ClassVar[type[VersionedForm]] = EndingForm

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        """Let the form look for the successor as this reader."""
        return super().get_form(data, product=self.product, reader=self.reader, **options)

    def get_initial(self) -> dict[str, Any]:
        """Return the successor and the end that are named already."""
        after = self.product.successor
        known = after and self.reader.can_read(after)
        address = f"{after.domain.slug}/{after.slug}" if after and known else ""
        return {"successor": address, "ends_on": self.product.ends_on}

    def get_success_url(self) -> str:
        """Go to the page that consumers see."""
        return self.product.path

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Offer addresses to complete what is typed."""
        visible = DataProduct.objects.visible_to(self.reader).live().exclude(pk=self.product.pk)
        offered = visible.select_related("domain").order_by("domain__slug", "slug")
        return super().render(form, status, offered=offered[:MOST_OFFERED], **context)


class Deprecate(Ending):
    """Say that the product will end."""

    title = _("Deprecate the product")
    starts_from = (Status.PUBLISHED, Status.DEPRECATED)
    elsewhere = _("Only a published product is deprecated.")
    form_class = DeprecateForm
    template_name = "catalog/editing/deprecate.html"
    success_message = _("Deprecated. Its page says so at once.")

    def save_form(self, form: DeprecateForm) -> DataProduct:
        """Deprecate it."""
        return deprecate_product(
            product=self.product,
            successor=form.cleaned_data["successor"],
            ends_on=form.cleaned_data["ends_on"],
            reason=form.cleaned_data["reason"],
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )


class Retire(Ending):
    """End the product for good."""

    title = _("Retire the product")
    starts_from = (Status.PUBLISHED, Status.DEPRECATED)
    elsewhere = _("Only what was published is retired; a draft is deleted.")
    template_name = "catalog/editing/retire.html"
    success_message = _("Retired. Its address now says what came after it.")

    def save_form(self, form: EndingForm) -> DataProduct:
        """Retire it."""
        return retire_product(
            product=self.product,
            successor=form.cleaned_data["successor"],
            reason=form.cleaned_data["reason"],
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )


class Delete(LifeStep):
    """Delete a draft, of which no consumer knows, or an entry from outside."""

    permission_required = Permission.DELETE_PRODUCTS
    title = _("Delete the draft")
    starts_from = (Status.DRAFT, Status.EXTERNAL)
    elsewhere = _("What was published is retired, never deleted.")
    form_class = DeleteForm
    template_name = "catalog/editing/delete.html"
    success_message = _("Deleted.")

    def save_form(self, form: DeleteForm) -> DataProduct:
        """Delete it; a tombstone tells the index."""
        delete_product(
            product=self.product,
            edition=form.cleaned_data["edition"],
            actor=self.person,
            reason=form.cleaned_data["reason"],
        )
        return self.product

    def get_success_url(self) -> str:
        """Go to the domain: the product has no page any more."""
        return f"/d/{self.product.domain.slug}"


class Move(LifeStep):
    """Give the product to another domain in which one may edit."""

    title = _("Move to another domain")
    starts_from = tuple(Status)
    form_class = MoveForm
    template_name = "catalog/editing/move.html"
    success_message = _("Moved. The old address leads here for ever.")

    def targets(self) -> list[int]:
        """Return the domains to which this person may move it."""
        held = self.reader.domains_with(Permission.EDIT_PRODUCTS)
        return [domain_id for domain_id in held if domain_id != self.product.domain_id]

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        """Offer only domains in which one may edit."""
        return super().get_form(data, domain_ids=self.targets(), **options)

    def save_form(self, form: MoveForm) -> DataProduct:
        """Move it."""
        return move_product(
            product=self.product,
            domain=form.cleaned_data["domain"],
            reason=form.cleaned_data["reason"],
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Say so where there is nowhere to go."""
        return super().render(form, status, has_targets=bool(self.targets()), **context)


class Adopt(LifeStep):
    """Bring an entry from outside under governance, as a draft."""

    permission_required = Permission.EDIT_PRODUCTS
    title = _("Bring it under governance")
    starts_from = (Status.EXTERNAL,)
    elsewhere = _("Only an entry from outside is adopted.")
    form_class = AdoptForm
    template_name = "catalog/editing/adopt.html"
    success_message = _("It is a draft now. Complete it, then publish.")

    def save_form(self, form: AdoptForm) -> DataProduct:
        """Adopt it."""
        return adopt_product(
            product=self.product,
            edition=form.cleaned_data["edition"],
            actor=self.person,
            reason=form.cleaned_data["reason"],
        )
