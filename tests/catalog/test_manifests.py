"""Manifests: planned, landed as one or not at all, and safe to bring in twice."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.audit.models import AuditEvent
from catalog.manifests.bundles import BundleCollector
from catalog.manifests.formats import bitol_odps
from catalog.manifests.import_report import ImportReport
from catalog.manifests.plan import (
    Action,
    CurrentContract,
    CurrentProduct,
    Transition,
    decide,
    diff,
)
from catalog.manifests.readers import Source
from catalog.manifests.services import import_manifests
from catalog.products.models import DataProduct, ProductAlias
from catalog.products.services import move_product, patch_document
from catalog.publication.services import deprecate_product, publish_product
from tests.factories import (
    FACTORY,
    make_domain,
    make_person,
    make_product,
    make_users,
    with_good_checks,
)

PRODUCT = """\
apiVersion: v1.0.0
kind: DataProduct
id: orders-product
name: Orders
version: 1.0.0
status: draft
domain: sales
description:
  purpose: Every order of the shop, one row each.
outputPorts:
- name: table
  version: 1.0.0
  contractId: orders-contract
customProperties:
- property: assayProvenance
  value:
    answers:
      source: {state: answered, text: The shop's order log.}
      collection_method: {state: unknown}
      period: {state: unknown}
      population: {state: unknown}
      known_imbalances: {state: unknown}
      limits: {state: unknown}
      contact: {state: unknown}
- property: assayVisibility
  value: public
"""
CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: orders-contract
name: Orders
version: 1.0.0
status: active
servers:
- server: files
  type: local
  path: sales/orders.csv
  format: csv
schema:
- name: orders
  properties:
  - name: order_id
    logicalType: integer
  - name: placed_at
    logicalType: timestamp
"""
ACTIVE = PRODUCT.replace("status: draft", "status: active")


def texts(*items):
    return [Source(f"{number}.yaml", text.encode) for number, text in enumerate(items)]


def bring(*items, actor=FACTORY, **options):
    return ImportReport.of(import_manifests(sources=texts(*items), actor=actor, **options))


def bring_one(*items, **options):
    (result,) = bring(*items, **options).results
    return result


def bring_checked(*items, **options):
    """Import, let every port pass a check, and import again."""
    bring(*items, **options)
    for product in DataProduct.objects.all():
        with_good_checks(product)
    return bring_one(*items, **options)


@pytest.fixture
def sales():
    return make_users(make_domain("sales"))


# --- the plan, without a database -----------------------------------------------------------------

TREE = {"id": "a", "name": "Orders", "status": "draft", "version": "1.0.0", "tags": ["x"]}
CONTRACT_TREE = {"id": "c", "version": "1.0.0", "schema": []}
CURRENT = CurrentProduct(
    tree=TREE,
    status="draft",
    domain="sales",
    contracts={("c", "1.0.0"): CurrentContract(tree=CONTRACT_TREE)},
)


def plan(tree=None, contracts=(), product=CURRENT, **options):
    return decide(tree, contracts, product, **({"domain": "sales"} | options))


def current(**changes):
    return CurrentProduct(**({"tree": TREE, "status": "draft", "domain": "sales"} | changes))


def test_a_product_that_does_not_exist_is_created():
    decision = plan(TREE, [CONTRACT_TREE], product=None)

    assert (decision.action, decision.contracts) == (Action.CREATE, (0,))


def test_equal_documents_change_nothing():
    assert plan(TREE, [CONTRACT_TREE]).action is Action.NONE


def test_a_change_lists_what_it_adds_removes_and_replaces():
    decision = plan({**TREE, "name": "Sales", "tags": [], "tenant": "shop"})

    assert decision.action is Action.CHANGE
    assert decision.changes == ("replaces /name", "removes /tags/0", "adds /tenant")


def test_long_lists_of_changes_are_shortened():
    decision = plan({**TREE, "tags": [str(n) for n in range(100)]})

    assert decision.changes[-1] == "and 80 more"


def test_one_and_true_and_one_point_zero_differ():
    assert list(diff({"a": 1}, {"a": True})) == ["replaces /a"]
    assert list(diff({"a": 1}, {"a": 1.0})) == ["replaces /a"]


def test_edits_by_people_are_a_conflict_until_overwritten():
    edited = current(is_edited=True)

    assert plan({**TREE, "name": "B"}, product=edited).action is Action.CONFLICT
    assert plan({**TREE, "name": "B"}, product=edited, overwrite=True).action is Action.CHANGE
    assert plan(TREE, product=edited).action is Action.NONE


def test_a_contract_of_a_published_version_cannot_change():
    frozen = current(
        contracts={("c", "1.0.0"): CurrentContract(tree=CONTRACT_TREE, is_frozen=True)}
    )

    decision = plan(TREE, [{**CONTRACT_TREE, "name": "new"}], product=frozen, overwrite=True)

    assert decision.action is Action.REFUSED
    assert "increase its version" in decision.reason


def test_another_domain_moves_the_product():
    assert plan(TREE, domain="shop").changes == ("moves it from sales to shop",)


@pytest.mark.parametrize(
    ("requested", "status", "stated", "step"),
    [
        ("active", "draft", "active", Transition.PUBLISH),
        ("active", "published", "draft", Transition.NONE),
        ("active", "deprecated", "active", Transition.NONE),
        ("active", "deprecated", "deprecated", Transition.PUBLISH),
        ("active", "retired", "retired", Transition.NONE),
        ("deprecated", "published", "active", Transition.DEPRECATE),
        ("retired", "deprecated", "deprecated", Transition.RETIRE),
        ("deprecated", "draft", "draft", Transition.NONE),
        ("deprecated", "retired", "active", Transition.NONE),
        ("draft", "published", "draft", Transition.NONE),
        ("active", "external", "active", Transition.NONE),
    ],
)
def test_a_status_is_applied_unless_people_decided_otherwise(requested, status, stated, step):
    product = current(tree={**TREE, "status": stated}, status=status)

    assert plan({**TREE, "status": requested}, product=product).transition is step


def test_a_new_version_of_a_published_product_is_published_again():
    product = current(status="published", frozen_versions=frozenset({"1.0.0"}))
    tree = {**TREE, "status": "active", "name": "New"}

    same, raised = (
        plan(tree, product=product),
        plan({**tree, "version": "1.1.0"}, product=product),
    )

    assert (same.transition, raised.transition) == (Transition.NONE, Transition.PUBLISH)
    assert "increase the version" in same.notes[0]


# --- collector ------------------------------------------------------------------------------------


def test_contracts_are_bundled_with_the_product_that_names_them():
    collector = BundleCollector(
        texts(CONTRACT, PRODUCT + "---\n" + CONTRACT.replace("1.0.0", "1.1.0"))
    )

    (bundle,) = collector.bundles()

    assert [contract.tree["version"] for contract in bundle.contracts] == ["1.0.0", "1.1.0"]
    assert not bundle.has_errors


def test_a_duplicate_product_is_an_error_and_the_first_one_is_used():
    collector = BundleCollector(texts(PRODUCT, PRODUCT.replace("id: orders-product", "id: other")))

    assert len(collector) == 1
    assert [issue.code for issue in collector.issues] == ["manifest.duplicate"]


def test_a_duplicate_contract_version_is_an_error():
    (bundle,) = BundleCollector(texts(PRODUCT, CONTRACT, CONTRACT)).bundles()

    assert [issue.code for issue in bundle.issues] == ["manifest.duplicate"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1", "kind is missing"),
        ("kind: DataProdct", "Unsupported kind"),
        ("kind: []", "Unsupported kind"),
        ("schema: x\nversion: 4.1\nproduct: {details: {}}", "the other standard called ODPS"),
        ("apiVersion: 2.2.2\ndatasetName: x", "before ODCS 3.0"),
    ],
)
def test_a_document_of_an_unsupported_kind_is_an_error(text, words):
    (issue,) = BundleCollector(texts(text)).issues

    assert words in issue.message
    assert issue.is_error


