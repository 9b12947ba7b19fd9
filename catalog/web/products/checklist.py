"""The steps by which a product becomes complete, each with its content and its issues."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.contracts.models import contracts_of
from catalog.issues import Issue
from catalog.products.models import DataProduct, Visibility
from catalog.products.projection import custom
from catalog.products.reuse import reuse_of
from catalog.provenance.models import ProvenanceRecord
from catalog.provenance.questions import CURRENT_SET
from catalog.web.components.layout import url
from catalog.web.products.forms import VISIBILITY_CHOICES

Text = str | Promise
Summary = tuple[Text, bool]
"""What a step contains, and whether that is anything yet."""


@dataclass(frozen=True)
class LocatedIssue:
    """An issue of a product, with the address of the field that fixes it."""

    product: DataProduct
    issue: Issue

    @cached_property
    def url(self) -> str:
        return hint_url(self.product, self.issue)

    @property
    def root(self) -> str:
        return self.issue.location.partition(".")[0]


@dataclass(frozen=True)
class StepDefinition:
    """One page of the checklist; `roots` are the first parts of the locations of its issues.

    People who complete a draft page after page come to those that are `is_guided`.
    """

    code: str
    url_name: str
    label: Text
    description: Text
    roots: tuple[str, ...]
    summarize: Callable[[DataProduct], Summary]
    is_required: bool = False
    is_guided: bool = True


@dataclass(frozen=True)
class Step:
    """A step of one product."""

    definition: StepDefinition
    url: str
    summary: Text
    is_started: bool
    issues: Sequence[LocatedIssue]

    @property
    def state(self) -> str:
        """Return "todo" if an issue blocks publication, "done", or "optional" if it is empty."""
        if any(row.issue.is_error for row in self.issues):
            return "todo"
        return "done" if self.is_started or self.definition.is_required else "optional"


def summarize_description(product: DataProduct) -> Summary:
    if not product.purpose:
        return _("Purpose is missing"), False
    tags = len(product.tags)
    return ngettext("Purpose, {n} tag", "Purpose, {n} tags", tags).format(n=tags), True


def summarize_ports(product: DataProduct) -> Summary:
    n = product.output_ports.count()
    return ngettext("{n} output port", "{n} output ports", n).format(n=n), n > 0


def summarize_contracts(product: DataProduct) -> Summary:
    counts = contracts_of(product).aggregate(
        tables=Count("schema_objects", distinct=True), columns=Count("schema_objects__properties")
    )
    tables, columns = counts["tables"], counts["columns"]
    if not tables:
        return _("No table yet"), False
    column_count = ngettext("{n} column", "{n} columns", columns).format(n=columns)
    table_count = ngettext("{n} table", "{n} tables", tables).format(n=tables)
    return f"{column_count}, {table_count}", True


def summarize_inputs(product: DataProduct) -> Summary:
    n = product.input_ports.count()
    return ngettext("{n} input port", "{n} input ports", n).format(n=n), n > 0


def summarize_provenance(product: DataProduct) -> Summary:
    record: ProvenanceRecord | None = getattr(product, "provenance", None)
    answered = set(record.answers.values_list("question", flat=True)) if record else set()
    required = CURRENT_SET.required_codes
    answers = sum(code in answered for code in required)
    rows = record.imbalances.count() if record else 0
    text = _("{n} of {all} answered").format(n=answers, all=len(required))
    if rows:
        text += ngettext(", {n} imbalance row", ", {n} imbalance rows", rows).format(n=rows)
    return text, answers == len(required)


def summarize_objectives(product: DataProduct) -> Summary:
    objectives = custom(product.tree, "assayObjectives")
    n = len(objectives) if isinstance(objectives, list) else 0
    return ngettext("{n} objective", "{n} objectives", n).format(n=n), n > 0


def summarize_reuse(product: DataProduct) -> Summary:
    reuse = reuse_of(product.tree)
    return reuse.license[:60] or _("No licence stated"), bool(reuse.license)


def summarize_readers(product: DataProduct) -> Summary:
    if product.visibility != Visibility.RESTRICTED:
        return dict(VISIBILITY_CHOICES)[product.visibility], True
    n = product.published_row.readers.count()
    return ngettext("Its domain and {n} other", "Its domain and {n} others", n).format(n=n), True


STEPS = (
    StepDefinition(
        "ports",
        "product_ports",
        gettext_lazy("Source"),
        gettext_lazy("Output ports: where consumers get the data"),
        ("outputPorts",),
        summarize_ports,
        is_required=True,
    ),
    StepDefinition(
        "schema",
        "product_contracts",
        gettext_lazy("Schema"),
        gettext_lazy("Contracts: tables, columns, types, classification"),
        ("contracts", "schema"),
        summarize_contracts,
    ),
    StepDefinition(
        "describe",
        "product_describe",
        gettext_lazy("Description"),
        gettext_lazy("Name, purpose, limitations, tags, sensitivity, visibility"),
        ("description", "name", "version", "tags", "sensitivity", "visibility"),
        summarize_description,
        is_required=True,
    ),
    StepDefinition(
        "provenance",
        "product_answers",
        gettext_lazy("Provenance"),
        gettext_lazy("Source, collection method, who is missing or over-represented"),
        ("provenance",),
        summarize_provenance,
        is_required=True,
    ),
    StepDefinition(
        "objectives",
        "product_objectives",
        gettext_lazy("Objectives (SLOs)"),
        gettext_lazy("Targets for availability and latency, measured by polling"),
        ("objectives",),
        summarize_objectives,
    ),
    StepDefinition(
        "reuse",
        "product_reuse",
        gettext_lazy("Licence and contact"),
        gettext_lazy("Licence, citation, whom to ask"),
        ("license", "citation", "support"),
        summarize_reuse,
    ),
    StepDefinition(
        "inputs",
        "product_inputs",
        gettext_lazy("Input ports"),
        gettext_lazy("The products it is made from"),
        ("inputPorts",),
        summarize_inputs,
        is_guided=False,
    ),
    StepDefinition(
        "readers",
        "product_readers",
        gettext_lazy("Who can see it"),
        gettext_lazy("Domains and teams, if it is restricted"),
        ("readers",),
        summarize_readers,
        is_guided=False,
    ),
)
LABELS = {step.code: step.label for step in STEPS}


def steps_of(product: DataProduct, issues: Sequence[LocatedIssue]) -> list[Step]:
    """Return the steps that this installation has, each with its issues."""
    urls = {step: url(step.url_name, product.domain.slug, product.slug) for step in STEPS}
    return [
        Step(step, url, *step.summarize(product), [row for row in issues if row.root in step.roots])
        for step, url in urls.items()
        if url
    ]


def next_step(steps: Sequence[Step], after: str) -> Step | None:
    """Return the next step of a draft that is not done; None after the last one."""
    codes = [step.definition.code for step in steps]
    rest = steps[codes.index(after) + 1 :] if after in codes else steps
    return next((s for s in rest if s.definition.is_guided and s.state != "done"), None)


@dataclass(frozen=True)
class MissingPart:
    """One issue that blocks publishing, or all of one step; `url` leads to the first of them."""

    text: Text
    url: str


def missing_parts(steps: Sequence[Step], issues: Sequence[LocatedIssue]) -> list[MissingPart]:
    """Return what blocks publishing, step by step, then what no step can fix."""
    groups = [(step.definition.label, step.issues) for step in steps]
    groups += [("", [row]) for row in issues_elsewhere(issues)]
    parts = []
    for label, rows in groups:
        blocking = [row for row in rows if row.issue.is_error]
        if len(blocking) > 1:
            text = _("{step}: {n} things are missing").format(step=label, n=len(blocking))
            parts.append(MissingPart(text, blocking[0].url))
        parts += [MissingPart(row.issue.message, row.url) for row in blocking if len(blocking) == 1]
    return parts


def issues_elsewhere(issues: Sequence[LocatedIssue]) -> list[LocatedIssue]:
    """Return the issues that no step can fix, such as those of the domain."""
    roots = {root for step in STEPS for root in step.roots}
    return [row for row in issues if row.root not in roots]


def hint_url(product: DataProduct, issue: Issue) -> str:
    """Return the address of the field that fixes an issue."""
    args = [product.domain.slug, product.slug]
    root, _dot, rest = issue.location.partition(".")
    if root == "domain":
        return reverse("domain_people", args=args[:1]) + "#give"
    if root == "outputPorts":
        port = product.output_ports.filter(name=rest).first() if rest else None
        if port is None:
            return reverse("product_port_add", args=args)
        return reverse("product_port", args=[*args, port.pk])
    if root == "provenance":
        part, _dot, position = rest.partition(".")
        field = f"rows-{position}-share" if part == "imbalances" else f"{part}-state"
        return reverse("product_answers", args=args) + f"#id_{field}"
    step = next((step for step in STEPS if root in step.roots), None)
    if step is None:
        return reverse("product_edit", args=args)
    return reverse(step.url_name, args=args) + f"#id_{rest or root}"
