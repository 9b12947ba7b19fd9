"""Where the objects of an S3 server are, as contracts write it, and what storages answer."""

from datetime import UTC, datetime

import pytest

from catalog.ports.http_types import Response, Timings
from catalog.ports.s3 import (
    InvalidLocation,
    S3Object,
    in_other_region,
    list_request,
    matching,
    object_request,
    parse_listing,
    parse_place,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def place(location: str = "s3://lake/orders/*.csv", **members: str):
    return parse_place({"type": "s3", "location": location} | members)


@pytest.mark.parametrize(
    ("members", "url"),
    [
        ({}, "https://lake.s3.us-east-1.amazonaws.com"),
        ({"location": "s3://my.lake/x"}, "https://s3.us-east-1.amazonaws.com/my.lake"),
        ({"endpointUrl": "https://minio.example:9000/"}, "https://minio.example:9000/lake"),
        ({"endpointUrl": "minio.example"}, "https://minio.example/lake"),
        ({"endpointUrl": "https://minio.example:443"}, "https://minio.example/lake"),
        ({"endpointUrl": "https://x.example/storage/s3"}, "https://x.example/storage/s3/lake"),
        (
            {"endpointUrl": "https://s3.eu-west-1.amazonaws.com"},
            "https://s3.eu-west-1.amazonaws.com/lake",
        ),
    ],
)
def test_a_bucket_has_the_url_that_its_storage_gives_it(members, url):
    assert place(**members).base_url == url


def test_the_region_is_that_of_the_contract_or_of_the_endpoint():
    declared = {
        "location": "s3://lake/x",
        "customProperties": [{"property": "assayRegion", "value": "eu-north-1"}],
    }

    assert parse_place(declared).region == "eu-north-1"
    assert place(endpointUrl="https://s3.eu-west-1.amazonaws.com").region == "eu-west-1"
    assert place(endpointUrl="https://minio.example").region == "us-east-1"


@pytest.mark.parametrize(
    "members",
    [
        {"location": ""},
        {"location": "lake/orders.csv"},
        {"location": "s3:///orders.csv"},
        {"location": "s3://Lake/orders.csv"},
        {"location": "s3://lake/a/../b.csv"},
        {"location": "gs://lake/orders.csv"},
        {"endpointUrl": "ftp://minio.example"},
        {"endpointUrl": "https://user:word@minio.example"},
        {"endpointUrl": "https://mi nio.example"},
    ],
)
def test_a_place_that_cannot_be_used_is_refused_with_the_reason(members):
    with pytest.raises(InvalidLocation):
        place(**members)


@pytest.mark.parametrize(
    ("location", "prefix", "keys"),
    [
        ("s3://lake/orders/*.csv", "orders/", ["orders/a.csv"]),
        ("s3://lake/**/*.csv", "", ["orders/a.csv", "orders/2026/b.csv"]),
        ("s3://lake/orders/{model}/*.csv", "orders/", ["orders/2026/b.csv"]),
        ("s3://lake/orders/", "orders/", ["orders/a.csv", "orders/2026/b.csv"]),
        ("s3://lake", "", ["orders/a.csv", "orders/2026/b.csv"]),
        ("s3://lake/orders/?.csv", "orders/", ["orders/a.csv"]),
        ("s3://lake/or(d)ers/*", "or(d)ers/", []),
    ],
)
def test_a_location_with_wildcards_matches_keys(location, prefix, keys):
    objects = [
        S3Object(key=key, size=1, modified=NOW)
        for key in ("orders/a.csv", "orders/2026/b.csv", "orders/2026/")
    ]

    at = place(location)

    assert at.is_pattern
    assert at.prefix == prefix
    assert [item.key for item in matching(at, objects)] == keys


def test_keys_are_encoded_once_and_the_secret_is_in_no_request():
    at = parse_place(
        {"location": "s3://lake/x"}, access_key="AKIA", secret_key="secret-of-the-lake"
    )

    request = object_request(at, "a b/ü+%.csv", "bytes=0-1", max_bytes=2, deadline=1)

    assert request.url.endswith("/a%20b/%C3%BC%2B%25.csv")
    assert request.keeps_url
    assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA/")
    assert "secret-of-the-lake" not in repr((request, at))
    assert "Authorization" not in list_request(place(), deadline=1).headers


LISTING = """<?xml version="1.0"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>lake</Name>{fields}
<Contents><Key>a+b%2Fc</Key><Size>5</Size><LastModified>2026-11-30T00:00:00.000Z</LastModified>
<Owner><ID>x</ID></Owner></Contents></ListBucketResult>"""


def test_a_listing_is_read_with_its_encoding_and_its_next_page():
    fields = "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
    fields += "<NextContinuationToken>t=</NextContinuationToken>"

    encoded = parse_listing(LISTING.format(fields=fields).encode())
    plain = parse_listing(LISTING.format(fields="").encode())

    assert encoded.objects == [S3Object(key="a b/c", size=5, modified=NOW)]
    assert encoded.token == "t="
    assert (plain.objects[0].key, plain.token) == ("a+b%2Fc", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not XML",
        b"<html/>",
        b"<Error><Code>AccessDenied</Code></Error>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult>&a;</ListBucketResult>',
        b"<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        LISTING.format(fields="").replace("2026-11-30T", "noon").encode(),
        LISTING.format(fields="").replace(">5<", ">five<").encode(),
        b"<ListBucketResult><Contents>",
    ],
)
def test_an_answer_that_is_no_listing_is_refused(body):
    with pytest.raises(ValueError, match=r".+"):
        parse_listing(body)


def test_the_region_that_an_answer_names_is_used():
    def answer(status: int, region: str) -> Response:
        headers = {"x-amz-bucket-region": region}
        return Response(status=status, headers=headers, body=b"", url="", phases=Timings())

    other = in_other_region(place(), answer(301, "eu-west-1"))

    assert other is not None
    assert other.base_url == "https://lake.s3.eu-west-1.amazonaws.com"
    assert in_other_region(place(), answer(301, "us-east-1")) is None
    assert in_other_region(place(), answer(200, "eu-west-1")) is None
    assert in_other_region(place(), answer(301, "evil.example/x")) is None