def test_other_files_of_a_folder_are_ignored_with_a_warning():
    source = Source("compose.yaml", lambda: b"services: {}", is_explicit=False)

    (issue,) = BundleCollector([source]).issues

    assert not issue.is_error


def test_a_file_that_cannot_be_read_is_an_error():
    def fail():
        raise PermissionError(13, "Permission denied")

    (issue,) = BundleCollector([Source("a.yaml", fail)]).issues

    assert "Permission denied" in issue.message


# --- result --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_product_is_imported_with_its_contract(sales):
    result = bring_one(PRODUCT, CONTRACT)

    product = DataProduct.objects.get(domain=sales.domain, slug="orders")
    assert (result.action, result.address) == (Action.CREATE, "sales/orders")
    assert product.purpose == "Every order of the shop, one row each."
    port = product.output_ports.get()
    assert port.port_contract.contract.servers.get().location == "sales/orders.csv"
    columns = port.port_contract.contract.schema_objects.get().properties
    assert list(columns.values_list("name", flat=True)) == ["order_id", "placed_at"]
    assert product.provenance.answers.count() == 7


@pytest.mark.django_db
def test_importing_the_same_bytes_again_makes_no_event_and_no_revision(sales):
    bring(PRODUCT, CONTRACT)
    product = DataProduct.objects.get()
    events = AuditEvent.objects.count()

    result = bring_one(PRODUCT, CONTRACT)

    again = DataProduct.objects.get()
    assert result.action is Action.NONE
    assert (again.edition, again.revision) == (product.edition, product.revision)
    assert AuditEvent.objects.count() == events


