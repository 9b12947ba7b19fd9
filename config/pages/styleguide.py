"""The style guide: all tokens, badges, states and charts on one page, in the reader's own theme."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.web.components.badges import CERTIFICATIONS, LIFECYCLE, SENSITIVITIES, VERDICTS
from config.pages import styleguide_data


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every part of the visual language with made-up values."""
    wrong = styleguide_data.SampleForm({"name": "", "sensitivity": "9"})
    page = Paginator(range(400), 20).page(7)
    context = {
        "surfaces": styleguide_data.SURFACES,
        "texts": styleguide_data.TEXTS,
        "fills": styleguide_data.FILLS,
        "sizes": styleguide_data.SIZES,
        "verdicts": list(VERDICTS),
        "life_cycle": list(LIFECYCLE),
        "certifications": list(CERTIFICATIONS),
        "sensitivities": list(SENSITIVITIES),
        "cells": styleguide_data.sample_cells(),
        "days": styleguide_data.sample_days(),
        "readings": styleguide_data.sample_readings(),
        "imbalances": styleguide_data.IMBALANCES,
        "coverage": [("met", 31), ("at_risk", 4), ("breached", 3), ("no_data", 9)],
        "latency_names": ("p50", "p95"),
        "form": wrong,
        "page": page,
    }
    return render(request, "pages/styleguide.html", context)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say how to search, what the badges mean and which keys there are."""
    return render(request, "pages/help.html", {"verdicts": list(VERDICTS)})
