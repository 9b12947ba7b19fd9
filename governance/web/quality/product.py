"""The quality tab of a product: what the checks of each port say, and what tools reported."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.authorization.access import AccessContext, require_user
from catalog.exceptions import CatalogError, NotFound, PermissionDenied
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from catalog.web.csv_lines import csv_response
from catalog.web.forms.versioned import VersionedForm
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product
from governance.quality.models import CheckOutcome
from governance.quality.reports import PortQuality
from governance.quality.scores import SCORE_DEFINITION
from governance.quality.services import (
    add_proposed_rule,
    proposals_of,
    results_of,
    run_port_checks,
)
from governance.quality.services.trends import trend_of
from governance.web.inspection import visible_port
from governance.web.quality.cards import PortCard, port_card

TREND = timedelta(days=30)
CSV_COLUMNS = (
    "port source reporter run at check title dimension table column expected unit observed"
    " tested failing state seconds"
).split()


@dataclass(frozen=True, kw_only=True)
class ProductQualityPage:
    """`edit_url` is empty for readers who may not edit; `edition` is that of what is edited."""

    frame: ProductFrame
    ports: list[PortCard]
    edition: int
    definition: str
    csv_url: str
    edit_url: str


@on_product
def product_quality(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Show what the checks of each port said last, by dimension."""
    since = timezone.now() - TREND
    frame = product_frame(request, product, reader, tab="product_quality")
    place = [product.domain.slug, product.slug]
    figures = product.slo_figures.items()
    targets = {name: row["threshold"] for name, row in figures if row.get("threshold")}
    page = ProductQualityPage(
        frame=frame,
        ports=[
            port_card(
                quality,
                trend_of(quality.port, since=since),
                targets,
                proposals_of(quality.port) if frame.can_edit else (),
            )
            for quality in results_of(product, reader)
        ],
        edition=edited_version(product).edition if frame.can_edit else 0,
        definition=SCORE_DEFINITION,
        csv_url=reverse("product_quality_csv", args=place),
        edit_url=reverse("product_contracts", args=place) if frame.can_edit else "",
    )
    return render_page(request, "governance/quality/product.html", page)


@on_product
def product_quality_csv(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> StreamingHttpResponse:
    """Return the checks of the last run of each port, and those that tools reported last."""
    rows = (row for quality in results_of(product) for row in csv_rows(quality))
    return csv_response(f"{product.slug}-quality.csv", CSV_COLUMNS, rows)


def csv_rows(quality: PortQuality) -> Iterator[list[object]]:
    for run in (quality.run, *quality.reported):
        outcomes: list[CheckOutcome] = list(run.outcomes.all()) if run else []
        for outcome in outcomes:
            assert run is not None
            names = ("dimension", "table", "column", "expected", "unit", "observed", "tested")
            yield [
                quality.port,
                run.source,
                run.reporter,
                run.run_id,
                run.at,
                outcome.key,
                outcome.title,
                *(getattr(outcome, name) for name in names),
                outcome.failing,
                outcome.state,
                outcome.seconds,
            ]


class ProposalForm(VersionedForm):
    """The proposed rule that is added."""

    key = forms.CharField(max_length=16)


@login_required
@require_POST
def port_quality_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a proposed rule to the contract that people edit."""
    port, form = visible_port(request, pk), ProposalForm(request.POST)
    back = redirect("product_quality", port.product.domain.slug, port.product.slug)
    if not form.is_valid():
        messages.error(request, _("Nothing was added. Load the page again."))
        return back
    try:
        add_proposed_rule(port=port, actor=require_user(request.user), **form.cleaned_data)
    except (NotFound, PermissionDenied):
        raise
    except CatalogError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    else:
        messages.success(
            request,
            _("The rule was added to the working copy; it is checked once that is published.")
            if port.product.published_row.is_released
            else _("The rule was added to the contract."),
        )
    return back


@login_required
@require_POST
def port_quality_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Run the checks of a port now; the browser waits, and the page says how it ended."""
    port = visible_port(request, pk)
    try:
        run = run_port_checks(port=port, actor=require_user(request.user))
    except (NotFound, PermissionDenied):
        raise
    except CatalogError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    else:
        if run.is_ok:
            count = run.outcomes.count()
            messages.success(request, _("{n} checks were run.").format(n=count))
        else:
            messages.error(request, _("The checks failed: {reason}").format(reason=run.reason))
    return redirect("product_quality", port.product.domain.slug, port.product.slug)
