"""Pages on which people change one product: found, allowed, written by a service, shown again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import View

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for, require_permission
from catalog.exceptions import CatalogError, EditConflict, NotFound, PermissionDenied
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import PRODUCT, DataProduct, Status, Visibility
from catalog.products.services import replace_document, share_product
from catalog.publication.services import owners_and_stewards, publication_findings
from catalog.web.forms import MORE_ROWS, TableForm, VersionedForm
from catalog.web.products.checklist import LABELS, elsewhere, hint_url, steps_of
from catalog.web.products.forms import DescribeForm, ReadersForm, described_by
from catalog.web.products.lookup import ProductMoved, find_product, reload_visible, retired_response

Text = str | Promise


class ProductView(View):
    """A page of one product for those who may change it; what one may not see is not there."""

    permission_required: ClassVar[Permission] = Permission.EDIT_PRODUCTS
    step: ClassVar[str] = ""
    title: ClassVar[Text] = ""
    template_name: ClassVar[str] = "catalog/editing/sheet.html"
    product: DataProduct
    reader: AccessContext
    person: Person

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Load the product as the signed-in person. Raises PermissionDenied."""
        if not isinstance(request.user, Person):
            return redirect_to_login(request.get_full_path())
        self.person, self.reader = request.user, access_for(request.user)
        here = [kwargs.pop("domain"), kwargs.pop("product")]
        try:
            self.product = find_product(self.reader, *here)
        except ProductMoved as moved:
            if request.method == "POST":  # What was typed does not survive a redirect.
                self.product = moved.product
                return self._open(request, *args, **kwargs)
            return redirect(request.path.replace("/p/{}/{}".format(*here), moved.path, 1))
        return self._open(request, *args, **kwargs)

    def _open(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.product.status == Status.RETIRED:
            return retired_response(request, self.product, self.reader)
        if not self.reader.can(self.permission_required, self.product.domain_id):
            require_permission(request.user, self.permission_required, self.product.domain)
        return super().dispatch(request, *args, **kwargs)

    def page(self, status: int = 200, **context: Any) -> HttpResponse:
        """Render the page in the frame of the product's steps."""
        findings = publication_findings(self.product)
        steps = steps_of(self.product, findings)
        frame = {
            "product": self.product,
            "step": self.step,
            "title": self.title or LABELS.get(self.step, ""),
            "steps": steps,
            "here": [
                {"finding": item, "href": hint_url(self.product, item)}
                for step in steps
                if step.code == self.step
                for item in step.findings
            ],
            "blocking": sum(finding.is_error for finding in findings),
        }
        return render(self.request, self.template_name, frame | context, status=status)

    def url(self, name: str, *more: Any) -> str:
        """Return the address of a page of this product."""
        return reverse(name, args=[self.product.domain.slug, self.product.slug, *more])

    def refresh(self) -> None:
        """Load the product as it stands, after somebody else has written. Raises Http404."""
        self.product = reload_visible(self.reader, self.product)


class EditView(ProductView):
    """One step: a form that is shown, checked, written, or shown again with all that was typed."""

    form_class: ClassVar[type[VersionedForm]]
    success_message: ClassVar[Text] = _("Saved.")

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show what stands."""
        return self.render(self.get_form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Write what was sent, if it holds together and nobody was faster."""
        form = self.get_form(request.POST, files=request.FILES)
        if not form.is_valid():
            return self.render(form, status=422)
        try:
            self.product = self.save_form(form)
        except EditConflict as conflict:
            self.refresh()
            form.show_conflict(conflict, self.current())
            return self.render(form, status=409)
        except (PermissionDenied, NotFound):
            raise
        except CatalogError as refusal:
            self.refresh()
            form.add_issues(refusal)
            return self.render(form, status=422)
        messages.success(request, str(self.success_message))
        return redirect(self.get_success_url())

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        """Return the form with what is stored, or with what was submitted."""
        initial = self.get_initial() | {"edition": self.product.edition}
        return self.form_class(data, **({"initial": initial} | options))

    def get_initial(self) -> dict[str, Any]:
        """Return the values that are stored."""
        return {}

    def current(self) -> dict[str, Any]:
        """Return the values that a conflict compares with the submitted ones."""
        return self.get_initial()

    def save_form(self, form: Any) -> DataProduct:
        """Have a service write; return the product as it stands then. Raises a Refusal."""
        raise NotImplementedError

    def get_success_url(self) -> str:
        """Return where to go once it is written."""
        return self.url("product_edit")

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Show the form; beside a conflict, who was faster and what stands."""
        last = None
        if form.conflict:
            last = AuditEvent.objects.about(PRODUCT, str(self.product.uuid)).first()
        return self.page(status, form=form, last_edit=last, **context)


class TableView(EditView):
    """A step whose form has a table of rows, which grows without script."""

    form_class: ClassVar[type[TableForm]]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show more blank rows on request, with all that was typed; else save."""
        if "more" not in request.POST:
            return super().post(request, **kwargs)
        submitted: Any = self.get_form(request.POST)
        return self.render(self.get_form(initial=submitted.submitted(), extra=MORE_ROWS))


class TaskList(ProductView):
    """The steps of one product, and what keeps it from being published."""

    template_name = "catalog/editing/tasks.html"
    title = _("Complete the product")

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show the list."""
        product, findings = self.product, publication_findings(self.product)
        context: dict[str, Any] = {
            "others": [
                {"finding": item, "href": hint_url(product, item)} for item in elsewhere(findings)
            ],
            "may_publish": self.reader.can(Permission.PUBLISH_PRODUCTS, product.domain_id),
            "may_delete": self.reader.can(Permission.DELETE_PRODUCTS, product.domain_id),
            "owners": owners_and_stewards(product.domain)[0],
            "title": _("Complete the product")
            if product.status == Status.DRAFT
            else _("Edit the product"),
            "is_draft": product.status == Status.DRAFT,
            "is_external": product.status == Status.EXTERNAL,
            "is_live": product.status in (Status.PUBLISHED, Status.DEPRECATED),
        }
        return self.page(**context)


class TaskListJson(ProductView):
    """The same for a program."""

    def get(self, request: HttpRequest, **kwargs: Any) -> JsonResponse:
        """Return the steps with their findings."""
        findings = publication_findings(self.product)
        rows = [
            {
                "step": step.code,
                "standing": step.standing,
                "summary": str(step.summary),
                "href": step.href,
                "findings": [finding.code for finding in step.findings],
            }
            for step in steps_of(self.product, findings)
        ]
        blocking = sum(finding.is_error for finding in findings)
        return JsonResponse({"count": len(rows), "blocking": blocking, "results": rows})


class Describe(EditView):
    """What the product is and is for."""

    step = "describe"
    form_class = DescribeForm
    template_name = "catalog/editing/describe.html"

    def get_initial(self) -> dict[str, Any]:
        """Return what the tree says."""
        return described_by(self.product.tree) | {"slug": self.product.slug}

    def save_form(self, form: DescribeForm) -> DataProduct:
        """Put the description into the tree."""
        form.document = form.described(self.product.tree)
        edition = form.cleaned_data["edition"]
        return replace_document(
            product=self.product, tree=form.document, edition=edition, actor=self.person
        )


class Readers(EditView):
    """Who may read a restricted product besides its own domain."""

    step = "readers"
    form_class = ReadersForm
    template_name = "catalog/editing/readers.html"

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        """Offer every domain but the product's own."""
        return super().get_form(data, product=self.product, **options)

    def get_initial(self) -> dict[str, Any]:
        """Return the domains and teams that read it now."""
        keys = list(self.product.readers.values_list("group__domain", "group__team"))
        return {
            "domains": [domain for domain, _ in keys if domain],
            "teams": [team for _, team in keys if team],
        }

    def save_form(self, form: ReadersForm) -> DataProduct:
        """Replace the list."""
        return share_product(
            product=self.product,
            domains=list(form.cleaned_data["domains"]),
            teams=list(form.cleaned_data["teams"]),
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Say what a product that is not restricted has instead of a list."""
        may_share = self.reader.can(Permission.PUBLISH_PRODUCTS, self.product.domain_id)
        extra = {
            "is_restricted": self.product.visibility == Visibility.RESTRICTED,
            "may_share": may_share,
            "owners": owners_and_stewards(self.product.domain)[0],
        }
        return super().render(form, status, **extra, **context)
