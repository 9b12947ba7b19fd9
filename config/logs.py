"""How log lines look and which are left out; structlog and the standard library write alike."""

import logging
from typing import Any

import structlog

STEPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
RENDERERS: dict[str, Any] = {
    "json": structlog.processors.JSONRenderer(),
    "text": structlog.processors.KeyValueRenderer(
        key_order=["timestamp", "level", "event"], drop_missing=True
    ),
}


class WithoutHealth(logging.Filter):
    """Leaves out the requests that only ask whether we live; not those that break on it."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = f"{record.msg} {record.args}"
        is_failure = bool(record.exc_info) or "request_failed" in said
        return is_failure or ("/readyz" not in said and "/livez" not in said)


def logging_settings(*, level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING: one line per event on the error stream."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_health": {"()": WithoutHealth}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": STEPS,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    RENDERERS[form],
                ],
            }
        },
        "handlers": {
            "stream": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["without_health"],
            }
        },
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            # It writes a line for each request.
            "elastic_transport.transport": {"level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *STEPS,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
