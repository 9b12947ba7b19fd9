"""A product as a schema.org Dataset, which dataset search engines read in its page; pure.

https://developers.google.com/search/docs/appearance/structured-data/dataset
"""

import orjson

from catalog.manifests.linked_data.facts import PortFacts, ProductFacts
from catalog.manifests.linked_data.graph import address, clean
from catalog.manifests.linked_data.period import period_of
from catalog.types import JSONObject

MAX_DESCRIPTION = 5000
WEB = ("http://", "https://")
# What would end the script element, or a line of JavaScript; JSON may write each as an escape.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def dataset_of(facts: ProductFacts) -> JSONObject:
    """Return the dataset; what is not known is left out."""
    domain: JSONObject = {
        "@type": "Organization",
        "name": clean(facts.domain.name),
        "url": facts.domain.url,
    }
    period = period_of(facts.answer("period"))
    dataset: JSONObject = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": facts.iri,
        "name": clean(facts.name),
        "description": clean(facts.description)[:MAX_DESCRIPTION],
        "url": facts.page_url,
        "identifier": [facts.iri, *filter(None, [clean(facts.identifier)])],
        "version": clean(facts.version),
        "license": _licence(facts),
        "creator": domain,
        "publisher": domain,
        "keywords": [clean(tag) for tag in facts.tags],
        "dateModified": facts.modified.isoformat(timespec="seconds"),
        "datePublished": facts.issued.isoformat(timespec="seconds") if facts.issued else None,
        "temporalCoverage": period.interval if period else None,
        "creditText": clean(facts.citation),
        "distribution": [_download(port) for port in facts.ports if _content_url(port)],
        "variableMeasured": _columns(facts),
        "isBasedOn": [
            {"@type": "Dataset", "@id": source.iri, "name": clean(source.name), "url": source.iri}
            for source in facts.sources
            if source.iri
        ],
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "name": "Assay",
            "url": f"{facts.base}/",
        },
    }
    return {key: value for key, value in dataset.items() if value not in (None, "", [])}


def script_text(document: JSONObject) -> str:
    """Return a document as the text of a script element, which nothing in it can end."""
    return orjson.dumps(document).decode().translate(_ESCAPES)


def _licence(facts: ProductFacts) -> str | JSONObject | None:
    url = address(facts.reuse.license_url)
    if url:
        return url.value
    name = clean(facts.reuse.license)
    return {"@type": "CreativeWork", "name": name} if name else None


def _download(port: PortFacts) -> JSONObject:
    data_format = port.data_format or (port.servers[0].format if port.servers else "")
    download = {
        "@type": "DataDownload",
        "name": clean(f"{port.name} {port.version}"),
        "description": clean(port.description),
        "contentUrl": _content_url(port),
        "encodingFormat": clean(data_format),
    }
    return {key: value for key, value in download.items() if value}


def _content_url(port: PortFacts) -> str:
    """Return where a port's data can be fetched by HTTP; empty if it cannot."""
    places = [port.data_url, *(str(address(server.location) or "") for server in port.servers)]
    return next((place for place in places if place.startswith(WEB)), "")


def _columns(facts: ProductFacts) -> list[JSONObject]:
    return [
        {"@type": "PropertyValue", "name": clean(column.name)}
        | ({"description": clean(column.description)} if column.description else {})
        for column in facts.columns
    ]
