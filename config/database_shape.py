"""Whether the tables of the database are those that this version reads and writes."""

from django.apps import apps
from django.core.management import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

OUR_APPS = ("catalog", "governance")
MAX_NAMED = 3
OTHER_SHAPE = (
    "A database of another unreleased version cannot be migrated. Start with an empty one: set "
    "ASSAY_DATA_DIR to a new folder, or DATABASE_URL to a new database."
)


def require_current_shape() -> None:
    """Raise CommandError if the tables were made by a version with other columns.

    No version is released yet, so its one migration is rewritten and not continued; a database made
    before has the migration on record, and other columns.
    """
    executor = MigrationExecutor(connection)
    targets = [node for node in executor.loader.graph.leaf_nodes() if node[0] in OUR_APPS]
    if executor.migration_plan(targets):
        return
    differences = _differences()
    if not differences:
        return
    more = len(differences) - MAX_NAMED
    listed = ", ".join(differences[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
    raise CommandError(
        f"The database was made by another version of Assay: {listed}. {OTHER_SHAPE}"
    )


def _differences() -> list[str]:
    """Return each table and column that is missing, or that this version does not know."""
    differences = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for name in OUR_APPS:
            for model in apps.get_app_config(name).get_models(include_auto_created=True):
                table = model._meta.db_table
                if table not in tables:
                    differences.append(f"the table {table} is missing")
                    continue
                quoted = connection.ops.quote_name(table)
                cursor.execute(f"SELECT * FROM {quoted} WHERE 1 = 0")  # noqa: S608  a model's table
                columns = {str(column[0]) for column in cursor.description}
                expected = {str(field.column) for field in model._meta.local_concrete_fields}
                missing, unknown = sorted(expected - columns), sorted(columns - expected)
                differences += [f"the column {table}.{column} is missing" for column in missing]
                differences += [f"the column {table}.{column} is unknown" for column in unknown]
    return differences
