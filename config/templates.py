"""The Jinja2 environment of our pages: the globals and filters of every template."""

import json
from collections.abc import MutableMapping
from typing import Any

from django.template.defaultfilters import (
    filesizeformat,
    linebreaks_filter,
    linebreaksbr,
    truncatechars,
)
from django.templatetags.static import static
from django.utils import timezone, translation
from django_htmx.jinja import htmx_script
from jinja2 import Environment, StrictUndefined, select_autoescape

from catalog.people.mail import has_mail_server
from catalog.web.components import (
    badges,
    charts,
    fields,
    grid_fields,
    humanize,
    layout,
    roles,
    sentences,
)
from catalog.web.components.translation import translate
from governance.web.alerts import labels as alert_labels
from governance.web.inbox import labels as inbox_labels
from governance.web.slo import labels

# No eval and no inline style, for the content security policy; no pages in the browser's storage.
HTMX_CONFIG = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "timeout": 10_000,
    # htmx listens to what it put on the page only after this delay (20 ms): a key pressed at once
    # would be lost.
    "defaultSettleDelay": 0,
}
GLOBALS = {
    "htmx_config": json.dumps(HTMX_CONFIG),
    "static": static,
    "htmx_script": htmx_script,
    "now": timezone.now,
    "get_language": translation.get_language,
    "get_language_bidi": translation.get_language_bidi,
    **{
        function.__name__: function
        for function in (
            has_mail_server,
            badges.icon,
            badges.octagon,
            badges.shape,
            badges.verdict_shape,
            badges.verdict_style,
            badges.lifecycle_style,
            badges.certification_style,
            badges.check_style,
            badges.quality_style,
            badges.contract_style,
            badges.change_class_style,
            badges.release_label,
            badges.sensitivity_label,
            badges.sensitivity_bars,
            charts.line_chart,
            charts.spark_path,
            charts.bar_width,
            charts.stack_parts,
            fields.control,
            fields.form_errors,
            fields.is_checkbox,
            fields.is_choice_group,
            grid_fields.cell,
            humanize.time_tag,
            layout.display_preferences,
            layout.page_numbers,
            layout.page_url,
            layout.product_tabs,
            layout.products_url,
            layout.url,
            layout.version_url,
            roles.role_label,
            sentences.document_label,
            alert_labels.alert_event_label,
            alert_labels.alert_kind_label,
            alert_labels.alert_state_label,
            alert_labels.alert_state_tone,
            alert_labels.channel_label,
            alert_labels.delivery_label,
            alert_labels.delivery_tone,
            inbox_labels.header_count,
            inbox_labels.item_kind_label,
            alert_labels.severity_label,
            alert_labels.severity_tone,
            labels.outcome_label,
            labels.outcome_verdict,
            labels.objective_label,
        )
    },
}
FILTERS = {
    "linebreaks": linebreaks_filter,
    "linebreaksbr": linebreaksbr,
    "truncatechars": truncatechars,
    "file_size": filesizeformat,
    **{
        function.__name__: function
        for function in (
            humanize.number,
            humanize.short_number,
            humanize.percent,
            humanize.duration,
            humanize.distance,
            humanize.day,
            sentences.first_sentence,
            labels.format_seconds,
        )
    },
}


class PageEnvironment(Environment):
    """Jinja2 with the globals of each template as a plain dictionary.

    The chain of mappings that Jinja2 makes by itself is read in Python, for each file of a page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def environment(**options: Any) -> Environment:
    """Return the environment that Django's Jinja2 backend asks for."""
    options |= {
        "autoescape": select_autoescape(("html",), default_for_string=True),
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "extensions": ["jinja2.ext.i18n"],
    }
    environment = PageEnvironment(**options)
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= GLOBALS | {"_": translate}
    environment.filters |= FILTERS
    return environment
