"""The checklist of a product, and its steps that are about the product itself."""

from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import DataProduct, Status, Visibility
from catalog.products.projection import slug_from
from catalog.products.reuse import LICENSES, MAILTO, reuse_of, with_reuse
from catalog.products.services import replace_document, share_product
from catalog.publication.services import owners_and_stewards
from catalog.types import FormValues
from catalog.web.pages import render_page
from catalog.web.products.checklist import LocatedIssue, issues_elsewhere
from catalog.web.products.editing import EditPage, EditView, ProductView, Text
from catalog.web.products.forms import DescribeForm, ReadersForm, ReuseForm, described_by
from catalog.web.products.layout import citation_for


@dataclass(frozen=True, kw_only=True)
class ChecklistPage(EditPage):
    can_publish: bool
    can_delete: bool
    owners: list[Person]
    other_issues: list[LocatedIssue]

    @property
    def is_draft(self) -> bool:
        return self.frame.product.status == Status.DRAFT

    @property
    def is_external(self) -> bool:
        return self.frame.product.status == Status.EXTERNAL

    @property
    def is_live(self) -> bool:
        return self.frame.product.is_released


class Checklist(ProductView):
    """The steps of one product, and what keeps it from being published."""

    template_name = "catalog/editing/checklist.html"

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        product, frame = self.product, self.frame()
        page = ChecklistPage(
            frame=frame,
            other_issues=issues_elsewhere(frame.issues),
            can_publish=self.access.can(Permission.PUBLISH_PRODUCTS, product.domain_id),
            can_delete=self.access.can(Permission.DELETE_PRODUCTS, product.domain_id),
            owners=owners_and_stewards(product.domain)[0],
        )
        return render_page(request, self.template_name, page)

    def get_title(self) -> Text:
        is_draft = self.product.status == Status.DRAFT
        return _("Complete the product") if is_draft else _("Edit the product")


class Describe(EditView):
    """What the product is and what it is for."""

    step = "describe"
    form_class = DescribeForm
    shows_stored = True
    template_name = "catalog/editing/describe.html"

    def get_initial(self) -> FormValues:
        described = described_by(self.product.tree) | {"slug": slug_from(self.product.tree)}
        # A document may leave its version out; the product has one all the same.
        return described | {"version": described["version"] or self.product.version}

    def save_form(self, form: DescribeForm) -> DataProduct:
        form.document = form.described(self.product.tree)
        edition = form.cleaned_data["edition"]
        return replace_document(
            product=self.product, tree=form.document, edition=edition, actor=self.person
        )


@dataclass(frozen=True, kw_only=True)
class ReusePage(EditPage):
    """`licenses` has the name of each known licence by its identifier."""

    licenses: dict[str, str]
    suggestion: str


class ReuseView(EditView):
    """Licence, citation and contact."""

    step = "reuse"
    form_class = ReuseForm
    shows_stored = True
    template_name = "catalog/editing/reuse.html"

    def get_initial(self) -> FormValues:
        reuse = asdict(reuse_of(self.product.tree))
        return reuse | {"contact_url": reuse["contact_url"].removeprefix(MAILTO)}

    def save_form(self, form: ReuseForm) -> DataProduct:
        changed = {name: form.cleaned_data[name] for name in form.edited() - {"edition"}}
        form.document = with_reuse(self.product.tree, changed)
        edition = form.cleaned_data["edition"]
        return replace_document(
            product=self.product, tree=form.document, edition=edition, actor=self.person
        )

    def get_page(self, form: ReuseForm) -> ReusePage:
        citation = citation_for(self.product)
        return ReusePage(frame=self.frame(form), licenses=LICENSES, suggestion=citation)


@dataclass(frozen=True, kw_only=True)
class ReadersPage(EditPage):
    is_restricted: bool
    can_share: bool
    owners: list[Person]


class Readers(EditView):
    """Who may read a restricted product in addition to its own domain."""

    step = "readers"
    form_class = ReadersForm
    shows_stored = True
    service = staticmethod(share_product)
    template_name = "catalog/editing/readers.html"

    def get_form(self, data: Any = None, **options: Any) -> Any:
        return super().get_form(data, product=self.product.published_row, **options)

    def get_initial(self) -> FormValues:
        readers = self.product.published_row.readers
        keys = list(readers.values_list("group__domain", "group__team"))
        return {
            "domains": [domain for domain, _team in keys if domain],
            "teams": [team for _domain, team in keys if team],
        }

    def get_page(self, form: ReadersForm) -> ReadersPage:
        return ReadersPage(
            frame=self.frame(form),
            is_restricted=self.product.visibility == Visibility.RESTRICTED,
            can_share=self.access.can(Permission.PUBLISH_PRODUCTS, self.product.domain_id),
            owners=owners_and_stewards(self.product.domain)[0],
        )