@pytest.mark.django_db
def test_a_change_changes_only_what_it_names(sales):
    bring(PRODUCT, CONTRACT)
    before = DataProduct.objects.get().tree

    result = bring_one(PRODUCT.replace("Every order", "Each order"), CONTRACT)

    after = DataProduct.objects.get().tree
    assert result.changes == ("replaces /description/purpose",)
    assert list(diff(before, after)) == ["replaces /description/purpose"]


@pytest.mark.django_db
def test_an_active_product_is_published_once_a_port_has_passed_a_check(sales):
    before = bring_one(ACTIVE, CONTRACT)

    result = bring_checked(ACTIVE, CONTRACT)

    assert (before.status, [finding.code for finding in before.findings]) == (
        "draft",
        ["port-is-live"],
    )
    assert (result.status, result.findings) == ("published", ())
    assert bring_one(ACTIVE, CONTRACT).action is Action.NONE


@pytest.mark.django_db
def test_an_active_product_that_the_gate_refuses_is_a_draft_until_it_passes():
    domain = make_domain("sales")

    report = bring(ACTIVE, CONTRACT)

    (result,) = report.results
    assert result.status == "draft"
    assert {finding.code for finding in result.findings} == {
        "owner-is-active",
        "steward-is-not-owner",
        "port-is-live",
    }
    assert report.exit_code == 1
    make_users(domain)
    again = bring_checked(ACTIVE, CONTRACT)
    assert (again.action, again.status, again.findings) == (Action.NONE, "published", ())


@pytest.mark.django_db
def test_an_edit_by_people_is_kept_until_overwritten(sales):
    bring(PRODUCT, CONTRACT)
    product = DataProduct.objects.get()
    patch = [{"op": "replace", "path": "/description/purpose", "value": "Ours."}]
    patch_document(product=product, patch=patch, edition=product.edition, actor=sales.owner)
    changed = PRODUCT.replace("Every order", "Each order")

    conflict = bring(changed, CONTRACT)

    assert conflict.results[0].action is Action.CONFLICT
    assert conflict.exit_code == 1
    assert DataProduct.objects.get().purpose == "Ours."
    assert bring_one(changed, CONTRACT, overwrite=True).action is Action.CHANGE
    assert DataProduct.objects.get().purpose.startswith("Each order")


@pytest.mark.django_db
def test_a_deprecation_by_people_survives_the_next_import(sales):
    bring_checked(ACTIVE, CONTRACT)
    product = DataProduct.objects.get()
    deprecate_product(product=product, edition=product.edition, actor=sales.owner)

    result = bring_one(ACTIVE, CONTRACT)

    assert result.status == "deprecated"
    assert "the manifest still says active" in result.notes[0]


