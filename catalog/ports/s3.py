"""Object storage with the S3 protocol: addresses of objects, requests and responses.

Requests go through the one HTTP client. Without credentials they are anonymous, as for open data.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib import import_module
from urllib.parse import quote, unquote_plus, urlencode, urlsplit
from xml.parsers import expat

from catalog.ports.addresses import DEFAULT_PORTS, parse_url
from catalog.ports.http_types import InvalidUrl, Request, Response
from catalog.types import JSONObject

DEFAULT_REGION = "us-east-1"
MAX_LISTING_BYTES = 4 * 1024 * 1024
KEYS_PER_PAGE = 1000
_LOCATION = re.compile(r"s3[an]?://([^/]+)(?:/(.*))?\Z", re.DOTALL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_REGION = re.compile(r"[a-z0-9-]{1,40}\Z")
_REGION_IN_HOST = re.compile(r"(?:^|\.)s3[.-]([a-z]{2,}-[a-z0-9-]+)\.amazonaws\.com\Z")
# A part in braces matches a name, as in `s3://bucket/{model}/*.json`.
_WILDCARD = re.compile(r"\*\*|\*|\?|\{[^{}/]*\}")
_WILDCARDS = {"**": ".*", "?": "[^/]"}
SENTENCES = {
    "NoSuchBucket": "There is no such bucket.",
    "NoSuchKey": "There is no such object.",
    "AccessDenied": "Access is denied.",
    "AllAccessDisabled": "Access is denied.",
    "InvalidAccessKeyId": "The access key is not known there.",
    "SignatureDoesNotMatch": "The secret does not belong to the access key.",
    "RequestTimeTooSkewed": "The clock of this machine is wrong.",
    "InvalidBucketName": "The name of the bucket is not valid.",
    "SlowDown": "It asks for fewer requests.",
}


class InvalidLocation(ValueError):
    """The server's location or endpoint cannot be used; the text says why."""


@dataclass(frozen=True, kw_only=True)
class S3Place:
    """Objects of one bucket: the one at `key`, or all that `key` describes with wildcards.

    `endpoint` is empty for Amazon's own. Without an access key requests are not signed.
    """

    bucket: str
    key: str
    endpoint: str = ""
    region: str = DEFAULT_REGION
    access_key: str = ""
    secret_key: str = field(default="", repr=False)

    @property
    def is_pattern(self) -> bool:
        return not self.key or self.key.endswith("/") or bool(_WILDCARD.search(self.key))

    @property
    def prefix(self) -> str:
        """Return what all keys begin with."""
        match = _WILDCARD.search(self.key)
        return self.key[: match.start()] if match else self.key

    @cached_property
    def pattern(self) -> "re.Pattern[str]":
        parts, at = [], 0
        for match in _WILDCARD.finditer(self.key):
            parts += [re.escape(self.key[at : match.start()]), _WILDCARDS.get(match[0], "[^/]*")]
            at = match.end()
        below = ".*" if self.key.endswith("/") or not self.key else ""
        return re.compile("".join([*parts, re.escape(self.key[at:]), below, r"\Z"]), re.DOTALL)

    @property
    def base_url(self) -> str:
        """Return the URL of the bucket: in the host where that can be, else in the path."""
        if self.endpoint:
            return f"{self.endpoint}/{self.bucket}"
        host = f"s3.{self.region}.amazonaws.com"
        has_dots = "." in self.bucket  # The certificate covers one label.
        return f"https://{host}/{self.bucket}" if has_dots else f"https://{self.bucket}.{host}"


