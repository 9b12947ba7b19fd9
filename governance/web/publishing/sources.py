"""The first step of a product: choose its source, try it, and register the product as a draft."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from catalog.audit.actors import SystemActor
from catalog.authorization.access import AccessContext, access_for
from catalog.contracts.models import Server
from catalog.contracts.services import register_served_product, upload_data
from catalog.domains.folders import folders_of
from catalog.domains.models import Domain
from catalog.exceptions import CatalogError, InvalidTransition, NotFound, PermissionDenied
from catalog.people.models import Person
from catalog.ports.files import FileEntry, list_files
from catalog.ports.http_client import fetch
from catalog.ports.http_types import FetchFailed, Request
from catalog.ports.uploads import HOSTED
from catalog.products.models import DataProduct
from catalog.products.services import delete_product, register_product
from catalog.types import FormValues
from catalog.web.pages import render_form, render_page
from catalog.web.products.editing import Text
from catalog.web.products.registration import editable_domain_ids
from governance.inspection.services import try_server
from governance.sandbox.types import SourceUnreadable, unreadable_message
from governance.tasks import hint_new_source
from governance.web.publishing.forms import (
    FORMATS,
    DatabaseForm,
    EndpointForm,
    FileForm,
    ObjectStorageForm,
    SourceForm,
    UploadForm,
)

TEST_SECONDS, TEST_BYTES = 10.0, 2048
PUBLISHING = SystemActor("publishing")
MAX_FILES, MAX_NAMED_TABLES = 200, 10


@dataclass(frozen=True)
class TrialResult:
    """How a test of a source ended; `body` is the beginning of what came, as text."""

    is_good: bool
    summary: str
    note: str = ""
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class SourcePage:
    form: Any
    trial: TrialResult | None = None


class SourceView(View):
    """A source as a form: tested as often as people want, then registered with its product."""

    form_class: ClassVar[type[SourceForm]]
    template_name: ClassVar[str]
    success_message: ClassVar[Text] = gettext_lazy("Saved as a draft. Only its domain sees it.")
    person: Person
    access: AccessContext
    domain_ids: list[int]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Admit people who can register a product in some domain."""
        if not isinstance(request.user, Person):
            return redirect_to_login(request.get_full_path())
        self.person = request.user
        self.access = access_for(request.user)
        self.domain_ids = editable_domain_ids(self.access)
        if not self.domain_ids:
            return redirect("product_register")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        slug = request.GET.get("domain", "")
        domain = Domain.objects.filter(slug=slug, pk__in=self.domain_ids).first()
        form = self.get_form(initial={"domain": domain} if domain else {})
        return render_page(request, self.template_name, self.get_page(form))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.get_form(request.POST, files=request.FILES)
        if "test" in request.POST:
            return self.show_trial(form)
        if form.is_valid():
            try:
                product = self.register(form)
            except (PermissionDenied, NotFound):
                raise
            except CatalogError as error:
                form.add_issues(error)
            else:
                hint_new_source()
                messages.success(request, str(self.success_message))
                return redirect("product_read_source", product.domain.slug, product.slug)
        return render_form(request, self.template_name, self.get_page(form))

    def register(self, form: Any) -> DataProduct:
        """Return the new draft with its port. Raises CatalogError."""
        return register_served_product(
            domain=form.owner,
            tree=form.tree(),
            port_name=form.port_name(),
            server=form.server(),
            actor=self.person,
        )

    def show_trial(self, form: SourceForm) -> HttpResponse:
        """Show how the source answers; a name for the product is not needed yet."""
        is_name_required = form.fields["name"].required
        form.fields["name"].required = False
        is_valid = form.is_valid()
        form.fields["name"].required = is_name_required
        if not is_valid:
            return render_form(self.request, self.template_name, self.get_page(form))
        page = self.get_page(form, self.try_source(form))
        return render_page(self.request, self.template_name, page)

    def get_form(self, data: Any = None, **options: Any) -> SourceForm:
        return self.form_class(data, domain_ids=self.domain_ids, **options)

    def get_page(self, form: SourceForm, trial: TrialResult | None = None) -> SourcePage:
        return SourcePage(form=form, trial=trial)

    def try_source(self, form: SourceForm) -> TrialResult:
        raise NotImplementedError


class FileUpload(SourceView):
    """A file from the person's computer, which Assay keeps and serves."""

    form_class = UploadForm
    template_name = "governance/publishing/upload.html"

    def register(self, form: UploadForm) -> DataProduct:
        """Register the product, then take its file; without the file there is no draft either.

        The file is copied and checked outside any transaction, so that nobody waits for a lock.
        """
        product = register_product(domain=form.owner, tree=form.tree(), actor=self.person)
        name = form.port_name()
        try:
            return upload_data(
                product=product, name=name, upload=form.upload(), replaces="", actor=self.person
            ).product
        except CatalogError:
            delete_product(product=product, edition=product.edition, actor=PUBLISHING)
            raise


