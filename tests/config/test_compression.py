"""Responses are compressed for clients that accept gzip, and stay what they were."""

import gzip

import pytest
from django.test import Client

from tests.catalog.api_client import Program
from tests.factories import make_product, make_published_product, make_users

pytestmark = pytest.mark.django_db

GZIP = {"Accept-Encoding": "gzip"}


def test_a_page_is_compressed_and_keeps_its_policy():
    plain = Client().get("/domains")
    packed = Client().get("/domains", headers=GZIP)

    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert packed["Content-Security-Policy"] == plain["Content-Security-Policy"]
    assert gzip.decompress(packed.content).lower().startswith(b"<!doctype html>")
    assert len(packed.content) < len(plain.content) / 2


def test_the_etag_of_a_compressed_answer_serves_for_reading_and_editing():
    users = make_users()
    product = make_product(domain=users.domain)
    program, path = Program(users.owner), f"/products/{product.uuid}"

    answer = program.get(path, Accept_Encoding="gzip")
    unchanged = program.get(path, Accept_Encoding="gzip", If_None_Match=answer["ETag"])
    edited = program.send("PATCH", path, {"name": "New"}, edition=answer["ETag"])

    assert answer["Content-Encoding"] == "gzip"
    assert unchanged.status_code == 304
    assert not unchanged.content
    assert edited.status_code == 200


def test_a_streamed_table_is_compressed_whole():
    product = make_published_product()
    path = f"{product.path}/slo/measurements.csv"
    plain = b"".join(Client().get(path).streaming_content)
    packed = b"".join(Client().get(path, headers=GZIP).streaming_content)

    assert packed[:2] == b"\x1f\x8b"
    assert gzip.decompress(packed) == plain
