"""The vocabulary of Croissant 1.1 and its RAI extension: context, data types, namespaces; pure."""

from catalog.types import JSONObject

CROISSANT = "http://mlcommons.org/croissant/"
# The namespace until version 0.8.
OLD_CROISSANT = "http://mlcommons.org/schema/"
RAI = f"{CROISSANT}RAI/"
SCHEMA_ORG = "https://schema.org/"
CONFORMS_TO = f"{CROISSANT}1.1"
VERSIONS = (CONFORMS_TO, f"{CROISSANT}1.0")
_CROISSANT_TERMS = (
    "annotation",
    "arrayShape",
    "citeAs",
    "column",
    "containedIn",
    "equivalentProperty",
    "excludes",
    "extract",
    "field",
    "fileObject",
    "fileProperty",
    "fileSet",
    "format",
    "includes",
    "isArray",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "readLines",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "sdVersion",
    "separator",
    "source",
    "subField",
    "transform",
    "unArchive",
)
# The clients read schema.org under https only, and need a default language: `und` because texts
# do not say theirs.
CONTEXT: JSONObject = {
    "@language": "und",
    "@vocab": SCHEMA_ORG,
    "sc": SCHEMA_ORG,
    "cr": CROISSANT,
    "rai": RAI,
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _CROISSANT_TERMS},
}

# Logical types of ODCS by data type, without its namespace.
LOGICAL_TYPES = {
    "Text": "string",
    "URL": "string",
    "Integer": "integer",
    "Float": "number",
    "Number": "number",
    "Boolean": "boolean",
    "Date": "date",
    "DateTime": "timestamp",
    "Time": "time",
    **{f"{kind}{bits}": "integer" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64)},
    **{f"Float{bits}": "number" for bits in (16, 32, 64)},
}
DATA_TYPES = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "timestamp": "sc:DateTime",
    "time": "sc:Time",
}
# Data types by the beginning of a database's type, for columns without a logical type.
PHYSICAL_TYPES = (
    (("timestamp", "datetime"), "sc:DateTime"),
    (("date",), "sc:Date"),
    (("bool",), "sc:Boolean"),
    (("int", "bigint", "smallint", "tinyint", "hugeint", "uint", "serial"), "sc:Integer"),
    (("float", "double", "real", "decimal", "numeric", "number"), "sc:Float"),
    (("char", "varchar", "text", "string", "nvarchar", "uuid"), "sc:Text"),
)
ROW_COUNT = "http://www.wikidata.org/entity/Q4049983"
# The custom property with the `@id` that a table or column has in the document that it came from.
NODE_ID = "croissantId"
# The field that has all columns of a table without a file.
GROUP = "columns"
