"""The request bodies of products."""

from uuid import uuid4

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from catalog.api.rest.bodies import Body, DocumentField, StrictString, StringList
from catalog.api.rest.errors import relocating
from catalog.exceptions import require_valid
from catalog.identifiers import is_slug, slug_issues, slug_of
from catalog.products.models import Visibility
from catalog.products.projection import API_VERSION, SENSITIVITIES, with_columns
from catalog.types import JSONObject


class Reasoned(Body):
    """An action with an optional reason, which is kept in the history."""

    reason = StrictString(required=False, allow_blank=True, max_length=2000)


class ProductChange(Reasoned):
    """New values of some of a product's simple fields; the others stay."""

    name = StrictString(required=False, max_length=200)
    slug = StrictString(required=False, max_length=120)
    version = StrictString(required=False, max_length=60)
    purpose = StrictString(required=False, allow_blank=True, max_length=20_000)
    limitations = StrictString(required=False, allow_blank=True, max_length=20_000)
    usage = StrictString(required=False, allow_blank=True, max_length=20_000)
    tags = StringList(required=False, max_length=200)
    sensitivity = serializers.ChoiceField(choices=list(SENSITIVITIES), required=False)
    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False)

    def validate_slug(self, slug: str) -> str:
        if not is_slug(slug):
            raise ValidationError("Use small letters, digits, dots, dashes and underscores.")
        return slug

    def columns(self) -> JSONObject:
        return {name: value for name, value in self.validated_data.items() if name in COLUMNS}


COLUMNS = frozenset(ProductChange().fields) - {"reason"}


class NewProduct(ProductChange):
    """A product to register: its domain, and its document or its simple fields."""

    domain = StrictString(max_length=120, help_text="The slug of the domain that owns it.")
    tree = DocumentField(required=False, help_text="A Bitol ODPS document; then no simple field.")

    def validate(self, attrs: JSONObject) -> JSONObject:
        """Require either a document or simple fields. Raises ValidationError."""
        if "tree" in attrs:
            message = ErrorDetail("The document says this; leave one of the two out.", code="twice")
            if duplicates := COLUMNS & set(attrs):
                raise ValidationError({name: [message] for name in sorted(duplicates)})
        elif "name" not in attrs:
            raise ValidationError(
                {"name": [ErrorDetail("A product needs a name.", code="required")]}
            )
        return attrs

    def document(self) -> JSONObject:
        """Return the tree that was sent, completed, or one made from the simple fields.

        Raises ValidationFailed if no slug can be made from the name, and none is given.
        """
        columns = self.columns()
        if "name" in columns and "slug" not in columns:
            with relocating("", "/"):
                require_valid(slug_issues(slug_of(columns["name"]), columns["name"]))
        tree: JSONObject = self.validated_data.get("tree") or {
            "status": "draft",
            "domain": self.validated_data["domain"],
        }
        required = {"apiVersion": API_VERSION, "kind": "DataProduct", "id": str(uuid4())}
        return with_columns(required | tree, columns)


class ReadersBody(Reasoned):
    """The other readers of a restricted product, by slug; replaces the list."""

    domains = StringList(max_length=500)
    teams = StringList(max_length=500)


class MoveBody(Reasoned):
    """The domain to move a product to."""

    domain = StrictString(max_length=120)


class UseBody(Body):
    """A use of a product to add."""

    title = StrictString(max_length=400)
    type = StrictString(source="use_type", required=False, allow_blank=True, max_length=60)
    url = StrictString(required=False, allow_blank=True, max_length=1000)
