"""Croissant files become products, contracts and answers, and come back as they were."""

import orjson
import pytest
from django.db import transaction
from rdflib import Graph
from rdflib.compare import isomorphic

from catalog.authorization.access import EVERYTHING
from catalog.exceptions import ValidationFailed
from catalog.manifests.croissant_facts import port_facts
from catalog.manifests.formats import bitol_odps, croissant, odcs
from catalog.manifests.formats.croissant.checks import check_document
from catalog.manifests.formats.croissant.exporting import DatasetFacts, export, tables_of
from catalog.manifests.formats.croissant.importing import read_document
from catalog.manifests.formats.croissant.vocabulary import CONFORMS_TO, CONTEXT
from catalog.manifests.formats.types import ImportedProduct
from catalog.manifests.import_report import ImportReport
from catalog.manifests.plan import Action
from catalog.manifests.readers import Source
from catalog.manifests.services import import_manifests
from catalog.manifests.source_map import Document, SourcePosition
from catalog.products.models import DataProduct
from catalog.products.projection import custom
from catalog.types import JSONObject
from tests.factories import FACTORY, make_domain

# rdflib's parser of JSON-LD uses its own class that it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")


def dataset(**members: object) -> JSONObject:
    document: JSONObject = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": "Census",
        "url": "https://example.org/census",
    }
    return document | members


def answers_of(**members: object) -> JSONObject:
    tree = read_document(dataset(**members)).tree
    provenance = custom(tree, "assayProvenance")
    return dict(provenance["answers"]) if provenance else {}


def facts_of(imported: ImportedProduct) -> DatasetFacts:
    [contract] = imported.contracts
    return DatasetFacts(
        tree=imported.tree,
        contract=contract,
        iri="https://mesh.example/id/product/1",
        page="https://mesh.example/p/open/data",
        publisher="Open",
        tables=tables_of(contract),
    )


def as_graph(document: JSONObject) -> Graph:
    return Graph().parse(data=orjson.dumps(document), format="json-ld", publicID="urn:base:")


def test_every_sample_is_read_as_valid_documents_of_ours(shared_folder):
    samples = sorted((shared_folder / "samples/croissant").glob("1.*/**/*.json"))
    assert len(samples) >= 28
    for path in samples:
        document = orjson.loads(path.read_bytes())
        assert croissant.FORMAT.detects(document), path

        imported = read_document(document)

        issues = [*imported.issues, *imported.losses]
        tree = imported.tree | {"domain": "open"}
        for parse, one in ((bitol_odps.parse, tree), (odcs.parse, imported.contracts[0])):
            issues += parse(Document(path.name, one, SourcePosition(0, 0))).issues
        assert [str(issue) for issue in issues] == [], path


@pytest.mark.slow
def test_every_sample_that_nobody_edited_comes_back_as_the_same_graph(shared_folder):
    for path in sorted((shared_folder / "samples/croissant").glob("1.*/**/*.json")):
        document = orjson.loads(path.read_bytes())

        exported = export(facts_of(read_document(document)))

        assert isomorphic(as_graph(exported.document), as_graph(document)), path
        assert check_document(exported.document) == [], path
        assert exported.losses == [], path


def test_a_minimal_edit_changes_only_what_it_names():
    field = {"@type": "cr:Field", "@id": "people/age", "name": "age", "dataType": "sc:Integer"}
    field |= {"source": {"fileObject": {"@id": "f"}, "extract": {"column": "age"}}, "x:own": 1}
    record_set = {"@type": "cr:RecordSet", "@id": "people", "name": "people", "field": [field]}
    file = {"@type": "cr:FileObject", "@id": "f", "contentUrl": "https://example.org/f.csv"}
    file |= {"encodingFormat": "text/csv", "sha256": "00"}
    document = dataset(recordSet=[record_set], distribution=[file], alternateName="C", keywords="a")
    facts = facts_of(read_document(document))
    contract = orjson.loads(orjson.dumps(facts.contract))
    contract["schema"][0]["properties"][0]["description"] = "Years."
    tree = facts.tree | {"name": "Census 2026"}
    edited = DatasetFacts(
        **(vars(facts) | {"tree": tree, "contract": contract, "tables": tables_of(contract)})
    )

    exported = export(edited).document

    expected = orjson.loads(orjson.dumps(document)) | {"name": "Census 2026"}
    expected["recordSet"][0]["field"][0]["description"] = "Years."
    assert exported == expected


