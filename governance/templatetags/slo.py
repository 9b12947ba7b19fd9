"""Filters of the templates that are not converted to Jinja2 yet."""

from django import template

from governance.web.slo import labels

register = template.Library()
register.filter("outcome_label", labels.outcome_label)
register.filter("objective_text", labels.objective_label)
register.filter(labels.outcome_verdict)
register.filter(labels.format_seconds)
