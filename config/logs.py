"""The format of log lines, the same for structlog and the standard library."""

import logging
import re

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from catalog.types import JSONObject

SHARED_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
RENDERERS: dict[str, Processor] = {
    "json": structlog.processors.JSONRenderer(),
    "text": structlog.processors.KeyValueRenderer(
        key_order=["timestamp", "level", "event"], drop_missing=True
    ),
}


# Links that open an account, also where a query quotes them; and the text of API tokens.
SECRET = re.compile(
    r"((?:/|%2F)(?:join|password(?:/|%2F)new)(?:/|%2F)|\bassay_(?=[A-Za-z0-9]{20}))[\w~-]+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return a text with an ellipsis for each secret."""
    return SECRET.sub(r"\1…", text)


def redact_line(_logger: WrappedLogger, _method: str, line: EventDict | str) -> str:
    """Redact a line of any logger: Django names the path of each error that it logs."""
    return redact(str(line))


class ExcludeHealthChecks(logging.Filter):
    """Leaves out requests for health checks, except those that fail."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = f"{record.msg} {record.args}"
        is_failure = bool(record.exc_info) or "request_failed" in text
        return is_failure or ("/readyz" not in text and "/livez" not in text)


def logging_settings(*, level: str, line_format: str) -> JSONObject:
    """Return Django's LOGGING: one line per event on the error stream."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"exclude_health_checks": {"()": ExcludeHealthChecks}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED_PROCESSORS,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    RENDERERS[line_format],
                    redact_line,
                ],
            }
        },
        "handlers": {
            "stream": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["exclude_health_checks"],
            }
        },
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            # It writes a line for each request.
            "elastic_transport.transport": {"level": "WARNING"},
            # It writes a line for each request that waits for a thread.
            "waitress.queue": {"level": "ERROR"},
        },
    }


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