@pytest.mark.parametrize(
    ("key", "question"),
    [
        ("rai:dataCollectionTimeframe", "collection_period"),
        ("rai:dataCollectionTimeFrame", "collection_period"),
        ("rai:dataReleaseMaintenance", "maintenance_plan"),
        ("rai:dataReleaseMaintenancePlan", "maintenance_plan"),
        ("rai:dataDataManipulationProtocol", "manipulation"),
        ("rai:annotationProtocol", "annotation_protocol"),
        ("rai:useCases", "use_cases"),
        ("http://mlcommons.org/croissant/RAI/dataBiases", "biases"),
    ],
)
@pytest.mark.parametrize("value", ["2020/2021 as text", ["2020/2021 as text"]])
def test_every_spelling_of_a_rai_property_is_an_answer(key, question, value):
    answer = answers_of(**{key: value})[question]

    assert answer["state"] == "answered"
    assert "2020/2021 as text" in (answer.get("text", ""), *answer.get("values", ()))


def test_a_prefix_of_another_name_is_read_by_its_iri():
    context = CONTEXT | {"responsible": CONTEXT["rai"], "rai": None}

    answers = answers_of(**{"@context": context, "responsible:dataLimitations": ["a", "b"]})

    assert answers["limits"]["text"] == "a\nb"


def test_what_a_dataset_is_derived_from_is_an_answer():
    sources = [{"@id": "https://example.org/raw"}, {"name": "The register"}]

    answers = answers_of(**{"prov:wasDerivedFrom": sources})

    assert answers["derived_from"]["values"] == ["https://example.org/raw", "The register"]


def test_an_answer_that_is_too_long_is_cut_and_reported():
    imported = read_document(dataset(**{"rai:dataLimitations": "x" * 30_000}))

    [loss] = imported.losses
    assert "limits" in loss.message
    assert len(custom(imported.tree, "assayProvenance")["answers"]["limits"]["text"]) == 20_000


@pytest.mark.parametrize(
    ("document", "location"),
    [
        ([], "/@type"),
        (dataset(conformsTo="http://mlcommons.org/croissant/0.8"), "/conformsTo"),
        (dataset(conformsTo="http://mlcommons.org/croissant/2.0"), "/conformsTo"),
        (dataset(name=""), "/name"),
        (dataset(**{"@type": "sc:Person"}), "/@type"),
    ],
)
def test_what_is_no_croissant_of_a_known_version_is_refused_at_its_place(document, location):
    with pytest.raises(ValidationFailed) as refused:
        read_document(document)

    assert [issue.location for issue in refused.value.issues] == [location]


def test_a_context_that_is_only_named_by_url_is_read_without_fetching_it():
    imported = read_document(dataset(**{"@context": "https://example.org/context.json"}))

    assert imported.tree["name"] == "Census"


def test_an_imported_document_that_clients_refuse_is_rewritten_and_says_why():
    context = {key: str(term).replace("https:", "http:") for key, term in CONTEXT.items()}
    imported = read_document(dataset(**{"@context": context, "description": "Kept."}))

    exported = export(facts_of(imported))

    assert exported.document["@context"] == CONTEXT
    assert exported.document["description"] == "Kept."
    assert "would not load" in exported.losses[0].message


def bring(document: JSONObject) -> ImportReport:
    source = Source("census.json", lambda: orjson.dumps(document))
    results = import_manifests(sources=[source], actor=FACTORY, default_domain="open")
    return ImportReport.of(results)


@pytest.mark.django_db
def test_a_file_that_is_imported_again_without_a_member_is_exported_without_it():
    make_domain("open")
    bring(dataset(alternateName="The count", keywords=["a", "b"]))
    product = DataProduct.objects.get()

    [changed] = bring(dataset(keywords=["a"])).results
    [same] = bring(dataset(keywords=["a"])).results

    product.refresh_from_db()
    exported = export(port_facts(product.output_ports.get(), EVERYTHING)).document
    assert (changed.action, same.action) == (Action.CHANGE, Action.NONE)
    assert isomorphic(as_graph(exported), as_graph(dataset(keywords=["a"])))


@pytest.mark.django_db
def test_every_sample_is_imported_once_and_changes_nothing_again(shared_folder):
    make_domain("open")
    for path in sorted((shared_folder / "samples/croissant").glob("1.*/**/*.json")):
        document = orjson.loads(path.read_bytes())

        with transaction.atomic():
            results = [result for _ in range(2) for result in bring(document).results]
            product = DataProduct.objects.get()
            exported = export(port_facts(product.output_ports.get(), EVERYTHING)).document
            transaction.set_rollback(True)

        assert [str(issue) for result in results for issue in result.issues] == [], path
        assert [result.action for result in results] == [Action.CREATE, Action.NONE], path
        assert isomorphic(as_graph(exported), as_graph(document)), path
