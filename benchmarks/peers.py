"""Other catalogs that run here: how each is installed, loaded with the records, started, asked."""

import json
import os
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.mesh_trees import SHARED
from benchmarks.processes import free_port

LOADED, MOST_SECONDS = "loaded", 900
CONTACT = """name position address city stateorprovince postalcode country phone fax url hours
instructions""".split()
RECORD = (
    '<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/">'
    "<dc:identifier>{slug}</dc:identifier><dc:title>{name}</dc:title><dc:type>dataset</dc:type>"
    "{tags}<dct:abstract>{description}</dct:abstract></csw:Record>"
)
CSW = (
    "/?service=CSW&version=2.0.2&request=GetRecords&typenames=csw:Record&elementsetname=full"
    "&resulttype=results&maxrecords=20&constraintlanguage=CQL_TEXT"
    "&constraint_language_version=1.1.0&constraint="
)


def records() -> Path:
    """Return the file of the records. Raises OSError where there is none next to the checkout."""
    path = SHARED / "aws_open_data.jsonl"
    path.stat()
    return path


def entries() -> list[dict[str, Any]]:
    """Return the records."""
    return [json.loads(line) for line in records().read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True)
class Peer:
    """A catalog in a folder of its own, with a venv below it."""

    packages: tuple[str, ...]

    def install(self, folder: Path) -> None:
        """Install the packages, once in a folder. Raises SubprocessError."""
        if not (folder / "venv/installed").exists():
            venv.create(folder / "venv", with_pip=True)
            self.run(folder, "pip", "install", "--quiet", *self.packages)
            (folder / "venv/installed").touch()

    def load(self, folder: Path) -> None:
        """Load the records, once in a folder. Raises SubprocessError."""
        if not (folder / LOADED).exists():
            self.fill(folder)
            (folder / LOADED).touch()

    def run(self, folder: Path, program: str, *arguments: str) -> None:
        """Run a program of the venv to its end."""
        subprocess.run(
            [str(folder / "venv/bin" / program), *arguments],
            cwd=folder,
            env=self.environment(folder),
            check=True,
            capture_output=True,
            timeout=MOST_SECONDS,
        )

    @contextmanager
    def running(self, folder: Path) -> Iterator[int]:
        """Run the peer's server; yields its port."""
        port = free_port()
        server = subprocess.Popen(
            [str(folder / "venv/bin" / self.server(port)[0]), *self.server(port)[1:]],
            cwd=folder,
            env=self.environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield port
        finally:
            server.terminate()
            server.wait(20)

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the environment in which the peer's programs run."""
        return {**os.environ, "HOME": str(folder)}

    def fill(self, folder: Path) -> None:
        """Write the records in the peer's own form, and have it read them."""
        raise NotImplementedError

    def server(self, port: int) -> list[str]:
        """Return the command of the server: a program of the venv and its arguments."""
        raise NotImplementedError

    def address(self, word: str) -> str:
        """Return the address under which the peer is asked for a word."""
        raise NotImplementedError


class Pycsw(Peer):
    """The reference server of catalogue services; a word is a substring of any text."""

    def environment(self, folder: Path) -> dict[str, str]:
        """Name the configuration beside."""
        return super().environment(folder) | {"PYCSW_CONFIG": str(folder / "pycsw.cfg")}

    def fill(self, folder: Path) -> None:
        """Write a file for each record and load the folder."""
        (folder / "pycsw.cfg").write_text(_csw_settings(folder))
        place = folder / "records"
        place.mkdir(exist_ok=True)
        for number, entry in enumerate(entries()):
            words = {key: escape(str(entry[key])) for key in ("slug", "name", "description")}
            tags = "".join(f"<dc:subject>{escape(tag)}</dc:subject>" for tag in entry["tags"])
            text = RECORD.format(**words, tags=tags)
            (place / f"{number}.xml").write_text(text, encoding="utf-8")
        self.run(folder, "pycsw-admin.py", "-c", "setup_db", "-f", "pycsw.cfg")
        self.run(folder, "pycsw-admin.py", "-c", "load_records", "-f", "pycsw.cfg", "-p", "records")

    def server(self, port: int) -> list[str]:
        """Return gunicorn with pycsw."""
        return [
            "gunicorn",
            "--bind",
            f"127.0.0.1:{port}",
            "--worker-class",
            "gthread",
            "pycsw.wsgi",
        ]

    def address(self, word: str) -> str:
        """Return a search of any text."""
        return CSW + quote(f"csw:AnyText like '%{word}%'")


class DataHubLite(Peer):
    """DataHub's catalog in one file; a word is a substring."""

    def environment(self, folder: Path) -> dict[str, str]:
        """Tell nobody of its use."""
        return super().environment(folder) | {"DATAHUB_TELEMETRY_ENABLED": "false"}

    def fill(self, folder: Path) -> None:
        """Write the records as changes and import them."""
        store = folder / "lite.duckdb"
        (folder / ".datahubenv").write_text(
            "gms:\n  server: http://127.0.0.1:1\n"
            f"lite:\n  type: duckdb\n  config:\n    file: {store}\n"
        )
        changes = [
            {
                "entityType": "dataset",
                "entityUrn": f"urn:li:dataset:(urn:li:dataPlatform:s3,{entry['slug']},PROD)",
                "changeType": "UPSERT",
                "aspectName": "datasetProperties",
                "aspect": {
                    "json": {
                        "name": entry["name"],
                        "description": entry["description"],
                        "customProperties": {},
                        "tags": entry["tags"],
                    }
                },
            }
            for entry in entries()
        ]
        (folder / "changes.json").write_text(json.dumps(changes))
        self.run(folder, "datahub", "lite", "import", "--file", "changes.json")

    def server(self, port: int) -> list[str]:
        """Return its own server."""
        return ["datahub", "lite", "serve", "--port", str(port)]

    def address(self, word: str) -> str:
        """Return its search."""
        return f"/search?query={quote(word)}"


def _csw_settings(folder: Path) -> str:
    """Return a configuration of pycsw with a file as its store."""
    sections = {
        "server": {
            "home": folder,
            "url": "http://127.0.0.1",
            "mimetype": "application/xml; charset=UTF-8",
            "encoding": "UTF-8",
            "language": "en-US",
            "maxrecords": 20,
            "pretty_print": "false",
        },
        "manager": {"transactions": "false"},
        "metadata:main": {
            **{f"contact_{name}": "b" for name in CONTACT},
            "contact_email": "b@example.org",
            "contact_role": "pointOfContact",
            "identification_title": "b",
            "identification_abstract": "b",
            "identification_keywords": "b",
            "identification_keywords_type": "theme",
            "identification_fees": "None",
            "identification_accessconstraints": "None",
            "provider_name": "b",
            "provider_url": "http://127.0.0.1",
        },
        "repository": {"database": f"sqlite:///{folder / 'records.db'}", "table": "records"},
        "metadata:inspire": {"enabled": "false"},
    }
    lines = [
        line
        for section, settings in sections.items()
        for line in (f"[{section}]", *(f"{name}={text}" for name, text in settings.items()))
    ]
    return "\n".join(lines) + "\n"


PEERS: dict[str, Peer] = {
    "pycsw": Pycsw(("pycsw==2.6.2", "sqlalchemy<2", "gunicorn")),
    "datahub-lite": DataHubLite(("acryl-datahub[datahub-lite]", "duckdb<1.5")),
}
