"""API of results from outside: runs of other tools and heartbeats, for one output port."""

from collections import Counter
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.port_data import PORT, VERSION, find_port
from catalog.audit.actors import Actor, SystemActor
from catalog.authorization.access import access_for, require_permission, require_user
from catalog.contracts.models import Server, contract_of
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.types import JSONValue
from governance.quality.models import QualityRun
from governance.quality.services.reporting import ACCEPTED, REJECTED, Receipt, record_reports
from governance.quality.signed_reports import is_signed
from governance.sandbox.database_servers import named_secret
from governance.sandbox.types import SourceUnreadable

MAX_ITEMS, MAX_RUNS = 100, 20
SIGNATURE = "webhook-signature"
# What an operator allows the secret for, in place of a host and port.
PLACE = "results"


class ReportBody(serializers.Serializer[None]):
    """One report, or `items` with up to 100; each is a heartbeat, a run, or a tool's document.

    Documents of Great Expectations, Soda and dbt (run results) are taken as those tools write them.
    """

    items = serializers.ListField(child=serializers.DictField(), required=False)
    heartbeat = serializers.DictField(required=False)
    run = serializers.DictField(required=False)


class ReportIssue(serializers.Serializer[Issue]):
    """What is wrong with an item; `pointer` is its place in the body."""

    pointer = serializers.CharField(source="location")
    message = serializers.CharField()
    hint = serializers.CharField()
    code = serializers.CharField()


class ReportReceipt(serializers.Serializer[Receipt]):
    """What became of an item; `runs` are the ids of its runs, which stay the same."""

    index = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["accepted", "duplicate", "rejected"])
    runs = serializers.ListField(child=serializers.UUIDField())
    checks = serializers.IntegerField()
    ignored = serializers.IntegerField(help_text="Entries that are no checks of data.")
    issues = ReportIssue(many=True)


class ReportedAnswer(serializers.Serializer[None]):
    """How many items were new, and what became of each."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = serializers.IntegerField()
    items = ReportReceipt(many=True)


class ReportedRunAnswer(serializers.Serializer[QualityRun]):
    """One reported run; `checks` are the numbers of checks by state."""

    id = serializers.UUIDField(source="run_id")
    at = serializers.DateTimeField()
    tool = serializers.CharField(source="reporter")
    rows = serializers.IntegerField(allow_null=True)
    checks = serializers.SerializerMethodField()

    def get_checks(self, run: QualityRun) -> dict[str, int]:
        return dict(Counter(outcome.state for outcome in run.outcomes.all()))


class ReportedRuns(serializers.Serializer[None]):
    """The latest runs that were reported of a port, the newest first."""

    runs = ReportedRunAnswer(many=True)


class PortResults(APIView):
    """Takes what other programs report of an output port; it is shown as reported."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[PORT, VERSION], responses=ReportedRuns)
    def get(self, request: Request, uuid: UUID, port: str) -> Response:
        """Return the latest runs that other programs have reported of a port."""
        visible = DataProduct.objects.visible_to(access_for(request.user))
        product = get_object_or_404(visible, uuid=uuid)
        row = find_port(product, port, request.query_params.get("version", ""))
        runs = QualityRun.objects.filter(port=row).reported().prefetch_related("outcomes")
        return Response({"runs": [ReportedRunAnswer(run).data for run in runs[:MAX_RUNS]]})

    @extend_schema(parameters=[PORT, VERSION], request=ReportBody, responses={200: ReportedAnswer})
    def post(self, request: Request, uuid: UUID, port: str) -> Response:
        """Record runs of checks and heartbeats of a port.

        Sent by an editor of the product with a token, or signed with the port's secret (Standard
        Webhooks). An item that came before changes nothing; one that is wrong is in the answer
        with its issues. If every item is wrong, nothing is recorded and the answer is 422.
        """
        body = request._request.body
        row, actor = self._sender(request, uuid, port, body)
        items, at = items_of(request.data)
        receipts = record_reports(port=row, items=items, actor=actor, now=timezone.now(), at=at)
        if all(receipt.state == REJECTED for receipt in receipts):
            raise ValidationFailed([issue for receipt in receipts for issue in receipt.issues])
        counts = [receipt.state for receipt in receipts]
        answer = {
            "accepted": counts.count(ACCEPTED),
            "duplicates": len(counts) - counts.count(ACCEPTED) - counts.count(REJECTED),
            "rejected": counts.count(REJECTED),
            "items": [ReportReceipt(receipt).data for receipt in receipts],
        }
        return Response(answer)

    def _sender(
        self, request: Request, uuid: UUID, name: str, body: bytes
    ) -> tuple[OutputPort, Actor]:
        """Return the port and who reports of it. Raises Http404, PermissionDenied."""
        version = request.query_params.get("version", "")
        access = access_for(request.user)
        visible = DataProduct.objects.visible_to(access).filter(uuid=uuid).first()
        if SIGNATURE not in request.headers:
            if visible is None:
                raise Http404
            if not request.user.is_authenticated:
                raise NotAuthenticated
            require_permission(access, Permission.EDIT_PRODUCTS, visible.domain)
            return find_reported_port(visible, name, version), require_user(request.user)
        product = get_object_or_404(DataProduct, uuid=uuid)
        try:
            port = find_reported_port(product, name, version)
        except Http404:
            port = None
        if port is not None and is_signed_for(port, request, body):
            return port, SystemActor(f"signed report of {port}")
        if visible is None:
            raise Http404
        raise AuthenticationFailed("The signature is wrong, or older than five minutes.")


def find_reported_port(product: DataProduct, name: str, version: str) -> OutputPort:
    """Return a port of a product, else one that only its working copy has. Raises Http404."""
    try:
        return find_port(product, name, version)
    except Http404:
        copy = DataProduct.including_working_copies.filter(working_copy_of=product).first()
        if copy is None:
            raise
        return find_port(copy, name, version)


def is_signed_for(port: OutputPort, request: Request, body: bytes) -> bool:
    """Return True if a body is signed with a secret that the contract of the port names."""
    contract = contract_of(port)
    servers = contract.servers.select_related("contract__product__domain") if contract else []
    for server in servers:
        secret = signing_secret(server)
        headers = {key.lower(): value for key, value in request.headers.items()}
        if secret and is_signed(headers, body, secret=secret, now=timezone.now()):
            return True
    return False


def signing_secret(server: Server) -> str:
    """Return the secret that reports of a server are signed with; empty if there is none."""
    name = server.probe.get("signingSecretName")
    try:
        return named_secret(name, server=server, place=PLACE) if name else ""
    except SourceUnreadable:
        return ""


def items_of(data: JSONValue) -> tuple[list[JSONValue], str]:
    """Return the items of a body, and where their list is. Raises ValidationFailed."""
    if not (isinstance(data, dict) and set(data) == {"items"}):
        return [data], ""
    items = data["items"]
    if not isinstance(items, list) or not items:
        raise ValidationFailed.of("/items", "Must be a list with an item.", "Send one report.")
    if len(items) > MAX_ITEMS:
        message = f"At most {MAX_ITEMS} items, not {len(items):,}."
        raise ValidationFailed.of("/items", message, "Send them in several requests.")
    return items, "/items"
