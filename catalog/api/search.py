"""Search over the API, and similar products."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.products.serializers import ProductSummary, summary_of
from catalog.api.products.views import OfProduct
from catalog.api.rest.errors import InvalidParameters
from catalog.api.search_answer import search_answer
from catalog.search.fields import BIAS_STATES, TYPES
from catalog.search.result_types import RESULT_TYPES, ResultType
from catalog.search.result_types.result_type import UUIDText
from catalog.search.services.similarity import similar_to
from catalog.types import JSONObject
from catalog.web.search.similarity import shared_of

MOST_SIMILAR = 20
NUMBERS = ("limit", "page")
NUMBER = re.compile(r"-?[0-9]{1,9}")

FIELD_CLASSES: Mapping[Any, Callable[..., serializers.Field[Any, Any, Any, Any]]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    float: serializers.FloatField,
    bool: serializers.BooleanField,
    UUIDText: serializers.UUIDField,
    UUID: serializers.UUIDField,
    datetime: serializers.DateTimeField,
}


class FacetValueAnswer(serializers.Serializer[JSONObject]):
    """A value of a facet; `count` is the number of results if it is chosen."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not a label
    count = serializers.IntegerField()
    is_chosen = serializers.BooleanField()


class ResultAnswer(serializers.Serializer[JSONObject]):
    """One result, the reasons for it, and the search terms that it lacks."""

    type = serializers.CharField()
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    lacks = serializers.ListField(child=serializers.CharField())
    highlights = serializers.DictField(child=serializers.CharField())


def _serializer_for(result_type: ResultType) -> type[ResultAnswer]:
    """Build the serializer of a type's results from the JSON shape that the type declares."""
    shape = result_type.json
    fields = {
        name: _field_for(hint)
        for name, hint in get_type_hints(shape, include_extras=True).items()
        if name not in ResultAnswer._declared_fields
    }
    return type(shape.__name__, (ResultAnswer,), {"__doc__": shape.__doc__, **fields})


def _field_for(hint: Any, *, allow_null: bool = False) -> serializers.Field[Any, Any, Any, Any]:
    members = [member for member in get_args(hint) if member is not NoneType]
    if NoneType in get_args(hint):
        return _field_for(members[0], allow_null=True)
    if get_origin(hint) is list:
        return serializers.ListField(child=_field_for(members[0]), allow_null=allow_null)
    if get_origin(hint) is dict:
        return serializers.DictField(child=_field_for(members[1]), allow_null=allow_null)
    return FIELD_CLASSES[hint](allow_null=allow_null)


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="Result",
        serializers={
            name: _serializer_for(result_type) for name, result_type in RESULT_TYPES.items()
        },
        resource_type_field_name="type",
        many=True,
    )
)
class Results(serializers.ListField):
    """Results of one type, each in the shape of its type."""


class SearchAnswerBody(serializers.Serializer[JSONObject]):
    """A page of results; `next`, `previous` and `last` link to others by cursor."""

    type = serializers.CharField()
    count = serializers.IntegerField()
    results = Results()
    facets = serializers.DictField(child=FacetValueAnswer(many=True))
    corrections = serializers.ListField(child=serializers.DictField())
    also_searched = serializers.ListField(child=serializers.DictField())
    warnings = serializers.ListField(child=serializers.DictField())
    sort = serializers.CharField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    last = serializers.CharField(allow_null=True)


class Search(APIView):
    """Find products, terms or domains by words and filters."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="search",
        parameters=[
            OpenApiParameter("q", str, description="Words, phrases and `field:value` filters."),
            OpenApiParameter(
                "type", str, enum=TYPES, description="The type of results; by default products."
            ),
            OpenApiParameter(
                "bias",
                str,
                many=True,
                description=f"How the groups in the data are known: {', '.join(BIAS_STATES)}.",
            ),
            OpenApiParameter(
                "imbalance", str, many=True, description="An attribute, or `attribute=group`."
            ),
            OpenApiParameter(
                "min_share(sex)",
                str,
                description="The share of the smallest group of an attribute: `>=0.4`, `>=40%`.",
            ),
            OpenApiParameter(
                "max_gap(sex)",
                str,
                description="The largest gap to the reference of an attribute: `<=0.1`.",
            ),
            OpenApiParameter(
                "sort", str, description="relevance, name, updated or quality; else relevance."
            ),
            OpenApiParameter("limit", int, description="Results on a page, up to 100."),
            OpenApiParameter("page", int, description="Numbered page, as deep as 10,000."),
            OpenApiParameter("cursor", str, description="A place, as an answer gave it."),
        ],
        responses=SearchAnswerBody,
    )
    def get(self, request: Request) -> Response:
        """Search as the caller; an invalid filter is a warning, not an error."""
        issues = {
            name: [f"{name} is one whole number, such as {name}=2."]
            for name in NUMBERS
            for values in [request.query_params.getlist(name)]
            if len(values) > 1 or not all(NUMBER.fullmatch(value) for value in values)
        }
        types = request.query_params.getlist("type")
        if len(types) > 1 or not set(types) <= set(TYPES):
            issues["type"] = [f"type is one of {', '.join(TYPES)}."]
        if issues:
            raise InvalidParameters(issues)
        return Response(search_answer(request._request))


class SharedAnswer(serializers.Serializer[JSONObject]):
    """What two products share."""

    tags = serializers.ListField(child=serializers.CharField())
    columns = serializers.ListField(child=serializers.CharField())
    words = serializers.ListField(child=serializers.CharField())


class SimilarAnswer(serializers.Serializer[JSONObject]):
    """A similar product, and what it shares with the other."""

    product = ProductSummary()
    shared = SharedAnswer()


class SimilarAnswerBody(serializers.Serializer[JSONObject]):
    """Similar products, the most similar first; a short list without pages."""

    results = SimilarAnswer(many=True)


class SimilarProducts(OfProduct):
    """Similar products of a product."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = SimilarAnswerBody

    @extend_schema(responses=SimilarAnswerBody)
    def retrieve(self, request: Request, uuid: str) -> Response:
        """List up to 20 similar products, with the tags, columns and words that they share."""
        product = self.get_object()
        similar = similar_to(product=product, visitor=self.reader, limit=MOST_SIMILAR)
        results = [{"product": summary_of(s.product), "shared": shared_of(s)} for s in similar]
        return Response({"results": results})