@pytest.mark.django_db
def test_a_manifest_deprecates_and_names_the_successor(sales):
    bring_checked(ACTIVE, CONTRACT)
    newer = make_product("Orders 2", domain=sales.domain)
    text = ACTIVE.replace("status: active", "status: deprecated")
    text += f"- property: assaySuccessor\n  value: sales/{newer.slug}\n"

    result = bring_one(text, CONTRACT)

    assert result.status == "deprecated"
    assert DataProduct.objects.get(slug="orders").successor == newer


@pytest.mark.django_db
def test_a_successor_that_the_importer_cannot_see_is_ignored(sales):
    bring_checked(ACTIVE, CONTRACT)
    secret = make_product("Secrets", domain=make_domain("vault"), assayVisibility="restricted")
    text = ACTIVE.replace("status: active", "status: deprecated")
    text += f"- property: assaySuccessor\n  value: vault/{secret.slug}\n"

    result = bring_one(text, CONTRACT, actor=sales.owner)

    assert result.status == "deprecated"
    assert DataProduct.objects.get(slug="orders").successor is None


@pytest.mark.django_db
def test_a_new_version_is_frozen_in_addition_to_the_old_one(sales):
    bring_checked(ACTIVE, CONTRACT)
    newer = ACTIVE.replace("version: 1.0.0\nstatus", "version: 1.1.0\nstatus")

    bring(newer.replace("Every order", "Each order"), CONTRACT)

    versions = DataProduct.objects.get().versions.values_list("version", flat=True)
    assert sorted(versions) == ["1.0.0", "1.1.0"]


@pytest.mark.django_db
def test_a_published_contract_needs_a_new_version_to_change(sales):
    bring_checked(ACTIVE, CONTRACT)

    result = bring_one(ACTIVE, CONTRACT.replace("order_id", "id"))

    assert result.action is Action.REFUSED
    newer = CONTRACT.replace("order_id", "id").replace("version: 1.0.0", "version: 2.0.0")
    assert bring_one(ACTIVE, CONTRACT, newer).changes == ("adds contract orders-contract 2.0.0",)


@pytest.mark.django_db
def test_one_bad_product_stops_no_other_and_nothing_of_it_is_saved(sales):
    bad = PRODUCT.replace("orders-", "bad-").replace("name: Orders", "name: Bad")
    evil = CONTRACT.replace("orders-", "bad-").replace(
        "type: local\n  path: sales/orders.csv\n  format: csv",
        "type: api\n  location: http://169.254.169.254/latest",
    )

    report = bring(bad, evil, PRODUCT, CONTRACT)

    assert [result.action for result in report.results] == [Action.INVALID, Action.CREATE]
    (issue,) = report.results[0].issues
    assert (issue.file, issue.line, issue.location) == ("1.yaml", 10, "/servers/0/location")
    assert report.exit_code == 2
    assert list(DataProduct.objects.values_list("slug", flat=True)) == ["orders"]
    assert ProductAlias.objects.filter(identifier="bad-product").count() == 0


@pytest.mark.django_db
def test_an_unreadable_file_stops_no_product(sales):
    report = bring("a: [", PRODUCT, CONTRACT)

    assert report.results[0].action is Action.CREATE
    assert report.issues[0].code == "reading.yaml-syntax"
    assert report.exit_code == 2


@pytest.mark.django_db
def test_a_dry_run_reports_the_same_and_writes_nothing(sales):
    rehearsed = bring_one(ACTIVE, CONTRACT, is_dry_run=True)

    assert (rehearsed.action, rehearsed.status) == (Action.CREATE, "draft")
    assert DataProduct.objects.count() == 0
    assert ProductAlias.objects.count() == 0
    assert bring_one(ACTIVE, CONTRACT).findings == rehearsed.findings


@pytest.mark.django_db
def test_an_unknown_domain_is_an_error_that_suggests_the_nearest_one(sales):
    result = bring_one(PRODUCT.replace("domain: sales", "domain: slaes"))

    (issue,) = result.issues
    assert (result.action, issue.location, issue.line) == (Action.INVALID, "/domain", 7)
    assert issue.hint == "Did you mean sales?"


@pytest.mark.django_db
def test_a_product_without_domain_is_imported_into_the_default_domain(sales):
    text = PRODUCT.replace("domain: sales\n", "")

    assert bring_one(text, CONTRACT).action is Action.INVALID
    assert bring_one(text, CONTRACT, default_domain="sales").address == "sales/orders"
    assert bring_one(text, CONTRACT).action is Action.NONE


