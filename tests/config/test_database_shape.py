"""A database that another version made is refused with a sentence."""

import pytest
from django.core.management import CommandError
from django.db import connection

from config.database_shape import require_current_shape


@pytest.mark.django_db
def test_the_tables_of_this_version_are_accepted():
    require_current_shape()


@pytest.mark.django_db
def test_a_missing_column_a_missing_table_and_an_unknown_column_are_named():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_term DROP COLUMN revised_at")
        cursor.execute("ALTER TABLE catalog_term ADD COLUMN colour varchar(9) NULL")
        cursor.execute("DROP TABLE catalog_indexcheck")

    with pytest.raises(CommandError) as error:
        require_current_shape()

    for part in (
        "made by another version of Assay",
        "catalog_term.revised_at is missing",
        "catalog_term.colour is unknown",
        "catalog_indexcheck is missing",
        "ASSAY_DATA_DIR",
    ):
        assert part in str(error.value)
