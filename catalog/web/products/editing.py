"""Pages on which people change one product: found, permitted, saved by a service, shown again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import View

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for, require_permission
from catalog.exceptions import CatalogError, EditConflict, NotFound, PermissionDenied
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import PRODUCT, WORKING_COPY, DataProduct, Status
from catalog.products.services import edited_version
from catalog.publication.releases import count_unpublished
from catalog.publication.services import publication_findings
from catalog.types import FormValues
from catalog.web.components import layout
from catalog.web.forms.formsets import MORE_ROWS, TableForm
from catalog.web.forms.versioned import VersionedForm
from catalog.web.pages import render_page
from catalog.web.products.checklist import (
    LABELS,
    LocatedIssue,
    MissingPart,
    Step,
    missing_parts,
    next_step,
    steps_of,
)
from catalog.web.products.lookup import ProductMoved, find_product, reload_visible, retired_response

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class EditFrame:
    """What catalog/editing/page.html shows around an edit page, which has it as `frame`.

    `last_edit` is the event that an edit conflict is about.
    """

    product: DataProduct
    step: str
    title: Text
    steps: list[Step]
    issues: list[LocatedIssue]
    form: VersionedForm | None
    last_edit: AuditEvent | None
    unpublished: int

    def url(self, name: str, *args: object) -> str:
        return layout.url(name, self.product.domain.slug, self.product.slug, *args)

    @property
    def step_issues(self) -> Sequence[LocatedIssue]:
        own = (step for step in self.steps if step.definition.code == self.step)
        return next((step.issues for step in own), ())

    @property
    def is_draft(self) -> bool:
        return self.product.status == Status.DRAFT and not self.product.is_working_copy

    @property
    def missing(self) -> list[MissingPart]:
        """Return what blocks publishing, each with a link; several of one step together."""
        return missing_parts(self.steps, self.issues)

    @property
    def blocking(self) -> int:
        """Return how many issues keep the product from being published."""
        return sum(row.issue.is_error for row in self.issues)


@dataclass(frozen=True, kw_only=True)
class EditPage:
    """An edit page that shows its form and nothing else."""

    frame: EditFrame


class ProductView(View):
    """A page of one product for those who may change it; what they may not see is not found.

    `product` is the edited version: of a published product its working copy, if it has one.
    """

    permission_required: ClassVar[Permission] = Permission.EDIT_PRODUCTS
    step: ClassVar[str] = ""
    title: ClassVar[Text] = ""
    template_name: ClassVar[str] = "catalog/editing/form.html"
    product: DataProduct
    access: AccessContext
    person: Person

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Load the product as the signed-in person. Raises Http404, PermissionDenied."""
        if not isinstance(request.user, Person):
            return redirect_to_login(request.get_full_path())
        self.person, self.access = request.user, access_for(request.user)
        address = str(kwargs.pop("domain")), str(kwargs.pop("product"))
        try:
            self.product = find_product(self.access, *address)
        except ProductMoved as moved:
            if request.method != "POST":  # What was typed does not survive a redirect.
                return redirect(request.path.replace("/p/{}/{}".format(*address), moved.path, 1))
            self.product = moved.product
        if self.product.status == Status.RETIRED:
            return retired_response(request, self.product, self.access)
        if not self.access.can(self.permission_required, self.product.domain_id):
            require_permission(request.user, self.permission_required, self.product.domain)
        self.product = edited_version(self.product)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self) -> Text:
        return self.title or LABELS.get(self.step, "")

    def frame(self, form: VersionedForm | None = None) -> EditFrame:
        product = self.product
        issues = [LocatedIssue(product, issue) for issue in publication_findings(product)]
        last_edit = None
        if form and form.conflict:
            events = AuditEvent.objects.filter(object_id=str(product.uuid)).order_by("-id")
            last_edit = events.filter(object_kind__in=[PRODUCT, WORKING_COPY]).first()
        return EditFrame(
            product=product,
            step=self.step,
            title=self.get_title(),
            steps=steps_of(product, issues),
            issues=issues,
            form=form,
            last_edit=last_edit,
            unpublished=count_unpublished(product),
        )

    def url(self, name: str, *args: object) -> str:
        return reverse(name, args=[self.product.domain.slug, self.product.slug, *args])

    def refresh(self) -> None:
        """Load the product again, after someone else may have written. Raises Http404."""
        self.product = edited_version(reload_visible(self.access, self.product.published_row))


class EditView(ProductView):
    """A page with a form: shown, checked, saved, or shown again with all that was typed.

    `service` saves the form: its arguments are `product`, `actor` and the fields of the form.
    """

    form_class: ClassVar[type[VersionedForm]]
    # The form shows what is stored, so a page that is saved as it was opened saves nothing.
    shows_stored: ClassVar[bool] = False
    service: ClassVar[Callable[..., DataProduct]]
    success_message: ClassVar[Text] = _("Saved.")

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        return self.render(self.get_form())

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Save what was submitted, unless it is invalid or someone else was faster."""
        form = self.get_form(request.POST, files=request.FILES)
        if self.shows_stored and not form.has_edits():
            if "continue" not in request.POST:
                messages.info(request, _("Nothing was changed."))
            return redirect(self.get_destination())
        if not form.is_valid():
            return self.render(form, status=422)
        try:
            self.product = self.save_form(form)
        except EditConflict as conflict:
            self.refresh()
            form.show_conflict(conflict, self.current())
            return self.render(form, status=409)
        except (PermissionDenied, NotFound) as error:
            if form.field_for(error.location)[1] is None:
                raise
            form.add_issues(error)
            return self.render(form, status=403)
        except CatalogError as error:
            self.refresh()
            form.add_issues(error)
            return self.render(form, status=422)
        messages.success(request, str(self.success_message))
        return redirect(self.get_destination())

    def get_destination(self) -> str:
        """Return where to go after saving: to the next step if people want to continue."""
        return self.next_url() if "continue" in self.request.POST else self.get_success_url()

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        """Return the form with what is stored, or with what was submitted."""
        initial = self.get_initial() | {"edition": self.product.edition}
        return self.form_class(data, **({"initial": initial} | options))

    def get_initial(self) -> FormValues:
        return {}

    def current(self) -> FormValues:
        """Return the values that a conflict compares with the submitted ones."""
        return self.get_initial()

    def save_form(self, form: Any) -> DataProduct:
        """Return the saved product. Raises CatalogError."""
        return self.service(product=self.product, actor=self.person, **form.cleaned_data)

    def get_success_url(self) -> str:
        return self.url("product_edit")

    def next_url(self) -> str:
        """Return the next step of a draft that is not done, else the page to publish it."""
        step = next_step(self.frame().steps, self.step)
        return step.url if step else self.url("product_publish")

    def get_page(self, form: Any) -> EditPage:
        return EditPage(frame=self.frame(form))

    def render(self, form: VersionedForm, status: int = 200) -> HttpResponse:
        return render_page(self.request, self.template_name, self.get_page(form), status=status)


class TableView(EditView):
    """An edit page whose form has a table of rows, which grows without script."""

    form_class: ClassVar[type[TableForm]]

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Show more blank rows on request, with all that was typed; else save."""
        if "more" not in request.POST:
            return super().post(request, **kwargs)
        submitted: Any = self.get_form(request.POST)
        return self.render(self.get_form(initial=submitted.submitted(), extra=MORE_ROWS))
