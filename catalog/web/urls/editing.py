"""Routes of writing: how a product begins, its steps, and the steps of its life."""

from django.urls import path

from catalog.web.contracts import views as contracts
from catalog.web.ports import views as ports
from catalog.web.products import registration, steps
from catalog.web.provenance import views as provenance
from catalog.web.publication import views as life

EDIT = "p/<str:domain>/<str:product>/edit"
PORT = f"{EDIT}/ports/<int:port>"
CONTRACT = f"{EDIT}/schema/<uuid:contract>"
TABLE = f"{CONTRACT}/tables/<int:table>"

urlpatterns = [
    path("publish", registration.product_register, name="product_register"),
    path("publish/new", registration.product_new, name="product_new"),
    path(EDIT, steps.Checklist.as_view(), name="product_edit"),
    path(f"{EDIT}/describe", steps.Describe.as_view(), name="product_describe"),
    path(f"{EDIT}/readers", steps.Readers.as_view(), name="product_readers"),
    path(f"{EDIT}/ports", ports.Ports.as_view(), name="product_ports"),
    path(f"{EDIT}/ports/add", ports.AddPort.as_view(), name="product_port_add"),
    path(PORT, ports.ChangePort.as_view(), name="product_port"),
    path(f"{PORT}/drop", ports.DropPort.as_view(), name="product_port_drop"),
    path(f"{EDIT}/inputs", ports.Inputs.as_view(), name="product_inputs"),
    path(f"{EDIT}/schema", contracts.Contracts.as_view(), name="product_contracts"),
    path(f"{EDIT}/schema/file", contracts.Document.as_view(), name="product_contract_new"),
    path(f"{CONTRACT}/file", contracts.Document.as_view(), name="product_contract"),
    path(f"{CONTRACT}/tables", contracts.AddTable.as_view(), name="product_table_add"),
    path(TABLE, contracts.Table.as_view(), name="product_table"),
    path(f"{TABLE}/drop", contracts.DropTable.as_view(), name="product_table_drop"),
    path(f"{EDIT}/provenance", provenance.Answers.as_view(), name="product_answers"),
    path(f"{EDIT}/publish", life.Publish.as_view(), name="product_publish"),
    path(f"{EDIT}/deprecate", life.Deprecate.as_view(), name="product_deprecate"),
    path(f"{EDIT}/retire", life.Retire.as_view(), name="product_retire"),
    path(f"{EDIT}/delete", life.Delete.as_view(), name="product_delete"),
    path(f"{EDIT}/move", life.Move.as_view(), name="product_move"),
    path(f"{EDIT}/adopt", life.Adopt.as_view(), name="product_adopt"),
]
