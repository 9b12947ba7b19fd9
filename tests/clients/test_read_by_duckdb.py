"""The lines that a product's page offers for pasting run in a DuckDB of another installation."""

import subprocess
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from catalog.contracts.services import save_contract, upload_data
from catalog.ports.uploads import Upload
from catalog.products.models import DataProduct
from catalog.publication.services import publish_product
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.duckdb]
SCRIPT = Path(__file__).with_name("duckdb_httpfs.py")


def publish(content: bytes, data_format: str, *, port: str, sensitivity: str) -> DataProduct:
    """Return a published product with an upload and two declared columns."""
    domain = make_domain("sales")
    make_users(domain)
    tree = with_answers(product_tree("Orders", assaySensitivity=sensitivity))
    upload = Upload(chunks=[content], format=data_format, name=f"orders.{data_format}")
    product = upload_data(
        product=make_product(domain=domain, tree=tree), name=port, upload=upload, actor=FACTORY
    ).product
    columns = [{"name": name, "logicalType": "integer"} for name in ("id", "amount")]
    document = product.contracts.get().tree | {"schema": [{"name": "o", "properties": columns}]}
    product = save_contract(product=product, tree=document, edition=product.edition, actor=FACTORY)[
        1
    ]
    return publish_product(
        product=with_good_checks(product), edition=product.edition, actor=FACTORY
    )


def run(python: Path, sql: str) -> Any:
    done = subprocess.run(
        [python, str(SCRIPT)], input=sql.encode(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return orjson.loads(done.stdout)


def content_of(data_format: str, folder: Path) -> bytes:
    """Return 50,000 rows, in Parquet in many row groups, so that it is read in ranges."""
    path = folder / f"orders.{data_format}"
    options = ", ROW_GROUP_SIZE 4096" if data_format == "parquet" else ""
    duckdb.sql("SELECT range AS id, range * 2 AS amount FROM range(50000)").query(
        "t", f"COPY t TO '{path}' (FORMAT {data_format}{options})"
    )
    return path.read_bytes()


@pytest.mark.parametrize("data_format", ["parquet", "csv", "json"])
def test_the_sql_of_the_page_reads_the_data(
    live_server, client, duckdb_python, settings, tmp_path, data_format
):
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    content = content_of(data_format, tmp_path)
    product = publish(content, data_format, port="all orders, ü'", sensitivity="public")
    host = live_server.url.partition("://")[2]

    response = client.get(product.path, headers={"host": host})
    assert "Assay serves the uploaded files below to everybody" in response.content.decode()
    assert "does not control access" not in response.content.decode()
    sql = response.context_data["page"].ports[0].snippets[0].text

    assert f"read_{data_format}('{live_server.url}/api/v1/" in sql
    assert run(duckdb_python, sql)[:2] == [[0, 0], [1, 2]]
    counted = sql.replace("SELECT *", "SELECT count(*), sum(amount)").replace("LIMIT 20", "")
    assert run(duckdb_python, counted) == [[50_000, 50_000 * 49_999]]


def test_a_page_offers_no_url_of_data_that_is_not_served(client, settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    product = publish(b"id,amount\n1,2\n", "csv", port="orders", sensitivity="internal")

    response = client.get(product.path)
    row = response.context_data["page"].ports[0]

    assert row.snippets == []
    assert "whose sensitivity is public" in response.content.decode()
