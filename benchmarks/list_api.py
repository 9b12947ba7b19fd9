"""The product list of the API ÷ `.values()` + orjson, in one process.

Both sides answer whole requests through all middleware: the same columns of the same rows under
the same permissions in the same order, in interleaved rounds. What the API adds, and the other
side does not do: its limits on callers (counted in the product's own Valkey), checked parameters,
encrypted cursors, `iri` and `path`. Signed out, and signed in by session.

    python -m benchmarks.list_api --data DIR
    python -m benchmarks.list_api --products 1000 --rounds 50 --json
"""

import argparse
import statistics
from collections.abc import Callable
from io import BytesIO
from typing import Any

from benchmarks.cli import (
    command_line,
    interleaved,
    mesh,
    milliseconds,
    report,
    with_mesh,
)
from benchmarks.processes import valkey

LIMITS = (20, 100)
COLUMNS = (
    *("uuid", "domain__slug", "slug", "name", "version", "status", "visibility", "sensitivity"),
    *("tags", "purpose", "slo_verdict", "certification", "edition", "updated_at", "published_at"),
)


def raw(request: Any) -> Any:
    """Answer the list as plainly as Django can."""
    import orjson
    from django.http import HttpResponse

    from catalog.products.models import DataProduct

    visible = DataProduct.objects.visible_to(request.user).order_by("name", "pk")
    rows = list(visible.values(*COLUMNS)[: int(request.GET["limit"])])
    body = orjson.dumps({"results": rows}, option=orjson.OPT_UTC_Z)
    return HttpResponse(body, content_type="application/json")


def application() -> Callable[[str, str], bytes]:
    """Return a caller of the product's WSGI application, the raw list among its routes."""
    from django.conf import settings
    from django.urls import include, path

    # A list of routes replaces the module that names them.
    settings.ROOT_URLCONF = (path("api/raw", raw), path("", include("config.urls")))
    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].update(
        {"signed_out": "10000000/min", "signed_in": "10000000/min"}
    )
    from config.wsgi import application as product

    def call(address: str, cookie: str) -> bytes:
        location, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": location,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": cookie,
            "wsgi.input": BytesIO(),
            "wsgi.url_scheme": "http",
        }
        statuses: list[str] = []
        response = product(environ, lambda status, headers: statuses.append(status))
        body = b"".join(response)
        response.close()
        assert statuses[0].startswith("200"), (statuses, body[:300])
        return body

    return call


def session_of_an_owner() -> str:
    """Return the cookie of somebody signed in who owns a domain."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.filter(username__startswith="owner").first())
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the medians of both sides and their ratio, by caller and limit."""
    import logging

    from catalog.products.models import DataProduct

    call = application()
    logging.disable(logging.INFO)
    callers = {"signed out": "", "signed in": session_of_an_owner()}
    result: dict[str, Any] = {"products": DataProduct.objects.count(), "rounds": options.rounds}
    for caller, cookie in callers.items():
        for limit in LIMITS:
            works = {
                "api": lambda cookie=cookie, limit=limit: call(
                    f"/api/v1/products?limit={limit}", cookie
                ),
                "raw": lambda cookie=cookie, limit=limit: call(f"/api/raw?limit={limit}", cookie),
            }
            spent = interleaved(works, rounds=options.rounds)
            ratios = [api / raw for api, raw in zip(spent["api"], spent["raw"], strict=True)]
            result[f"{caller}, {limit} rows"] = {
                "api": milliseconds(spent["api"]),
                "raw": milliseconds(spent["raw"]),
                "ratio": round(statistics.median(ratios), 2),
            }
    return result


def main() -> None:
    """Measure and print."""
    parser = command_line(__doc__)
    with_mesh(parser, products=10_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    with mesh(options) as data, valkey(data):
        result = measure(options)
    lines = [
        f"{name:22} api {figures['api']['p50_ms']:8.3f} ms  raw {figures['raw']['p50_ms']:8.3f} ms"
        f"  ratio {figures['ratio']:.2f}"
        for name, figures in result.items()
        if isinstance(figures, dict)
    ]
    report(result, [*lines, f"{result['products']:,} products, {options.rounds} rounds"], options)


if __name__ == "__main__":
    main()
