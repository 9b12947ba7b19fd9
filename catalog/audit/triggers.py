"""Triggers by which the database itself refuses to change or delete what the trail has."""

from django.conf import settings
from django.db import connections

from catalog.audit.models import AuditEvent, AuditSeal

MESSAGE = "the audit trail is append-only"
POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION assay_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$
"""


def protect_events(*, using: str, **_: object) -> None:
    """Receive `post_migrate`."""
    if settings.ASSAY_AUDIT_TRIGGERS:
        install_triggers(using=using)


def install_triggers(*, using: str) -> None:
    """Create the triggers that are missing; other databases than SQLite and Postgres have none."""
    connection = connections[using]
    if connection.vendor not in STATEMENTS:
        return
    with connection.cursor() as cursor:
        for statement in STATEMENTS[connection.vendor]():
            cursor.execute(statement)


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for table in _tables()
        for act in ("UPDATE", "DELETE")
    ]


def _postgres() -> list[str]:
    statements = [POSTGRES_FUNCTION]
    for table in _tables():
        for act, scope in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            name = f"{table}_no_{act.split()[0].lower()}"
            body = f"FOR EACH {scope} EXECUTE FUNCTION assay_refuse_audit_change()"
            statements.append(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            statements.append(f"CREATE TRIGGER {name} BEFORE {act} ON {table} {body}")
    return statements


def _tables() -> tuple[str, str]:
    return AuditEvent._meta.db_table, AuditSeal._meta.db_table


STATEMENTS = {"sqlite": _sqlite, "postgresql": _postgres}
