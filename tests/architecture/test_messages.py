"""Texts of pages and code are found for translators."""

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

from tests.architecture.trees import ROOT


def test_texts_are_extracted_from_templates_and_code():
    with (ROOT / "locale/babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, filename="babel.cfg")

    constants: dict[str, set[str]] = {}
    for name, _line, message, _comments, _context in extract_from_dir(
        ROOT, methods, options, keywords={"_": None, "gettext": None, "ngettext": (1, 2)}
    ):
        texts = message if isinstance(message, tuple) else (message,)
        constants.setdefault(name.partition("/")[0], set()).update(texts)

    assert "Skip to the content" in constants["templates"]
    assert "%(num)s masked" in constants["templates"]
    assert {"catalog", "config", "governance"} <= set(constants)
