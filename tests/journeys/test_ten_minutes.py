"""A newcomer's way from signing in to a published product, in a browser: counted and timed.

The seconds are those of the machine; typing is not in them. A person types about 40 words a minute:
the words of a journey are counted too, so that the report can say how long it takes by hand.
"""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page
from pytest_django.live_server_helper import LiveServer

from catalog.products.models import DataProduct, Status
from catalog.provenance.questions import CURRENT_SET
from tests.factories import PASSWORD, make_domain, make_users
from tests.governance.databases import postgres_schema
from tests.settings import TEST_SERVERS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
ORDERS = "order_id,ordered_at,customer_email,country,amount\n" + "".join(
    f"{n},2026-11-{n % 28 + 1:02},c{n}@example.org,{'NO' if n % 3 else 'SE'},{n * 1.25:.2f}\n"
    for n in range(1, 401)
)
PICTURES = os.environ.get("JOURNEY_PICTURES", "")
SIZES = ((1280, "light"), (360, "dark"), (360, "light"), (1280, "dark"))
# What a person may need for a page before acting on it, and for a word that they type.
SECONDS_PER_PAGE, SECONDS_PER_WORD = 15, 1.5
TEN_MINUTES = 600


@dataclass
class Walk:
    """Somebody at a browser whose clicks, fields and words are counted."""

    page: Page
    name: str
    clicks: int = 0
    fields: int = 0
    words: int = 0
    pages: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def fill(self, label: str, text: str, *, exact: bool = False) -> None:
        self.fields += 1
        self.words += len(text.split())
        self.page.get_by_label(label, exact=exact).first.fill(text)

    def press(self, name: str) -> None:
        """Press the button of a page, after a picture of it."""
        self.picture(name)
        self.click(self.page.get_by_role("button", name=name).first)

    def picture(self, step: str) -> None:
        address = urlsplit(self.page.url).path
        self.pages.append(address)
        assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        if not PICTURES:
            return
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        for width, scheme in SIZES:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)
            file = f"{self.name}-{len(self.pages):02}-{step.replace(' ', '_')}-{width}-{scheme}.png"
            self.page.screenshot(path=folder / file, full_page=True)

    @property
    def seconds_by_hand(self) -> float:
        return len(self.pages) * SECONDS_PER_PAGE + self.words * SECONDS_PER_WORD

    def report(self) -> dict[str, object]:
        return {
            "journey": self.name,
            "pages": len(self.pages),
            "clicks": self.clicks,
            "fields": self.fields,
            "words": self.words,
            "machine_seconds": round(time.monotonic() - self.started, 1),
            "seconds_by_hand": round(self.seconds_by_hand),
        }


@pytest.fixture
def users(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    return make_users(make_domain("sales"))


def sign_in(walk: Walk, live_server: LiveServer, username: str) -> None:
    walk.page.goto(f"{live_server.url}/publish")
    walk.fill("Username or email", username)
    walk.fill("Password", PASSWORD)
    walk.press("Sign in")


def complete(walk: Walk, table: str) -> DataProduct:
    """Go through every step after the source, as the pages lead, and publish."""
    page = walk.page
    if page.get_by_role("button", name="Read it now").is_visible():
        walk.press("Read it now")
    box = page.get_by_role("checkbox", name=table)
    if not box.is_checked():
        walk.click(box)
    walk.press("Use these columns")
    for row in range(2):
        walk.fill(f"Description, row {row + 1}", "What the order is about.")
    walk.press("Save and continue")
    walk.fill("Purpose", "One row for each order of the shop, for planning and reports.")
    walk.press("Save and continue")
    for number in range(len(CURRENT_SET.required_codes)):
        walk.click(page.get_by_role("radio", name="Unknown").nth(number))
    walk.press("Save and continue")
    walk.press("Save and continue")
    walk.fill("Licence", "CC-BY-4.0")
    walk.fill("Contact (optional)", "Sales data team")
    walk.fill("Address of the contact", "sales@example.org")
    walk.press("Save and continue")
    if page.get_by_role("button", name="Publish").count() == 0:
        walk.press("Check now")
    walk.press("Publish")
    page.get_by_role("heading", level=1).wait_for()
    walk.picture("published")
    return DataProduct.objects.get()


def require_published(product: DataProduct, walk: Walk) -> None:
    contract = product.contracts.get()
    assert product.status == Status.PUBLISHED
    assert len(contract.tree["schema"][0]["properties"]) == 5
    print(json.dumps(walk.report()))
    assert walk.seconds_by_hand < TEN_MINUTES


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no-script"])
def test_a_file_from_the_computer_becomes_a_published_product(
    live_server: LiveServer, browser: Browser, users, tmp_path: Path, has_script: bool
) -> None:
    file = tmp_path / "daily orders.csv"
    file.write_text(ORDERS)
    page = browser.new_context(java_script_enabled=has_script).new_page()
    walk = Walk(page, "upload" if has_script else "upload-no-script")
    sign_in(walk, live_server, users.owner.username)

    walk.picture("start")
    walk.click(page.get_by_role("link", name="Upload a file"))
    page.get_by_label("File").set_input_files(file)
    walk.press("Save and continue")
    product = complete(walk, "daily-orders")

    require_published(product, walk)
    page.context.close()


@pytest.mark.postgres_source
def test_a_table_of_a_postgres_becomes_a_published_product(
    live_server: LiveServer, page: Page, users, settings, monkeypatch
) -> None:
    url = urlsplit(TEST_SERVERS["postgres"])
    settings.ASSAY_ALLOWED_NETS = (f"127.0.0.1:{url.port}",)
    monkeypatch.setenv("ASSAY_SECRET_SHOP", url.password or "")
    monkeypatch.setenv("ASSAY_SECRET_SHOP_FOR", f"*@127.0.0.1:{url.port}")
    walk = Walk(page, "postgres")
    columns = "order_id int PRIMARY KEY, ordered_at date, customer_email text, country text"
    with postgres_schema() as source:
        source.execute(
            f"CREATE TABLE orders({columns}, amount numeric(9, 2))",
            "INSERT INTO orders SELECT n, '2026-11-01', 'c' || n || '@example.org', 'NO', n"
            " FROM generate_series(1, 400) n",
            "CREATE TABLE staging(id int)",
        )
        sign_in(walk, live_server, users.owner.username)
        walk.picture("start")
        walk.click(page.get_by_role("link", name="A database"))
        walk.fill("Host", "127.0.0.1")
        walk.fill("Port", str(url.port))
        walk.fill("Database", url.path.strip("/"), exact=True)
        walk.fill("Schema", source.name)
        walk.fill("User", url.username or "")
        walk.fill("Secret (optional)", "shop")
        walk.press("Test")
        page.get_by_text("Connected: 2 tables").wait_for()
        walk.fill("Name of the product", "Shop orders")
        walk.press("Save and continue")
        product = complete(walk, "orders")

    require_published(product, walk)
