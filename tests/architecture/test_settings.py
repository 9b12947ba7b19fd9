"""The README's table of settings is up to date, and every setting is used."""

import re
from pathlib import Path

from config.environment_variables import SETTINGS
from config.management.commands.print_settings import settings_table

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "<!-- settings: python manage.py print_settings --markdown -->\n"
END = "\n<!-- end of settings -->"
DECLARED = {setting.name for setting in SETTINGS}


def test_the_readme_shows_every_setting_as_the_command_prints_it():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    table = readme.split(BEGIN)[1].split(END)[0]

    assert table == settings_table(), "Run: python manage.py print_settings --markdown"


def test_every_declared_setting_is_read_somewhere():
    sources = [ROOT / "config/settings.py", ROOT / "Makefile"]
    read = "".join(path.read_text(encoding="utf-8") for path in sources)

    unread = {name for name in DECLARED if name not in read}

    # Secrets of sources are read by name when a source is opened.
    assert unread == {"ASSAY_SECRET_<NAME>"}


def test_compose_sets_only_declared_settings():
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    ours = r"^ +((?:ASSAY_|DATABASE_|REDIS_|ELASTICSEARCH_)\w+):"
    names = set(re.findall(ours, compose, re.MULTILINE))

    assert names <= DECLARED


def test_help_is_one_sentence_and_names_no_machine():
    for setting in SETTINGS:
        assert setting.help.endswith("."), setting.name
        assert "|" not in setting.help + setting.default + setting.shown_default, setting.name
