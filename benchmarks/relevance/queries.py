"""Files of queries whose products are known: a JSON object on each line."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


class InvalidQueryFile(Exception):
    """A file cannot be read, or a line of it has another format."""


@dataclass(frozen=True)
class Query:
    """Something typed, and the products (slug, or domain/slug) that it should find."""

    text: str
    targets: tuple[str, ...]


def read_queries(path: Path) -> Iterator[Query]:
    """Yield the queries of a file. Raises InvalidQueryFile, with the line if one is wrong."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _parse_query(line, f"{path}:{number}")
    except OSError as error:
        raise InvalidQueryFile(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidQueryFile(f"{path}: this is not UTF-8 text ({error.reason})") from error


def _parse_query(line: str, position: str) -> Query:
    try:
        row = json.loads(line)
        if not isinstance(row["targets"], list):
            raise TypeError("targets must be a list")
        return Query(str(row["query"]), tuple(map(str, row["targets"])))
    except (ValueError, KeyError, TypeError) as error:
        message = f'{position}: not {{"query": ..., "targets": [...]}} ({error})'
        raise InvalidQueryFile(message) from error


def usage_titles(queries: Iterable[Query]) -> dict[str, list[str]]:
    """Group the texts of queries by target, to be indexed as titles of uses."""
    titles: dict[str, list[str]] = {}
    for query in queries:
        for target in query.targets:
            titles.setdefault(target, []).append(query.text)
    return titles