class Endpoint(SourceView):
    """An HTTP endpoint; its test shows status, time and the first bytes."""

    form_class = EndpointForm
    template_name = "governance/publishing/endpoint.html"

    def try_source(self, form: SourceForm) -> TrialResult:
        request = Request(
            url=form.cleaned_data["url"],
            deadline=TEST_SECONDS,
            max_bytes=TEST_BYTES,
            allow_truncation=True,
        )
        try:
            response = fetch(request)
        except FetchFailed as failure:
            return TrialResult(False, _("No answer: %(why)s.") % {"why": failure.message})
        milliseconds = round(response.phases.total * 1000)
        summary = _("Status %(status)s after %(ms)s ms") % {
            "status": response.status,
            "ms": f"{milliseconds:,}",
        }
        media_type = response.headers.get("content-type", "")[:100] or _("no content type")
        is_good = 200 <= response.status < 300
        note = media_type
        if not is_good:
            note = _("Only a status from 200 to 299 counts as available.") + f" {media_type}"
        return TrialResult(is_good, summary, note, as_text(response.body))


class ReadableSource(SourceView):
    """A source whose test reads its tables."""

    def try_source(self, form: SourceForm) -> TrialResult:
        started = time.monotonic()
        try:
            tables = try_server(domain=form.owner, server=form.server(), actor=self.person)
        except SourceUnreadable as error:
            return TrialResult(False, unreadable_message(error.code, error.detail))
        except InvalidTransition as error:
            return TrialResult(False, error.message, error.hint)
        count = ngettext("Connected: %(n)s table", "Connected: %(n)s tables", len(tables))
        summary = count % {"n": len(tables)}
        summary += _(", read in %(s)s s") % {"s": f"{time.monotonic() - started:.1f}"}
        names = [table.name for table in tables]
        more = len(names) - MAX_NAMED_TABLES
        listed = ", ".join(names[:MAX_NAMED_TABLES])
        return TrialResult(True, summary, listed + (f", … (+{more})" if more > 0 else ""))


class Database(ReadableSource):
    """A database; its test signs in and reads the names of its tables."""

    form_class = DatabaseForm
    template_name = "governance/publishing/database.html"


class ObjectStorage(ReadableSource):
    """Objects of a bucket on an S3 server."""

    form_class = ObjectStorageForm
    template_name = "governance/publishing/object_storage.html"


@dataclass(frozen=True)
class FolderFiles:
    """The folders of one domain and the files in them."""

    domain: Domain
    folders: list[str]
    rows: list[FileEntry]
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class FilesPage(SourcePage):
    """`served_by` has the name of a product that serves a file already, by its path."""

    root: str = ""
    served_by: dict[str, str] = field(default_factory=dict)
    formats: list[str] = field(default_factory=lambda: sorted(FORMATS))
    folders: list[FolderFiles] = field(default_factory=list)

    @property
    def choices(self) -> FormValues:
        """Return the radio button of each file, by its path."""
        return {str(button.data["value"]): button for button in self.form["file"].subwidgets}


class File(SourceView):
    """A file that lies in the folder of one of the person's domains."""

    form_class = FileForm
    template_name = "governance/publishing/file.html"

    def get_form(self, data: Any = None, **options: Any) -> SourceForm:
        domains = Domain.objects.in_bulk(self.domain_ids)
        chosen = options.get("initial", {}).get("domain")
        root = Path(settings.ASSAY_FILES_ROOT)
        self.folders: list[FolderFiles] = []
        self.owners: dict[str, Domain] = {}
        for pk, names in folders_of(self.domain_ids).items():
            if chosen and chosen.pk != pk:
                continue
            rows: list[FileEntry] = []
            is_cut = False
            for name in sorted(names):
                files, is_longer = list_files(name, root=root, suffixes=FORMATS, limit=MAX_FILES)
                # What was uploaded belongs to the product that it was uploaded for.
                rows += [row for row in files if f"/{HOSTED}/" not in row.path]
                is_cut |= is_longer
                self.owners.setdefault(name, domains[pk])
            self.folders.append(FolderFiles(domains[pk], sorted(names), rows, is_cut))
        paths = [row.path for folder in self.folders for row in folder.rows]
        return FileForm(
            data, domain_ids=self.domain_ids, domains=self.owners, paths=paths, **options
        )

    def get_page(self, form: SourceForm, trial: TrialResult | None = None) -> SourcePage:
        paths = [row.path for folder in self.folders for row in folder.rows]
        visible = DataProduct.objects.visible_to(self.access)
        served = Server.objects.filter(type="local", location__in=paths)
        rows = served.filter(contract__product__in=visible).order_by("pk")
        return FilesPage(
            form=form,
            trial=trial,
            root=str(settings.ASSAY_FILES_ROOT),
            folders=self.folders,
            served_by=dict(rows.values_list("location", "contract__product__name")),
        )


def as_text(body: bytes) -> str:
    """Return bytes as text to show; what is no text is shown as dots."""
    text = body.decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "·" for sign in text)
