"""Filters of the templates that are not converted to Jinja2 yet."""

from django import template

from catalog.web.components.sentences import first_sentence

register = template.Library()
register.filter(first_sentence)