@pytest.mark.django_db
def test_a_name_that_is_taken_is_refused(sales):
    make_product("Orders", domain=sales.domain)

    result = bring_one(PRODUCT, CONTRACT)

    assert result.action is Action.REFUSED
    assert "address of another product" in result.reason


@pytest.mark.django_db
def test_a_team_in_a_file_gets_no_role():
    domain = make_domain("sales")
    person = make_person("mallory")

    bring(PRODUCT + "team:\n  members:\n  - {username: mallory, role: owner}\n", CONTRACT)

    assert not domain.memberships.filter(person=person).exists()
    assert DataProduct.objects.get().tree["team"]["members"][0]["username"] == "mallory"


@pytest.mark.django_db
def test_people_without_the_right_to_edit_import_nothing(sales):
    for person in (sales.outsider, sales.consumer):
        result = bring_one(PRODUCT, CONTRACT, actor=person)

        assert result.action is Action.REFUSED
        assert "needs the role" in result.reason
    assert DataProduct.objects.count() == 0


@pytest.mark.django_db
def test_people_without_the_right_to_publish_import_a_draft(sales):
    result = bring_one(ACTIVE, CONTRACT, actor=sales.steward)

    assert result.status == "draft"
    assert [finding.code for finding in result.findings] == ["permission-denied"]


@pytest.mark.django_db
def test_a_product_that_a_person_cannot_see_is_not_named_to_them(sales):
    bring(PRODUCT, CONTRACT)
    other = make_users(make_domain("other"))

    result = bring_one(PRODUCT.replace("sales", "other"), actor=other.owner)

    assert result.action is Action.REFUSED
    assert "sales" not in json.dumps(result.as_json()).replace(PRODUCT, "").lower()


@pytest.mark.django_db
def test_a_manifest_moves_a_product_with_its_address(sales, settings):
    settings.ASSAY_SHARED_FOLDERS = [("sales", "shop")]
    make_domain("shop")
    bring(PRODUCT, CONTRACT)

    result = bring_one(PRODUCT.replace("domain: sales", "domain: shop"), CONTRACT)

    assert (result.action, result.address) == (Action.CHANGE, "shop/orders")
    assert DataProduct.objects.get().former_addresses.get().slug == "orders"


@pytest.mark.django_db
def test_a_move_by_people_is_a_conflict_with_the_old_manifest(sales, settings):
    settings.ASSAY_SHARED_FOLDERS = [("sales", "shop")]
    bring(PRODUCT, CONTRACT)
    product = DataProduct.objects.get()
    move_product(
        product=product, domain=make_domain("shop"), edition=product.edition, actor=FACTORY
    )

    assert bring_one(PRODUCT, CONTRACT).action is Action.CONFLICT


@pytest.mark.django_db
def test_a_contract_alone_is_imported_into_its_product(sales):
    bring(PRODUCT, CONTRACT)

    result = bring_one(CONTRACT.replace("name: Orders", "name: The orders"))

    assert result.action is Action.CHANGE
    assert DataProduct.objects.get().contracts.get().name == "The orders"


@pytest.mark.django_db
def test_a_contract_that_no_product_names_is_an_error(sales):
    result = bring_one(CONTRACT)

    assert result.action is Action.INVALID
    assert "contractId" in result.issues[0].hint


@pytest.mark.django_db
def test_a_product_created_here_is_identified_by_its_own_id(sales):
    product = make_product("Made here", domain=sales.domain)
    text = PRODUCT.replace("orders-product", product.tree["id"]).replace("Orders", "Made here")

    result = bring_one(text, CONTRACT)

    assert result.action is Action.CONFLICT
    assert "never been imported" in result.reason
    assert bring_one(text, CONTRACT, overwrite=True).action is Action.CHANGE
    assert DataProduct.objects.count() == 1


@pytest.mark.django_db
def test_a_publication_by_people_is_not_a_conflict(sales):
    bring_checked(PRODUCT, CONTRACT)
    product = DataProduct.objects.get()
    publish_product(product=product, edition=product.edition, actor=sales.owner)

    assert bring_one(PRODUCT, CONTRACT).action is Action.NONE
    changed = bring_one(PRODUCT.replace("Every", "Each"), CONTRACT)
    assert (changed.action, changed.status) == (Action.CHANGE, "published")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["owner", None])
