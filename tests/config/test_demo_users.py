"""The demo's users and their roles, and the port of its source."""

from catalog.permissions import Role
from config.demo.manifests import read_domains
from config.demo.paths import read_port_file, write_port_file
from config.demo.users import MESH, demo_users


def test_each_governed_domain_has_an_owner_and_another_steward_except_facilities():
    parents = {domain["slug"]: domain.get("parent", "") for domain in read_domains()}
    users: dict[tuple[str, Role], set[str]] = {}
    for user in demo_users():
        for slug, role in user.roles.items():
            users.setdefault((slug, role), set()).add(user.username)

    incomplete = []
    for domain in read_domains():
        slugs = [domain["slug"], parents[domain["slug"]]]
        owners = {name for slug in slugs for name in users.get((slug, Role.OWNER), set())}
        stewards = {name for slug in slugs for name in users.get((slug, Role.STEWARD), set())}
        if not domain.get("external") and not (owners and stewards - owners):
            incomplete.append(domain["slug"])

    assert incomplete == ["facilities"]


def test_domains_and_teams_of_users_exist():
    domains = {domain["slug"] for domain in read_domains()}

    assert {slug for user in demo_users() for slug in user.roles} <= domains | {MESH}


def test_one_user_of_each_role_may_sign_in():
    roles_by_user = {u.username: set(u.roles.values()) for u in demo_users() if u.sign_in}

    roles = set().union(*roles_by_user.values())
    assert {Role.OWNER, Role.STEWARD, Role.CONSUMER} < roles
    assert {Role.GOVERNANCE_LEAD, Role.PLATFORM_OPERATOR, Role.AUDITOR} < roles
    assert set() in roles_by_user.values()


def test_the_source_keeps_the_port_that_the_loaded_contracts_name(tmp_path):
    (tmp_path / "demo").mkdir()
    before = read_port_file(tmp_path, web_port=8000)
    write_port_file(tmp_path, 8001)
    write_port_file(tmp_path, 9001)

    assert before == 8001
    assert read_port_file(tmp_path, web_port=8500) == 8001
    assert read_port_file(tmp_path, web_port=8001) == 8002