@dataclass(frozen=True, kw_only=True)
class S3Object:
    """One object of a listing."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Listing:
    """One page of a listing; `token` leads to the next one."""

    objects: list[S3Object]
    token: str = ""


def parse_place(declared: JSONObject, *, access_key: str = "", secret_key: str = "") -> S3Place:
    """Return the place of a server of type s3 (ODCS). Raises InvalidLocation.

    The region is in the custom property assayRegion, else in the endpoint.
    """
    match = _LOCATION.match(str(declared.get("location") or ""))
    if match is None or not _BUCKET.match(match[1]):
        raise InvalidLocation("The location has the form s3://bucket/folder/file.parquet.")
    key = match[2] or ""
    if {".", ".."} & set(key.split("/")):
        raise InvalidLocation("A key with the parts . or .. is not read.")
    endpoint = _endpoint(str(declared.get("endpointUrl") or ""))
    custom = {
        item.get("property"): item.get("value")
        for item in declared.get("customProperties") or ()
        if isinstance(item, dict)
    }
    in_host = _REGION_IN_HOST.search(endpoint.partition("://")[2])
    region = str(custom.get("assayRegion") or (in_host[1] if in_host else DEFAULT_REGION))
    if not _REGION.match(region):
        raise InvalidLocation("assayRegion is the name of a region, such as eu-central-1.")
    return S3Place(
        bucket=match[1],
        key=key,
        endpoint=endpoint,
        region=region,
        access_key=access_key,
        secret_key=secret_key,
    )


def _endpoint(url: str) -> str:
    """Return an endpoint as the Host header will have it. Raises InvalidLocation."""
    if not url:
        return ""
    url = url if "://" in url else f"https://{url}"
    try:
        # Whether the address may be called is checked when it is.
        target = parse_url(url)
    except InvalidUrl as error:
        raise InvalidLocation(f"The endpoint cannot be used: {error.message}.") from error
    is_default = DEFAULT_PORTS[target.scheme] == target.port
    host = target.netloc.rpartition(":")[0] if is_default else target.netloc
    return f"{target.scheme}://{host}{urlsplit(url).path.rstrip('/')}"


def object_request(
    place: S3Place, key: str, byte_range: str, *, max_bytes: int, deadline: float
) -> Request:
    """Return a request for a range of an object, such as `bytes=0-99`."""
    url = f"{place.base_url}/{quote(key, safe='/-._~')}"
    return _signed(place, url, {"Range": byte_range}, max_bytes, deadline)


def list_request(place: S3Place, token: str = "", *, deadline: float) -> Request:
    """Return a request for a page of the keys below the place's prefix."""
    query = {"list-type": "2", "encoding-type": "url", "max-keys": str(KEYS_PER_PAGE)}
    query |= {"prefix": place.prefix} | ({"continuation-token": token} if token else {})
    url = f"{place.base_url}/?{urlencode(sorted(query.items()), quote_via=quote, safe='-._~')}"
    return _signed(place, url, {}, MAX_LISTING_BYTES, deadline)


def _signed(
    place: S3Place, url: str, headers: Mapping[str, str], max_bytes: int, deadline: float
) -> Request:
    sent = dict(headers)
    if place.access_key:
        # Loaded where a request is signed and nowhere else: 11 MB of memory.
        signing = import_module("catalog.ports.s3_signing")
        sent = signing.signed_headers(
            "GET",
            url,
            headers,
            region=place.region,
            access_key=place.access_key,
            secret_key=place.secret_key,
        )
    return Request(
        url=url,
        headers=sent,
        max_bytes=max_bytes,
        deadline=deadline,
        allow_truncation=True,
        max_redirects=0,
        keeps_url=True,
    )


def in_other_region(place: S3Place, response: Response) -> S3Place | None:
    """Return the place with the region that an answer names, if it is another one."""
    region = response.headers.get("x-amz-bucket-region", "")
    if response.status not in (301, 307, 400, 403) or not _REGION.match(region):
        return None
    return replace(place, region=region) if region != place.region else None


def error_code(response: Response) -> str:
    """Return the code of an error document, such as NoSuchKey; empty if there is none."""
    match = re.search(rb"<Code>([A-Za-z0-9]{1,60})</Code>", response.body[:4096])
    return match[1].decode() if match else ""


def parse_listing(body: bytes) -> Listing:
    """Return a page of a listing. Raises ValueError for anything else."""
    reader = _ListingReader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise ValueError("the listing is not well-formed XML") from error
    if not reader.is_listing:
        raise ValueError("the answer is not a listing")
    fields = reader.fields
    is_encoded = fields.get("EncodingType") == "url"
    try:
        objects = [
            S3Object(
                key=unquote_plus(item["Key"]) if is_encoded else item["Key"],
                size=int(item.get("Size", "0")),
                modified=datetime.fromisoformat(item["LastModified"]),
            )
            for item in reader.contents
        ]
    except KeyError as error:
        raise ValueError("the listing has an object without a key or a date") from error
    is_truncated = fields.get("IsTruncated") == "true"
    return Listing(objects, fields.get("NextContinuationToken", "") if is_truncated else "")


def matching(place: S3Place, objects: list[S3Object]) -> Iterator[S3Object]:
    """Yield the objects that a place describes, without those that represent a folder."""
    for item in objects:
        if not item.key.endswith("/") and place.pattern.match(item.key):
            yield item


class _ListingReader:
    """Reads the two levels of a listing; a document type, and so an entity, is refused."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.fields: dict[str, str] = {}
        self.contents: list[dict[str, str]] = []
        self.is_listing = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = lambda name: self.path.pop()
        self.parser.CharacterDataHandler = self._text

    def _refuse(self, *_: object) -> None:
        raise ValueError("a listing has no document type")

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        self.path.append(name)
        self.is_listing = self.is_listing or self.path == ["ListBucketResult"]
        if self.path[1:] == ["Contents"]:
            self.contents.append({})

    def _text(self, text: str) -> None:
        if len(self.path) == 2:
            self.fields[self.path[1]] = self.fields.get(self.path[1], "") + text
        elif self.path[1:2] == ["Contents"] and len(self.path) == 3:
            item, name = self.contents[-1], self.path[2]
            item[name] = item.get(name, "") + text
