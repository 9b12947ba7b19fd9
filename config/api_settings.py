"""What Django REST framework and the OpenAPI document are set to, whatever the environment is."""

FRAMEWORK_SETTINGS = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "catalog.api.rest.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["catalog.api.rest.renderers.FastJSON"],
    "DEFAULT_PARSER_CLASSES": ["catalog.api.rest.bodies.JSONBody"],
    "DEFAULT_FILTER_BACKENDS": ["catalog.api.rest.filters.NamedFilters"],
    "DEFAULT_PAGINATION_CLASS": "catalog.api.rest.pagination.CursorPaging",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "catalog.api.rest.throttling.AnonRateThrottle",
        "catalog.api.rest.throttling.UserRateThrottle",
    ],
    "EXCEPTION_HANDLER": "catalog.api.rest.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "The data catalog that tests what it certifies.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {"AlertSeverity": "governance.alerts.models.rule_rows.SEVERITIES"},
}
