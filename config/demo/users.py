"""The people of `demo/users.yaml`, and the sign-ins that the demo shows; pure."""

from dataclasses import dataclass
from functools import cache

from catalog.manifests.readers import read_documents
from catalog.permissions import Role
from catalog.types import JSONObject
from config.demo.paths import DEMO

# Known to everybody, which is the point of a demo; no account has it where ASSAY_DEMO is off.
PASSWORD = "assay-demo"  # noqa: S105
MAIL_DOMAIN = "tversund.example"
MESH = "mesh"


@dataclass(frozen=True, kw_only=True)
class DemoUser:
    """`sign_in` presents the user on the sign-in page; without it there is no password.

    `roles` are by domain slug, or `MESH` for the whole mesh; `teams` and those that the user
    `manages` are slugs.
    """

    username: str
    first_name: str
    last_name: str
    sign_in: str
    roles: dict[str, Role]
    teams: tuple[str, ...]
    manages: tuple[str, ...]

    @property
    def email(self) -> str:
        return f"{self.username}@{MAIL_DOMAIN}"


@cache
def read_society() -> JSONObject:
    """Return `users.yaml`: `teams` by slug, `team_requests` by domain, `readers` by address of a
    product, `users`.
    """
    path = DEMO / "users.yaml"
    return read_documents(path.read_bytes(), name=path.name)[0].tree


@cache
def demo_users() -> tuple[DemoUser, ...]:
    return tuple(
        DemoUser(
            username=user["username"],
            first_name=user["first_name"],
            last_name=user["last_name"],
            sign_in=user.get("sign_in", ""),
            roles={slug: Role(role) for slug, role in user.get("roles", {}).items()},
            teams=tuple(user.get("teams", ())),
            manages=tuple(user.get("manages", ())),
        )
        for user in read_society()["users"]
    )


def sign_ins() -> list[tuple[str, str, str]]:
    """Return the users who may sign in: presentation, user name and password of each."""
    return [(user.sign_in, user.username, PASSWORD) for user in demo_users() if user.sign_in]
