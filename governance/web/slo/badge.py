"""The SLO status of a product as an SVG badge for other pages, such as a README."""

from hashlib import sha256
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.products.models import DataProduct, Status, Visibility
from catalog.web.components.badges import SHAPES, verdict_style
from governance.web.slo.labels import metric_labels

# A breach must show within a poll and a minute, on pages that keep what they fetched too.
MAX_AGE = 60
LANGUAGE = "en"
# White text on each has a contrast of at least 5 : 1.
COLOURS = {"ok": "#1d6391", "warn": "#8a5300", "bad": "#a8231c"}
NEUTRAL = "#5b6470"
CHARACTER, PADDING, MARK = 6.7, 8, 18
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"'
    ' aria-label="{label}: {message}"><title>{label}: {message}</title>'
    '<rect width="{width}" height="20" rx="3" fill="#1a2230"/>'
    '<rect x="{left}" width="{right}" height="20" rx="3" fill="{colour}"/>'
    '<g fill="#fff" stroke="#fff" stroke-width="0" transform="translate({mark_x} 5) scale(.84)">'
    "{shape}</g>"
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
    '<text x="{padding}" y="14" textLength="{label_length}">{label}</text>'
    '<text x="{text_x}" y="14" textLength="{message_length}">{message}</text></g></svg>\n'
)


@require_safe
def slo_badge(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Return the badge, or 304 where the reader holds it already.

    It is in English for every reader, so that caches may share it.
    """
    products = DataProduct.objects.visible_to(access_for(request.user))
    product = get_object_or_404(products, uuid=uuid)
    with override(LANGUAGE):
        content = badge_svg("SLO", *badge_message(product))
    response = HttpResponse(content, content_type="image/svg+xml; charset=utf-8")
    response["ETag"] = f'"{sha256(content.encode()).hexdigest()[:32]}"'
    is_public = product.visibility == Visibility.PUBLIC and product.status != Status.DRAFT
    patch_cache_control(response, max_age=MAX_AGE, **{"public" if is_public else "private": True})
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def badge_message(product: DataProduct) -> tuple[str, str]:
    """Return the verdict whose colour the badge has, and its text."""
    if product.status == Status.RETIRED:
        return "no_data", _("retired")
    verdict = product.slo_verdict
    text = str(verdict_style(verdict).label)
    if verdict not in ("met", "at_risk", "breached"):
        return verdict, text if product.slo_figures else _("no objectives")
    worst = next(iter(metric_labels(product.slo_figures)), None)
    return verdict, f"{text} · {worst.label} {worst.value}" if worst else text


def badge_svg(label: str, verdict: str, message: str) -> str:
    style = verdict_style(verdict)
    left = round(len(label) * CHARACTER) + 2 * PADDING
    right = MARK + round(len(message) * CHARACTER) + 2 * PADDING - 4
    return format_html(
        SVG,
        width=left + right,
        left=left,
        right=right,
        label=label,
        message=message,
        padding=PADDING,
        colour=COLOURS.get(style.tone, NEUTRAL),
        shape=SHAPES[style.shape],
        mark_x=left + PADDING,
        text_x=left + PADDING + MARK - 4,
        label_length=round(len(label) * CHARACTER),
        message_length=round(len(message) * CHARACTER),
    )
