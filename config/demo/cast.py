"""The people of the demo mesh: what they answer for, and who may sign in; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from catalog.permissions import Role

# Known to everybody, which is the point of a demo; nobody has it where ASSAY_DEMO is off.
PASSWORD = "assay-demo"  # noqa: S105
MAIL = "tversund.example"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One person of the cast. `sign_in` is the line that presents them; without it, no password.

    `roles` are by domain slug; the empty slug stands for the mesh.
    """

    username: str
    given: str
    family: str
    sign_in: str = ""
    roles: dict[str, Role] = field(default_factory=dict)
    teams: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """Return the address at the company."""
        return f"{self.username}@{MAIL}"


def _keeper(username: str, given: str, family: str, role: Role, *domains: str) -> Part:
    roles = dict.fromkeys(domains, role)
    return Part(username=username, given=given, family=family, roles=roles, teams=domains)


CAST = (
    Part(
        username="ana",
        given="Ana",
        family="Lindqvist",
        sign_in="Analyst: consumer in sales, marketing and logistics",
        roles=dict.fromkeys(("sales", "marketing", "logistics"), Role.CONSUMER),
        teams=("decision-science",),
    ),
    Part(
        username="olav",
        given="Olav",
        family="Hagen",
        sign_in="Owner: of the customer domain and the club below it",
        roles={"customer": Role.OWNER},
        teams=("customer",),
    ),
    Part(
        username="stine",
        given="Stine",
        family="Dahl",
        sign_in="Steward: of customer and health",
        roles=dict.fromkeys(("customer", "health"), Role.STEWARD),
        teams=("customer",),
    ),
    Part(
        username="gunnar",
        given="Gunnar",
        family="Bergmann",
        sign_in="Governance lead: of the whole mesh",
        roles={"": Role.GOVERNANCE_LEAD},
        teams=("governance-board",),
    ),
    Part(
        username="petra",
        given="Petra",
        family="Isaksen",
        sign_in="Operator: of the platform",
        roles={"": Role.PLATFORM_OPERATOR},
        teams=("platform",),
    ),
    Part(
        username="astrid",
        given="Astrid",
        family="Ulvang",
        sign_in="Auditor: reads every trail, changes nothing",
        roles={"": Role.AUDITOR},
    ),
    Part(
        username="sami",
        given="Sami",
        family="Korhola",
        sign_in="Stranger: signed in, without any role",
    ),
    _keeper("erik", "Erik", "Nyberg", Role.OWNER, "sales"),
    _keeper("liv", "Liv", "Aasland", Role.STEWARD, "sales"),
    _keeper("jonas", "Jonas", "Pihl", Role.OWNER, "ecommerce"),
    _keeper("tuomas", "Tuomas", "Eskola", Role.OWNER, "logistics"),
    _keeper("kari", "Kari", "Moe", Role.STEWARD, "logistics", "last-mile"),
    _keeper("sofie", "Sofie", "Juhl", Role.OWNER, "last-mile"),
    _keeper("henrik", "Henrik", "Gram", Role.OWNER, "finance"),
    _keeper("mette", "Mette", "Rask", Role.STEWARD, "finance"),
    _keeper("ingrid", "Ingrid", "Strand", Role.OWNER, "people"),
    _keeper("anders", "Anders", "Dahlin", Role.STEWARD, "people"),
    _keeper("petter", "Petter", "Fjeld", Role.OWNER, "platform"),
    _keeper("nina", "Nina", "Toivola", Role.STEWARD, "platform"),
    _keeper("emma", "Emma", "Ottesen", Role.OWNER, "marketing"),
    _keeper("lukas", "Lukas", "Vinter", Role.STEWARD, "marketing"),
    _keeper("johanne", "Johanne", "Bergmann", Role.OWNER, "health"),
    _keeper("mikko", "Mikko", "Eskola", Role.CONTRIBUTOR, "health"),
    _keeper("maja", "Maja", "Nyberg", Role.CONTRIBUTOR, "loyalty"),
    # Facilities has an owner and no steward: the gate keeps its products drafts.
    _keeper("rolf", "Rolf", "Aasland", Role.OWNER, "facilities"),
)

# Teams beside the one of each domain.
TEAMS = {
    "decision-science": "Decision science",
    "governance-board": "Governance board",
}


def sign_ins() -> Iterable[tuple[str, str, str]]:
    """Return who may sign in to the demo: a line that presents them, user name and password."""
    return [(part.sign_in, part.username, PASSWORD) for part in CAST if part.sign_in]
