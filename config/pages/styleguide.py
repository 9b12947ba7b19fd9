"""The style guide: all tokens, badges, states and charts on one page, in the reader's own theme."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from catalog.web.components.badges import CERTIFICATIONS, LIFECYCLE, SENSITIVITIES, VERDICTS
from catalog.web.components.charts import Band, Day, Reading
from catalog.web.pages import render_page
from catalog.web.products.trust_summary import TrustMetric
from config.pages import styleguide_data
from config.pages.styleguide_data import SampleForm
from governance.web.quality.cards import CheckRow
from governance.web.representation.cards import GroupRow


@dataclass(frozen=True)
class StyleGuidePage:
    colours: Sequence[str]
    sizes: Sequence[tuple[str, int]]
    verdicts: Sequence[str]
    lifecycle: Sequence[str]
    certifications: Sequence[str]
    sensitivities: Sequence[int]
    metrics: Sequence[TrustMetric]
    days: Sequence[Day]
    readings: Sequence[Reading]
    maintenance: Sequence[Band]
    checks: Sequence[CheckRow]
    groups: Sequence[GroupRow]
    coverage: Sequence[tuple[str, int]]
    form: SampleForm
    numbered: Page[int]


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component with made-up values."""
    data = styleguide_data
    page = StyleGuidePage(
        colours=(*data.SURFACES, *data.TEXTS, *data.FILLS),
        sizes=data.SIZES,
        verdicts=list(VERDICTS),
        lifecycle=list(LIFECYCLE),
        certifications=list(CERTIFICATIONS),
        sensitivities=list(SENSITIVITIES),
        metrics=data.sample_metrics(),
        days=data.sample_days(),
        readings=data.sample_readings(),
        maintenance=data.MAINTENANCE,
        checks=data.CHECKS,
        groups=data.GROUPS,
        coverage=[("breached", 3), ("at_risk", 4), ("no_data", 5), ("collecting", 4), ("met", 31)],
        form=SampleForm({"name": "", "sensitivity": "9"}),
        numbered=Paginator(range(400), 20).page(7),
    )
    return render_page(request, "pages/styleguide.html", page)
