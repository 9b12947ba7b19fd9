"""API of a port's data: read what Assay hosts, and upload a file that it then hosts."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import Http404, UnreadablePostError
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.views import OfProduct
from catalog.api.rest.errors import PreconditionRequired
from catalog.api.rest.etags import ENTITY_TAG, READS
from catalog.api.rest.files import BLOCK, file_response
from catalog.authorization.access import require_permission, require_user
from catalog.contracts.hosted_data import open_data
from catalog.contracts.services import UploadedData, upload_data
from catalog.permissions import Permission
from catalog.ports.file_formats import MEDIA_TYPES, format_of
from catalog.ports.models import OutputPort
from catalog.ports.uploads import Upload, UploadCutShort
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from catalog.types import JSONObject

PORT = OpenApiParameter(
    "port", str, OpenApiParameter.PATH, description="The name of an output port."
)
VERSION = OpenApiParameter(
    "version", str, description="The port's version; the newest one that is not deprecated."
)
RANGE = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER, description="One range of bytes, such as bytes=0-1023."
)
FILE_NAME = OpenApiParameter(
    "filename", str, description="The file's name; its ending says the format."
)
REPLACES = [
    OpenApiParameter(
        "If-Match",
        str,
        OpenApiParameter.HEADER,
        description="The ETag of the data that is replaced; * for whatever is there.",
    ),
    OpenApiParameter(
        "If-None-Match", str, OpenApiParameter.HEADER, description="* if there is no data yet."
    ),
]
CONTENT = dict.fromkeys(
    (MEDIA_TYPES[name] for name in ("json", "csv", "parquet")), OpenApiTypes.BINARY
)


class UploadAnswer(serializers.Serializer[JSONObject]):
    """What an upload became; `url` is where the port serves it once the product is published."""

    product = serializers.UUIDField()
    port = serializers.CharField()
    version = serializers.CharField()
    format = serializers.CharField()
    location = serializers.CharField(help_text="Below the files root, as the contract names it.")
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    url = serializers.CharField()
    is_live = serializers.BooleanField(help_text="False until the next publication.")


class PortData(OfProduct):
    """The data of an output port, of which Assay has the file."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = UploadAnswer

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: FBT001
        """Take any Accept header: the port has one format, and problems are JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        parameters=[PORT, VERSION, RANGE, *READS],
        responses={(code, kind): OpenApiTypes.BINARY for code in (200, 206) for kind in CONTENT},
    )
    def retrieve(self, request: Request, uuid: UUID, port: str) -> HttpResponseBase:
        """Return the data of a public product without classified columns, or a range of it."""
        row = find_port(self.get_object(), port, request.query_params.get("version", ""))
        data = open_data(row, self.reader)
        return file_response(
            request._request, data.file, name=data.name, media_type=data.media_type
        )

    @extend_schema(
        request=CONTENT,
        responses={200: UploadAnswer, 201: UploadAnswer},
        parameters=[PORT, VERSION, FILE_NAME, *REPLACES],
    )
    def update(self, request: Request, uuid: UUID, port: str) -> Response:
        """Upload a CSV, JSON or Parquet file, which the port serves from then on.

        A port of this name is added if there is none; what readers see of it follows the next
        publication.
        """
        product = self.get_object()
        require_permission(self.reader, Permission.EDIT_PRODUCTS, product.domain)
        if request.content_type.startswith("multipart/"):
            raise UnsupportedMediaType(request.content_type)
        name = request.query_params.get("filename", "")
        product = edited_version(product)
        known = set(product.output_ports.values_list("name", flat=True))
        version = request.query_params.get("version") or newest_version(product, port)
        result = upload_data(
            product=product,
            name=port,
            version=version or "1.0.0",
            upload=Upload(
                chunks=chunks_of(request),
                format=format_of(name, request.content_type),
                name=name,
                size=int(request.META.get("CONTENT_LENGTH") or 0),
            ),
            replaces=replaced_tag(request),
            actor=require_user(request.user),
        )
        answer = Response(answer_of(result, request), status=200 if port in known else 201)
        answer["ETag"] = f'"{result.tag}"'
        return answer

    @extend_schema(
        request=CONTENT,
        responses={200: UploadAnswer, 201: UploadAnswer},
        parameters=[PORT, VERSION, FILE_NAME, *REPLACES],
    )
    def create(self, request: Request, uuid: UUID, port: str) -> Response:
        """Do the same as PUT."""
        return self.update(request, uuid, port)


def find_port(product: DataProduct, name: str, version: str) -> OutputPort:
    """Return a port by name, and by version if one is given. Raises Http404."""
    ports = product.output_ports.select_related("product__domain", "port_contract__contract")
    versions = {port.version: port for port in ports.filter(name=name)}
    port = versions.get(version or _newest(versions.values()))
    if port is None:
        raise Http404
    return port


def newest_version(product: DataProduct, name: str) -> str:
    """Return the newest version of a port that is not deprecated; empty if there is no port."""
    return _newest(product.output_ports.filter(name=name))


def _newest(ports: Any) -> str:
    def order(port: OutputPort) -> tuple[bool, list[int]]:
        return not port.is_deprecated, list(map(int, re.findall(r"[0-9]{1,9}", port.version)))

    newest = max(ports, key=order, default=None)
    return newest.version if newest else ""


def chunks_of(request: Request) -> Iterator[bytes]:
    """Yield the body of a request. Raises UploadCutShort."""
    try:
        while chunk := request._request.read(BLOCK):
            yield chunk
    except UnreadablePostError as error:
        message = "The upload broke off; nothing of it was kept."
        raise UploadCutShort(message, hint="Send it again.") from error


def replaced_tag(request: Request) -> str | None:
    """Return the tag of the data that is replaced; empty for none, None for whatever is there.

    Raises PreconditionRequired; ParseError if a header is no entity tag.
    """
    match, none_match = (
        request.headers.get(name, "").strip() for name in ("If-Match", "If-None-Match")
    )
    if none_match == "*":
        return ""
    if match == "*":
        return None
    if not match:
        raise PreconditionRequired(
            "An upload says what it replaces: If-Match with the ETag of the data, or * for "
            "whatever is there; If-None-Match: * if there is no data yet."
        )
    tag = ENTITY_TAG.match(match)
    if tag is None:
        raise ParseError('If-Match must be one entity tag, such as "3".', code="malformed-header")
    return tag.group(1)


def answer_of(result: UploadedData, request: Request) -> JSONObject:
    """Return an upload in the shape of UploadAnswer."""
    return {
        "product": str(result.product.uuid),
        "port": result.port.name,
        "version": result.port.version,
        "format": result.format,
        "location": result.location,
        "size": result.size,
        "sha256": result.sha256,
        "url": request.build_absolute_uri(request.path),
        "is_live": result.is_live,
    }
