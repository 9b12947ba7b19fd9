"""The pictures of the README, taken from the demo mesh by a browser."""

import os
import socket
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from catalog.products.models import DataProduct

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "images"
PAGES = {
    "home": "/",
    "results": "/search?q=custmer+lifetime&domain=customer&is=published",
    "product": "/p/customer/customer-lifetime-value",
}


def _load() -> None:
    call_command("load_demo", stdout=StringIO())
    connection.close()


@pytest.fixture
def demo(settings, tmp_path: Path) -> None:
    """The demo mesh, loaded and measured, in a folder of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.ASSAY_DEMO = True
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    settings.ASSAY_DEMO_PORT = port
    settings.ASSAY_ALLOWED_NETS = (f"127.0.0.1:{port}",)
    # The browser's driver keeps an event loop in this thread; probes need one of their own.
    loader = threading.Thread(target=_load)
    loader.start()
    loader.join(timeout=300)


def test_home_results_and_a_product_look_as_the_readme_shows(
    demo: None, live_server: LiveServer, page: Page, tmp_path: Path
) -> None:
    folder = PICTURES if os.environ.get("TAKE_PICTURES") == "1" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": 1280, "height": 800})
    texts = {}

    for name, path in PAGES.items():
        page.goto(f"{live_server.url}{path}")
        texts[name] = page.inner_text("main")
        page.screenshot(path=folder / f"{name}.png")

    assert DataProduct.objects.count() >= 40
    assert "Showing customer for custmer" in texts["results"]
    assert "Customer lifetime value" in texts["results"]
    assert "Availability" in texts["product"]
    assert all((PICTURES / f"{name}.png").exists() for name in PAGES)
