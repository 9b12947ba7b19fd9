"""`manage.py serve_demo_source`: the demo's own HTTP source, until a signal asks to end."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.layout import answers_folder
from config.demo.source import HOST, serve


class Command(BaseCommand):
    """Serve the rows that `load_demo` wrote, on ASSAY_DEMO_PORT of this machine alone."""

    help = (
        "Serve the demo mesh's HTTP endpoints on ASSAY_DEMO_PORT. "
        "Example: ASSAY_DEMO_PORT=8001 manage.py serve_demo_source"
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer requests. Raises CommandError where the port is taken."""
        port = settings.ASSAY_DEMO_PORT
        self.stdout.write(f"Serving the demo's endpoints on http://{HOST}:{port}/v1/")
        try:
            serve(port, answers_folder(settings.ASSAY_DATA_DIR))
        except OSError as taken:
            raise CommandError(
                f"Port {port} cannot be used: {taken.strerror or taken}. "
                "Choose another with ASSAY_DEMO_PORT."
            ) from taken
