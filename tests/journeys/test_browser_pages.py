"""Every page in a real browser: phone and desk, light and dark, by keyboard, without script."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.glossary.services import define_term
from catalog.people.models import Person
from catalog.products.models import DataProduct
from catalog.products.services import set_trust
from catalog.publication.services import deprecate_product, retire_product
from catalog.search.backends import active_backend
from catalog.search.services.rebuild import rebuild
from tests.factories import (
    FACTORY,
    Users,
    edit_and_publish,
    give_schema,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    with_port,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = (
    "/",
    "/help",
    "/styleguide",
    "/domains",
    "/d/sales",
    "/p/sales/orders",
    "/p/sales/orders/schema",
    "/p/sales/orders/provenance",
    "/p/sales/orders/bias",
    "/p/sales/orders/datasheet",
    "/p/sales/orders/history",
    "/p/sales/draft",
    "/p/sales/draft/schema",
    "/p/sales/old-orders",
)
WORK_PAGES = (
    "/search?q=ordrs",
    "/search?q=customer&type=term",
    "/search?q=sales&type=domain",
    "/search?q=chrn&tag=nowhere",
    "/p/sales/orders/slo",
    "/p/sales/orders/quality",
    "/slo",
    "/p/sales/orders/source",
    "/status",
    "/glossary",
    "/people",
    "/teams",
    "/settings",
    "/settings/tokens",
    "/publish",
    "/publish/new",
    "/publish/manifest",
    "/p/sales/draft/edit",
    "/p/sales/draft/edit/describe",
    "/p/sales/draft/edit/readers",
    "/p/sales/draft/edit/ports",
    "/p/sales/draft/edit/inputs",
    "/p/sales/draft/edit/schema",
    "/p/sales/draft/edit/provenance",
    "/p/sales/draft/edit/publish",
    "/d/sales/people",
)
ERROR_PAGES = ("/p/sales/ancient-orders", "/p/sales/nothing-here")
Open = Callable[..., BrowserContext]


@pytest.fixture
def mesh() -> Users:
    """A domain with a part, and a product in each state."""
    users = make_users(make_domain("sales", mission="What customers buy from us."))
    orders = _orders(users)
    ended = make_published_product("Old orders", domain=users.domain)
    deprecate_product(product=ended, edition=ended.edition, actor=FACTORY, successor=orders)
    retired = make_published_product("Ancient orders", domain=users.domain)
    retire_product(product=retired, edition=retired.edition, actor=FACTORY, successor=orders)
    draft = with_port(make_product("Draft", domain=users.domain))
    give_schema(draft, "order_id", "customer_id", "a_column_with_a_very_long_name_for_a_phone")
    part = make_domain("returns", parent=users.domain)
    broken = make_published_product("Returns", domain=part)
    set_trust(product_id=broken.pk, verdict="breached", figures={}, actor=FACTORY)
    spellings = ["customer attrition", "a spelling that is as long as the name of a report may be"]
    define_term(
        name="Churn", definition="Customers who left within the year.", synonyms=spellings,
        acronyms=["CHR"], domain=part, actor=FACTORY,
    )  # fmt: skip
    define_term(name="Customer", definition="Whoever has bought once.", actor=FACTORY)
    return users


def _orders(users: Users) -> DataProduct:
    orders = make_published_product("Orders", domain=users.domain)
    figures: dict[str, Any] = {
        "availability": {"value": 0.9995, "target": 0.999, "verdict": "met", "window": "30d"},
        "latency": {"value": 0.41, "threshold": 0.3, "verdict": "breached", "window": "30d"},
    }
    set_trust(product_id=orders.pk, verdict="breached", figures=figures, actor=FACTORY)
    properties = orders.tree["customProperties"]
    at = next(n for n, item in enumerate(properties) if item["property"] == "assayProvenance")
    rows = [{"attribute": "sex", "group": "female", "share": 0.31, "referenceShare": 0.5, "n": 900}]
    value = properties[at]["value"] | {"imbalances": rows}
    patch = [{"op": "replace", "path": f"/customProperties/{at}/value", "value": value}]
    return edit_and_publish(orders, *patch)


@pytest.fixture
def open_browser(browser: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Open a browser window, signed in where a person is given."""
    contexts: list[BrowserContext] = []

    def open_one(person: Person | None = None, **options: Any) -> BrowserContext:
        context = browser.new_context(base_url=live_server.url, **options)
        if person is not None:
            client = Client()
            client.force_login(person)
            name = settings.SESSION_COOKIE_NAME
            value = client.cookies[name].value
            context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()


