"""The page on which a manifest is checked, planned and applied."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from catalog.authorization.access import require_user
from catalog.manifests.bundles import BundleCollector, Source
from catalog.manifests.import_report import ImportReport
from catalog.manifests.services import apply_plan, dry_run_plan, plan_digest, plan_manifests
from catalog.people.models import Person
from catalog.web.manifests.forms import ManifestForm

NAME = "manifest"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def manifest_page(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST what the manifest would do, or does where its plan was looked at."""
    form = ManifestForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method != "POST":
        return render(request, "catalog/manifests/manifest.html", {"form": form})
    if not form.is_valid():
        return render(request, "catalog/manifests/manifest.html", {"form": form}, status=422)
    context = _outcome(form, require_user(request.user), is_apply="apply" in request.POST)
    status = 422 if context["report"].has_errors else 200
    return render(request, "catalog/manifests/manifest.html", context, status=status)


def _outcome(form: ManifestForm, person: Person, *, is_apply: bool) -> dict[str, Any]:
    asked = form.cleaned_data
    collector = BundleCollector([Source(NAME, lambda: bytes(asked["content"]))])
    plans = list(
        plan_manifests(
            collector=collector,
            actor=person,
            default_domain=asked["domain"],
            overwrite=asked["overwrite"],
        )
    )
    seal = plan_digest(plans=plans, content=asked["content"])
    is_applied = is_apply and seal == asked["seal"]
    act = apply_plan if is_applied else dry_run_plan
    report = ImportReport.of(act(plan=plan, actor=person) for plan in plans)
    report.issues += collector.issues
    return {
        "form": form.shown_again(),
        "report": report,
        "seal": seal,
        "is_applied": is_applied,
        "is_overtaken": is_apply and not is_applied,
        "can_apply": not is_applied and any(not plan.is_blocked for plan in plans),
    }
