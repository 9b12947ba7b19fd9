"""What the gates know of a product; pure."""

from dataclasses import dataclass
from datetime import date, datetime

from catalog.provenance.contradictions import Contradiction
from catalog.publication.changes import PortBreak


@dataclass(frozen=True, kw_only=True)
class PortFacts:
    """One output port: its servers, and when the last good check of them was.

    `is_probed` is True if Assay probes one of its servers, `is_readable` if it reads the tables of
    one, which is a check too. If it can do neither, a steward has to confirm the port.
    """

    name: str
    version: str
    is_deprecated: bool
    server_types: tuple[str, ...]
    last_good_at: datetime | None
    is_probed: bool = True
    is_readable: bool = False
    has_schema: bool = False


@dataclass(frozen=True, kw_only=True)
class ProductFacts:
    """One product as the gates see it at the time `now`.

    `breaks` are the ports that would break for consumers at once; a port that is given notice today
    may end on `notice_until`. `contradictions` are what measurements say against its declaration.
    """

    product_id: int
    name: str
    purpose: str
    status: str
    sensitivity: int
    visibility: str
    owners: tuple[str, ...]
    stewards: tuple[str, ...]
    ports: tuple[PortFacts, ...]
    open_questions: tuple[str, ...]
    now: datetime
    breaks: tuple[PortBreak, ...] = ()
    notice_until: date = date.max
    contradictions: tuple[Contradiction, ...] = ()
