"""`manage.py serve_demo_source`: the demo's own HTTP source, until a signal asks to end."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.paths import HOST, answers_folder
from config.demo.source import serve


class Command(BaseCommand):
    """Serve the rows that `load_demo` wrote, on ASSAY_DEMO_PORT of the loopback address."""

    help = (
        "Serve the demo mesh's HTTP endpoints on ASSAY_DEMO_PORT. "
        "Example: ASSAY_DEMO_PORT=8001 manage.py serve_demo_source"
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        port = settings.ASSAY_DEMO_PORT
        self.stdout.write(f"Serving the demo's endpoints on http://{HOST}:{port}/v1/")
        try:
            serve(port, answers_folder(settings.ASSAY_DATA_DIR))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used: {error.strerror or error}. "
                "Choose another with ASSAY_DEMO_PORT."
            ) from error