def test_importing_an_unchanged_manifest_takes_few_statements(
    sales, role, django_assert_max_num_queries
):
    actor = getattr(sales, role) if role else FACTORY
    bring_checked(ACTIVE, CONTRACT, actor=actor)

    with django_assert_max_num_queries(6):
        result = bring_one(ACTIVE, CONTRACT, actor=actor)

    assert (result.action, result.status) == (Action.NONE, "published")


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/product.yaml").write_text(ACTIVE)
    (tmp_path / "orders/contract.odcs.yaml").write_text(CONTRACT)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden/broken.yaml").write_text("a: [")
    (tmp_path / "notes.txt").write_text("not a manifest")
    return tmp_path


def run(*arguments):
    """Return the exit code of the command."""
    try:
        call_command("import_manifests", *map(str, arguments))
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.mark.django_db
def test_a_folder_is_imported_and_unchanged_the_second_time(folder, sales, capsys):
    assert run(folder) == 1
    with_good_checks(DataProduct.objects.get())
    assert run(folder) == 0
    assert run(folder) == 0

    out = capsys.readouterr().out
    assert "create    sales/orders [draft]: no product here has the id orders-product" in out
    assert "outputPorts.table: Port table 1.0.0 has no successful check" in out
    assert "no change sales/orders [published]: no changes" in out


@pytest.mark.django_db
def test_a_dry_run_writes_nothing_and_says_so(folder, sales, capsys):
    assert run(folder, "--dry-run") == 1

    assert "dry run: nothing was written" in capsys.readouterr().out
    assert DataProduct.objects.count() == 0


@pytest.mark.django_db
def test_the_json_report_is_one_object(folder, sales, capsys):
    assert run(folder, "--json") == 1

    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["create"] == 1
    assert report["products"][0]["address"] == "sales/orders"
    assert report["dry_run"] is False


@pytest.mark.django_db
def test_each_error_has_file_line_location_code_and_hint(folder, sales, capsys):
    path = folder / "orders/product.yaml"
    path.write_text(ACTIVE.replace("version: 1.0.0\nstatus", "version: [1]\nstatus"))

    assert run(folder) == 2

    out = capsys.readouterr().out
    assert f"{path}:5:1: error: Must be a string, not a list" in out
    assert "[bitol-odps.type at /version] Put it in quotes" in out


@pytest.mark.django_db
def test_findings_exit_with_one(folder, capsys):
    make_domain("sales")

    assert run(folder) == 1

    assert "domain.owner: The domain has no active owner." in capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_acts_as_a_person_with_their_rights(folder, sales, capsys):
    assert run(folder, "--as", sales.outsider.username) == 1
    assert "refused   Orders" in capsys.readouterr().out
    assert run(folder, "--as", sales.owner.username) == 1
    assert "create    sales/orders [draft]" in capsys.readouterr().out

    event = AuditEvent.objects.filter(verb="registered").get()
    assert event.actor_name == sales.owner.display_name


@pytest.mark.django_db
def test_a_missing_path_or_person_exits_with_two(folder):
    with pytest.raises(CommandError) as missing:
        run(folder / "nowhere")
    with pytest.raises(CommandError) as nobody:
        run(folder, "--as", "nobody")

    assert (missing.value.returncode, nobody.value.returncode) == (2, 2)


# --- the guide ------------------------------------------------------------------------------------

GUIDE = Path(__file__).resolve().parents[2] / "docs/how-to/manifest.md"


@pytest.mark.django_db
def test_the_guides_own_manifest_is_published(sales):
    _, _, rest = GUIDE.read_text().partition("```yaml\n")

    result = bring_checked(rest.partition("```")[0])

    assert (result.status, result.findings, result.issues) == ("published", (), ())


def test_the_guide_lists_each_of_our_keys():
    text = GUIDE.read_text()

    keys = [key for keys_of_schema in bitol_odps.key_schemas().values() for key in keys_of_schema]

    assert [key for key in keys if f"`{key}`" not in text and f"`{key}." not in text] == []
