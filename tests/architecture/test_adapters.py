"""Heavy packages stay in their adapters: loading all URLs and tasks loads none of them."""

import subprocess
import sys

from tests.architecture.trees import ROOT

HEAVY = (
    *("tantivy", "typst", "elasticsearch", "duckdb", "onnxruntime", "tokenizers", "numpy"),
    "rdflib",
)
PROGRAM = """
import django, sys
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
from config.celery import app
app.loader.import_default_modules()
print([name for name in {heavy!r} if name in sys.modules])
"""


def test_loading_the_urls_and_tasks_loads_no_heavy_package():
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY)],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert process.returncode == 0, process.stderr
    assert process.stdout.strip().endswith("[]")
