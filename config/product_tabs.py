"""The tabs of a product's page, in order; each is a route, which may not be installed."""

from django.utils.translation import gettext_lazy as _

PRODUCT_TABS = [
    ("product_overview", _("Overview")),
    ("product_schema", _("Schema")),
    ("product_contract_current", _("Contract")),
    ("product_source", _("Source")),
    ("product_provenance", _("Provenance")),
    ("product_bias", _("Bias")),
    ("product_slo", _("SLO")),
    ("product_quality", _("Quality")),
    ("product_versions", _("Versions")),
    ("product_history", _("History")),
]
