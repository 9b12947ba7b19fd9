"""Tags of the templates that are not converted to Jinja2 yet."""

from django import template

from catalog.web.components.grid_fields import cell

register = template.Library()
register.simple_tag(cell)
