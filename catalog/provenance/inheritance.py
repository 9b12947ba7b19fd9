"""What the upstream products of input ports say of attributes that a product has not assessed.

Upstream is transitive: a walk goes on behind a product until it finds the attribute assessed. It
goes only through products that the reader may see, so what is behind a hidden product stays hidden,
and it ends after `MAX_DEPTH` products, so cycles end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from catalog.authorization.access import AccessContext
from catalog.ports.models import InputPort
from catalog.products.models import (
    DataProduct,
    DataProductQuerySet,
)
from catalog.provenance.groups import RestRow, by_attribute, is_assessed, rest_rows
from catalog.provenance.models import Imbalance
from catalog.provenance.representation import effective_rows

MAX_DEPTH = 5
MAX_PRODUCTS = 500
_COLUMNS = (
    "uuid slug name version status visibility domain__slug domain__name working_copy_of".split()
)


@dataclass(frozen=True, kw_only=True)
class InheritedAttribute:
    """One attribute as an upstream product declares or measured it; shares are those over there.

    `path` leads from the product's input port to the origin, which is its last member.
    """

    attribute: str
    path: tuple[DataProduct, ...]
    rows: tuple[Imbalance, ...]

    @property
    def origin(self) -> DataProduct:
        return self.path[-1]

    @property
    def is_measured(self) -> bool:
        return self.rows[0].origin == Imbalance.Origin.MEASURED

    @property
    def rest(self) -> list[RestRow]:
        """Return what declared groups leave of the whole: one row, or none."""
        return rest_rows(self.rows)


@dataclass
class UpstreamGraph:
    """Products by key, the keys of what each is made from, and assessed rows by attribute."""

    products: dict[int, DataProduct] = field(default_factory=dict)
    sources: dict[int, dict[int, None]] = field(default_factory=dict)
    rows: dict[int, dict[str, list[Imbalance]]] = field(default_factory=dict)


def inherited_imbalances(product: DataProduct, access: AccessContext) -> list[InheritedAttribute]:
    """Return what a product inherits, as far as a reader may see; nearest origin first.

    An attribute comes once from each origin. What the product has assessed itself is not inherited.
    """
    graph = load_graph([product.pk], DataProduct.objects.visible_to(access))
    root, own = product.pk, product.published_row.pk
    return walk(graph, root, lambda source: source.pk != own)


def load_graph(roots: Collection[int], visible: DataProductQuerySet) -> UpstreamGraph:
    """Return what the roots are made from, level by level, of visible live products."""
    graph, level = UpstreamGraph(), set(roots)
    live = visible.live()
    known: set[int] = set()
    for _depth in range(MAX_DEPTH):
        ports = InputPort.objects.filter(live.has("source_id"), product__in=level)
        linked: set[int] = set()
        for product_id, source_id in ports.values_list("product_id", "source_id"):
            if source_id is not None:
                graph.sources.setdefault(product_id, {})[source_id] = None
                linked.add(source_id)
        level = set(sorted(linked - known)[: MAX_PRODUCTS - len(known)])
        if not level:
            break
        known |= level
    if known:
        graph.products = live.select_related("domain").only(*_COLUMNS).in_bulk(known)
    _read_rows(graph, [*roots, *graph.products])
    return graph


def _read_rows(graph: UpstreamGraph, keys: Iterable[int]) -> None:
    """Read the assessed rows of products, unless none is made from another."""
    if not graph.products:
        return
    listed = Imbalance.objects.filter(record__product__in=set(keys)).select_related("record")
    rows: dict[int, list[Imbalance]] = {}
    for row in listed:
        rows.setdefault(row.record.product_id, []).append(row)
    for pk, imbalances in rows.items():
        assessed = by_attribute(filter(is_assessed, effective_rows(imbalances)))
        graph.rows[pk] = assessed


def walk(
    graph: UpstreamGraph, root: int, is_allowed: Callable[[DataProduct], bool]
) -> list[InheritedAttribute]:
    """Return what a product inherits through allowed products, breadth first."""
    inherited: dict[tuple[str, int], InheritedAttribute] = {}
    # By product, the attributes that every path to it has assessed before.
    assessed = {root: frozenset(graph.rows.get(root, ()))}
    level: list[tuple[DataProduct, ...]] = [()]
    for _depth in range(MAX_DEPTH):
        following: dict[int, tuple[DataProduct, ...]] = {}
        for path in level:
            key = path[-1].pk if path else root
            for source in map(graph.products.get, graph.sources.get(key, ())):
                if source is None or not is_allowed(source):
                    continue
                rows, route = graph.rows.get(source.pk, {}), (*path, source)
                for name in rows.keys() - assessed[key]:
                    inherited.setdefault(
                        (name, source.pk),
                        InheritedAttribute(attribute=name, path=route, rows=tuple(rows[name])),
                    )
                known = assessed[key] | rows.keys()
                if source.pk not in assessed or not assessed[source.pk] <= known:
                    assessed[source.pk] = assessed.get(source.pk, known) & known
                    following[source.pk] = route
        level = list(following.values())
    return sorted(inherited.values(), key=lambda row: (len(row.path), row.attribute))
