"""Who plays in the demo, and where its source is found again."""

from catalog.permissions import Role
from config.demo.cast import CAST
from config.demo.layout import read_port_file, write_port_file
from config.demo.notation import read_mesh


def test_each_governed_domain_has_an_owner_and_another_steward_but_for_facilities():
    mesh = read_mesh()
    parents = {sketch.slug: sketch.parent for sketch in mesh}
    held: dict[str, dict[Role, set[str]]] = {}
    for part in CAST:
        for slug, role in part.roles.items():
            held.setdefault(slug, {}).setdefault(role, set()).add(part.username)

    without = []
    for sketch in mesh:
        line = [sketch.slug, parents[sketch.slug]]
        owners = {name for slug in line for name in held.get(slug, {}).get(Role.OWNER, set())}
        stewards = {name for slug in line for name in held.get(slug, {}).get(Role.STEWARD, set())}
        if not sketch.is_external and not (owners and stewards - owners):
            without.append(sketch.slug)

    assert without == ["facilities"]


def test_one_of_each_kind_of_visitor_may_sign_in():
    ways_in = {part.username: set(part.roles.values()) for part in CAST if part.sign_in}

    roles = set().union(*ways_in.values())
    assert {Role.OWNER, Role.STEWARD, Role.CONSUMER} < roles
    assert {Role.GOVERNANCE_LEAD, Role.PLATFORM_OPERATOR, Role.AUDITOR} < roles
    assert set() in ways_in.values()


def test_the_source_keeps_the_port_that_the_loaded_contracts_name(tmp_path):
    (tmp_path / "demo").mkdir()
    before = read_port_file(tmp_path, beside=8000)
    write_port_file(tmp_path, 8001)
    write_port_file(tmp_path, 9001)

    assert before == 8001
    assert read_port_file(tmp_path, beside=8500) == 8001
    assert read_port_file(tmp_path, beside=8001) == 8002
