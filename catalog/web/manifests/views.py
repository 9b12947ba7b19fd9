"""The page on which a manifest is checked, planned and applied."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from catalog.authorization.access import require_user
from catalog.manifests.bundles import BundleCollector
from catalog.manifests.formats.registry import FORMATS, get_format
from catalog.manifests.formats.types import Format
from catalog.manifests.import_report import ImportReport
from catalog.manifests.services import apply_plan, dry_run_plan, plan_digest, plan_manifests
from catalog.web.manifests.forms import ManifestForm, Upload
from catalog.web.pages import render_page


@dataclass(frozen=True, kw_only=True)
class ManifestPage:
    """`report` is None before a manifest is sent; `seal` is the digest of its plan.

    `is_overtaken` is True if the plan has changed since it was shown, so nothing was applied.
    """

    form: ManifestForm
    formats: tuple[Format, ...] = FORMATS
    commands: str = ""
    report: ImportReport | None = None
    seal: str = ""
    is_applied: bool = False
    is_overtaken: bool = False
    can_apply: bool = False


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def manifest_page(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST also what the manifest would do, or did if its plan was confirmed."""
    form = ManifestForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if form.is_valid():
        page = _report_page(request, form)
    else:
        page = ManifestPage(form=form, commands=_commands(request))
    has_errors = form.errors or (page.report and page.report.has_errors)
    status = 422 if has_errors else 200
    return render_page(request, "catalog/manifests/page.html", page, status=status)


def _report_page(request: HttpRequest, form: ManifestForm) -> ManifestPage:
    values, person = form.cleaned_data, require_user(request.user)
    uploads: list[Upload] = values["contents"]
    chosen = get_format(values["format"]) if values["format"] else None
    collector = BundleCollector((upload.source for upload in uploads), chosen)
    plans = list(
        plan_manifests(
            collector=collector,
            actor=person,
            default_domain=values["domain"],
            overwrite=values["overwrite"],
        )
    )
    seal = plan_digest(plans=plans, contents=[upload.content for upload in uploads])
    is_apply = "apply" in request.POST
    is_applied = is_apply and seal == values["seal"]
    run_plan = apply_plan if is_applied else dry_run_plan
    report = ImportReport.of(run_plan(plan=plan, actor=person) for plan in plans)
    report.issues += collector.issues
    return ManifestPage(
        form=form,
        commands=_commands(request),
        report=report,
        seal=seal,
        is_applied=is_applied,
        is_overtaken=is_apply and not is_applied,
        can_apply=not is_applied and any(not plan.is_blocked for plan in plans),
    )


def _commands(request: HttpRequest) -> str:
    url = request.build_absolute_uri(reverse("api:manifests"))
    return (
        "python manage.py import_manifests products/ --dry-run\n"
        'curl -X PUT -H "Authorization: Bearer $ASSAY_TOKEN"'
        ' -H "Content-Type: application/yaml" \\\n'
        f'  --data-binary @product.yaml "{url}?dry_run=1"\n'
        'curl -X PUT -H "Authorization: Bearer $ASSAY_TOKEN"'
        f' -F "file=@first.json" -F "file=@second.json" "{url}?dry_run=1"'
    )
