"""API of ports: list output and input ports, and add an output port."""

from collections.abc import Mapping
from uuid import UUID

from django.urls import reverse
from django_filters import CharFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.bodies import Reasoned
from catalog.api.products.documents import parse_body_document
from catalog.api.products.views import OfProduct
from catalog.api.rest.bodies import Body, DocumentField, StrictInteger, StrictString
from catalog.api.rest.errors import relocating
from catalog.api.rest.etags import EDITS, READS, with_etag
from catalog.api.rest.views import ModelAnswer, OfVisibleProducts
from catalog.authorization.access import require_user
from catalog.contracts.projection import new_tree
from catalog.contracts.services import add_output_port, confirm_output_port
from catalog.manifests.formats import odcs
from catalog.permissions import Permission
from catalog.ports.models import InputPort, OutputPort
from catalog.ports.projection import MAX_INTERVAL, MIN_INTERVAL
from catalog.products.models import DataProduct
from catalog.types import JSONObject

SERVER = "/servers/0"


class PortAnswer(ModelAnswer[OutputPort]):
    """An output port, its last measurement and its contract."""

    product = serializers.UUIDField(source="product.uuid")
    contract = serializers.UUIDField(source="port_contract.contract.uuid", allow_null=True)

    class Meta:
        model = OutputPort
        fields = (
            "id",
            "product",
            "name",
            "version",
            "type",
            "description",
            "contract",
            "is_deprecated",
            "ends_on",
            "interval",
            "last_probed_at",
            "last_good_at",
            "last_outcome",
        )


class InputPortAnswer(ModelAnswer[InputPort]):
    """An input port; `source` is the product it comes from, if the caller can see that product."""

    source = serializers.SerializerMethodField()  # type: ignore[assignment]  # a member by name

    class Meta:
        model = InputPort
        fields = ("name", "version", "contract_identifier", "source_name", "source")

    def get_source(self, port: InputPort) -> UUID | None:
        visible: Mapping[int, UUID] = self.context["sources"]
        return visible.get(port.source_id) if port.source_id else None


class PortsAnswer(serializers.Serializer[JSONObject]):
    """All ports of a product."""

    output_ports = PortAnswer(many=True)
    input_ports = InputPortAnswer(many=True)


class NewPort(Body):
    """An output port to add, with the server (ODCS) of its first contract."""

    name = StrictString(max_length=120)
    version = StrictString(required=False, max_length=60)
    type = StrictString(required=False, allow_blank=True, max_length=60)
    description = StrictString(required=False, allow_blank=True, max_length=20_000)
    interval = StrictInteger(
        required=False,
        min_value=MIN_INTERVAL,
        max_value=MAX_INTERVAL,
        help_text="Seconds between probes.",
    )
    server = DocumentField(help_text="One entry of a contract's `servers`.")


class PortFilters(FilterSet):
    """By product and type."""

    product = UUIDFilter(field_name="product__uuid")
    type = CharFilter(max_length=60)


class Ports(ListModelMixin, OfVisibleProducts[OutputPort]):
    """The output ports of all products that the caller can see."""

    permission_classes = [AllowAny]
    serializer_class = PortAnswer
    filterset_class = PortFilters
    queryset = (
        OutputPort.objects.select_related("product", "port_contract__contract")
        .defer("product__tree", "port_contract__contract__tree")
        .order_by("name", "pk")
    )

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, pk: int) -> Response:
        """Return one port; its edition is the product's."""
        return self.answer(self.get_object())


class PortConfirmation(OfVisibleProducts[OutputPort]):
    """A steward's word for ports that cannot be checked automatically."""

    permission_classes = [IsAuthenticated]
    serializer_class = PortAnswer
    queryset = Ports.queryset

    @extend_schema(request=Reasoned, responses={200: PortAnswer})
    def create(self, request: Request, pk: int) -> Response:
        """Confirm that a port works whose servers Assay cannot check; it counts for 24 hours."""
        port = self.get_object()
        reason = Reasoned.read(request).validated_data.get("reason", "")
        actor = require_user(request.user)
        return self.answer_changed(confirm_output_port(port=port, actor=actor, reason=reason))


class ProductPorts(OfProduct):
    """The ports of one product."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = PortsAnswer

    def state(self, product: DataProduct) -> Mapping[str, object]:
        inputs = list(product.input_ports.all())
        source_ids = [port.source_id for port in inputs if port.source_id]
        visible = DataProduct.objects.visible_to(self.reader).filter(pk__in=source_ids)
        outputs = product.output_ports.select_related("product", "port_contract__contract")
        ports = {"output_ports": outputs, "input_ports": inputs}
        context = {"sources": dict(visible.values_list("pk", "uuid"))}
        return PortsAnswer(ports, context=context).data

    @extend_schema(responses=PortsAnswer, parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """List the product's output and input ports."""
        return self.answer(self.get_object())

    @extend_schema(request=NewPort, responses={201: PortAnswer}, parameters=EDITS)
    def create(self, request: Request, uuid: UUID) -> Response:
        """Add an output port, with a draft contract 0.1.0 that names its server."""
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        body = NewPort.read(request).validated_data
        with relocating(SERVER, "/server"):
            contract = new_tree(identifier="new", name=body["name"], servers=[body["server"]])
            parse_body_document(odcs.parse, contract)
            port, product = add_output_port(
                product=product,
                name=body["name"],
                server=body["server"],
                edition=edition,
                actor=require_user(request.user),
                version=body.get("version", "1.0.0"),
                description=body.get("description", ""),
                port_type=body.get("type", ""),
                interval=body.get("interval"),
            )
        ports = OutputPort.objects.select_related("product", "port_contract__contract")
        return with_etag(
            request,
            PortAnswer(ports.get(pk=port.pk)).data,
            product.edition,
            status=201,
            location=reverse("api:port", kwargs={"pk": port.pk}),
        )
