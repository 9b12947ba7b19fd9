"""The recipe on the API's page: from a token to a published product, as steps and as curl; pure."""

import json
from dataclasses import dataclass
from shlex import quote

from catalog.types import JSONObject


@dataclass(frozen=True, kw_only=True)
class RecipeStep:
    """A request below /api/v1; `{product}` in its path is the id that the first one answers."""

    about: str
    method: str
    path: str
    body: JSONObject
    is_edit: bool = True

    def as_curl(self, origin: str) -> str:
        path = self.path.replace("{product}", "$PRODUCT")
        lines = [
            f'curl -i -X {self.method} "{origin}/api/v1{path}"',
            '-H "Authorization: Bearer $TOKEN"',
            '-H "Content-Type: application/json"',
        ]
        if self.is_edit:
            lines.append('-H "If-Match: $ETAG"')
        lines.append(f"-d {quote(json.dumps(self.body))}")
        return " \\\n  ".join(lines)


QUESTIONS = "source collection_method period population known_imbalances limits contact".split()
RECIPE = (
    RecipeStep(
        about="Register a draft. PRODUCT is the id of the answer, ETAG its header ETag.",
        method="POST",
        path="/products",
        body={"domain": "sales", "name": "Orders", "purpose": "One row for each order."},
        is_edit=False,
    ),
    RecipeStep(
        about="Add an output port with its server. ETAG is that of the last answer, from here on.",
        method="POST",
        path="/products/{product}/ports",
        body={
            "name": "table",
            "server": {
                "server": "files",
                "type": "local",
                "path": "sales/orders.csv",
                "format": "csv",
            },
        },
    ),
    RecipeStep(
        about="Answer every provenance question, or mark it unknown.",
        method="PUT",
        path="/products/{product}/provenance",
        body={"answers": {code: {"state": "unknown"} for code in QUESTIONS}},
    ),
    RecipeStep(
        about="Publish, once the port has been checked: /findings says what is still missing.",
        method="POST",
        path="/products/{product}/publish",
        body={"reason": "Ready."},
    ),
)