def troubles(page: Page) -> list[str]:
    """Return what goes wrong on a page from now on: errors of scripts and of the policy."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    return problems


def violations(page: Page) -> list[str]:
    """Return what axe finds, each with the first element it finds it in."""
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [f"{item['id']}: {item['nodes'][0]['html']}" for item in result.response["violations"]]


def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_accessible_fits_the_window_and_breaks_no_rule(
    mesh: Users, open_browser: Open, width: int, theme: str
) -> None:
    page = open_browser(
        mesh.owner, viewport={"width": width, "height": 800}, color_scheme=theme
    ).new_page()
    problems = troubles(page)

    for path in PAGES:
        page.goto(path)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
        assert page.locator("h1").count() == 1, path
    assert problems == []
    for path in ERROR_PAGES:
        page.goto(path)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
def test_every_page_where_work_is_done_is_accessible_and_fits_the_window(
    mesh: Users, open_browser: Open, width: int, theme: str
) -> None:
    rebuild(active_backend())
    page = open_browser(
        mesh.owner, viewport={"width": width, "height": 800}, color_scheme=theme
    ).new_page()

    result: list[str] = []
    for path in WORK_PAGES:
        answer = page.goto(path)
        assert answer is not None
        result += [f"{path}: {answer.status}"] * (not answer.ok) + [
            f"{path}: {violation}" for violation in violations(page)
        ]
        result += [f"{path}: too wide"] * (overflow(page) > 0)
    assert result == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_tabs_of_results_lead_to_each_kind_and_back(
    mesh: Users, open_browser: Open, width: int
) -> None:
    rebuild(active_backend())
    page = open_browser(mesh.owner, viewport={"width": width, "height": 800}).new_page()
    problems = troubles(page)
    page.goto("/search?q=customer")
    tabs = page.get_by_role("navigation", name="Result types").get_by_role("link")

    for at, (name, first) in enumerate((("Terms 2", "Customer"), ("Domains 1", "sales"))):
        tabs.nth(at + 1).click()
        assert " ".join(tabs.nth(at + 1).inner_text().split()) == name
        assert tabs.nth(at + 1).get_attribute("aria-current") == "page"
        assert page.locator("[data-item]").first.inner_text().lower() == first.lower()
        assert violations(page) == []
        assert overflow(page) <= 0
    tabs.first.click()

    assert page.url.endswith("/search?q=customer")
    assert problems == []


def test_an_open_menu_leaves_its_button_free_on_a_phone(mesh: Users, open_browser: Open) -> None:
    page = open_browser(mesh.owner, viewport={"width": 360, "height": 800}).new_page()
    page.goto("/")

    for at in range(page.locator("details.menu").count()):
        menu = page.locator("details.menu").nth(at)
        menu.locator("summary").click()
        button, popup = (
            menu.locator("summary").bounding_box(),
            menu.locator(".sheet").bounding_box(),
        )
        assert button is not None
        assert popup is not None
        assert popup["y"] >= button["y"] + button["height"]
        assert popup["x"] >= 0
        assert popup["x"] + popup["width"] <= 360
        menu.locator("summary").click()


def test_pages_fit_a_narrow_window_with_large_letters_and_from_right_to_left(
    mesh: Users, open_browser: Open
) -> None:
    page = open_browser(mesh.owner, viewport={"width": 320, "height": 800}).new_page()

    for path in PAGES:
        page.goto(path)
        assert violations(page) == [], path
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert overflow(page) <= 0, path
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) <= 0, path


def test_the_first_screen_of_a_product_tells_whether_to_trust_it(
    mesh: Users, open_browser: Open
) -> None:
    page = open_browser(viewport={"width": 1280, "height": 800}).new_page()

    page.goto("/p/sales/orders")

    for words in ("Availability", "Latency", "Freshness", "Known imbalances", "Your access"):
        box = page.locator("dl.strip dt", has_text=words).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800, words


def test_keys_lead_through_the_catalog_until_they_are_switched_off(
    mesh: Users, open_browser: Open
) -> None:
    page = open_browser(mesh.owner).new_page()
    problems = troubles(page)
    page.goto("/p/sales/orders")

    page.keyboard.press("]")
    page.wait_for_url("**/schema")
    page.keyboard.press("[")
    page.wait_for_url("**/orders")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/domains")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("Escape")
    page.locator("details.menu summary").last.click()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="Off").click()
    page.wait_for_load_state()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert problems == []


def test_every_stop_of_the_tab_key_is_seen(mesh: Users, open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto("/p/sales/orders")
    outlined = (
        "(() => { const at = document.activeElement; const of = (part) =>"
        " getComputedStyle(at, part).outlineStyle !== 'none';"
        " return at === document.body || of(null) || of('::after'); })()"
    )

    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(outlined), page.evaluate("document.activeElement.outerHTML")


def test_a_chosen_theme_holds_on_the_next_page_without_a_flash(
    mesh: Users, open_browser: Open
) -> None:
    page = open_browser(color_scheme="light", java_script_enabled=False).new_page()
    page.goto("/domains")

    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="Dark").click()

    assert page.url.endswith("/domains")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_product_is_read_and_its_columns_are_filtered_without_script(
    mesh: Users, open_browser: Open
) -> None:
    page = open_browser(mesh.owner, java_script_enabled=False).new_page()
    page.goto("/d/sales")

    page.get_by_role("link", name="Draft", exact=True).click()
    page.get_by_role("link", name="Schema").click()
    page.get_by_label("Filter the columns").fill("customer")
    page.get_by_role("button", name="Filter").click()

    assert page.get_by_role("heading", name="1 of 3 columns").is_visible()
    assert page.locator("[data-copy]").first.is_hidden()


def test_a_strip_of_days_is_one_stop_and_is_walked_with_the_arrows(
    mesh: Users, open_browser: Open
) -> None:
    page = open_browser().new_page()
    page.goto("/styleguide")
    # The script of the strip is loaded after the page.
    page.locator("[data-bars=ready]").first.wait_for()
    last = page.locator(".bars [role=img]").last

    last.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")

    assert page.locator(".bars [tabindex='0']").count() == 1
    assert page.locator("[data-bars-reading]").inner_text().startswith("17 Aug: not measured yet")


def test_a_product_prints_on_few_pages_without_the_navigation(
    mesh: Users, open_browser: Open
) -> None:
    page = open_browser().new_page()
    page.goto("/p/sales/orders")

    printed = page.pdf()
    page.emulate_media(media="print")

    assert printed.count(b"/Type /Page\n") <= 4
    assert page.locator("header.masthead").is_hidden()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_datasheet_prints_as_tables_without_the_navigation(
    mesh: Users, open_browser: Open, width: int
) -> None:
    page = open_browser(viewport={"width": width, "height": 800}).new_page()
    page.goto("/p/sales/orders/datasheet")

    printed = page.pdf()
    page.emulate_media(media="print")

    assert printed.count(b"/Type /Page\n") <= 6
    assert page.locator("header.masthead").is_hidden()
    position = "table => getComputedStyle(table.tHead).position"
    assert page.locator("table").first.evaluate(position) == "static"
    assert page.get_by_role("heading", name="Bias and known imbalances").is_visible()


def focused(page: Page) -> str:
    """Return the name and the value of the control that has the focus."""
    return str(page.evaluate("`${document.activeElement.name}=${document.activeElement.value}`"))


@pytest.mark.parametrize("width", [360, 1280])
def test_a_facet_ticked_by_keyboard_keeps_the_focus(
    mesh: Users, open_browser: Open, width: int
) -> None:
    rebuild(active_backend())
    page = open_browser(mesh.owner, viewport={"width": width, "height": 800}).new_page()
    page.goto("/search")
    if width == 360:
        page.locator("#facets-fold > summary").press("Enter")
    boxes = page.locator(".facet input[name=is]")
    value = boxes.last.get_attribute("value")

    boxes.last.focus()
    for is_ticked in (True, False, True):
        page.keyboard.press("Space")
        expect(page.locator(".chip")).to_have_count(int(is_ticked))
        assert focused(page) == f"is={value}"
        assert page.locator(":focus").is_visible()
    page.keyboard.press("Tab")
    assert focused(page).startswith("is=")


TABS = ("schema", "provenance", "slo", "quality", "source", "history")


@pytest.mark.parametrize("width", [320, 360])
def test_on_a_phone_a_tab_begins_with_its_content_and_tables_are_rows(
    mesh: Users, open_browser: Open, width: int
) -> None:
    page = open_browser(mesh.owner, viewport={"width": width, "height": 800}).new_page()
    contract = DataProduct.objects.get(slug="orders").contracts.get().uuid
    tops = {}

    for tab in (*TABS, f"contracts/{contract}"):
        page.goto(f"/p/sales/orders/{tab}")
        tops[tab] = page.locator(".tab-body > *").first.bounding_box()["y"]
        assert overflow(page) <= 0, tab
        assert page.locator(".badges").is_visible()
    assert {tab: top for tab, top in tops.items() if top > 400} == {}
    for path in ("/p/sales/orders/bias", "/slo", "/d/sales/people", "/people"):
        page.goto(path)
        assert overflow(page) <= 0, path
        table = page.locator("table").first
        assert table.evaluate("table => getComputedStyle(table.tHead).position") == "absolute", path
        for cell in table.locator("tbody :is(td, th)").all()[:12]:
            box = cell.bounding_box()
            assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= width), path
    page.goto("/p/sales/orders/bias")
    for number in ("31.0\u202f%", "50.0\u202f%", "900"):
        assert page.get_by_role("cell", name=number).first.is_visible()


@pytest.mark.parametrize("width", [320, 360])
def test_forms_with_rows_fit_a_phone(mesh: Users, open_browser: Open, width: int) -> None:
    page = open_browser(mesh.owner, viewport={"width": width, "height": 800}).new_page()

    for form in ("provenance", "objectives"):
        page.goto(f"/p/sales/draft/edit/{form}")
        inputs = page.locator("table.grid :is(input, select):visible").all()
        assert overflow(page) <= 0
        assert inputs
        for control in inputs[:8]:
            box = control.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width
