"""Wrong settings are named with a hint, and a default replaces them so that the check can run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.environment import Environment
from config.environment_variables import SETTINGS
from config.secret_files import load_or_create_secret

MEANING = "ASSAY_SEARCH_SEMANTIC"
ROOT = Path(__file__).resolve().parents[2]


def test_a_wrong_number_is_a_problem_and_the_default_is_used():
    environment = Environment({"ASSAY_PORT": "eighty"})

    port = environment.get_int("ASSAY_PORT", minimum=1, maximum=65535)

    assert port == 8000
    assert environment.errors[0].name == "ASSAY_PORT"
    assert "whole number from 1 to 65535" in environment.errors[0].message


def test_of_a_list_only_the_wrong_words_are_left_out():
    environment = Environment({"ASSAY_SEARCH_ENGINES": "embedded, solr"})

    engines = environment.get_list(
        "ASSAY_SEARCH_ENGINES", pattern="embedded|elasticsearch", example="embedded"
    )

    assert engines == ("embedded",)
    assert "'solr'" in environment.errors[0].message


def test_an_extra_is_off_and_asks_for_nothing_until_it_is_switched_on():
    environment = Environment({})

    is_on = environment.get_semantic(MEANING, engine="embedded", packages=("no_such_package",))

    assert not is_on
    assert environment.errors == []


def test_an_extra_that_is_not_installed_stays_off_with_a_hint():
    environment = Environment({MEANING: "1"})

    is_on = environment.get_semantic(MEANING, engine="elasticsearch", packages=("os", "no_such"))

    assert not is_on
    assert "not installed (no_such)" in environment.errors[0].message
    assert "pip install .[semantic]" in environment.errors[0].hint


@pytest.mark.parametrize(("engine", "expected"), [("elasticsearch", True), ("embedded", False)])
def test_only_elasticsearch_knows_meaning(engine: str, expected: bool):
    environment = Environment({MEANING: "1"})

    is_on = environment.get_semantic(MEANING, engine=engine, packages=("os",))

    assert is_on == expected
    assert [error.name for error in environment.errors] == ([] if expected else [MEANING])


def test_a_password_in_a_wrong_address_is_not_repeated():
    environment = Environment({"DATABASE_URL": "oracle://scott:tiger@db/x"})

    assert environment.get_database("DATABASE_URL", default={"ENGINE": "x"}) == {"ENGINE": "x"}
    assert "tiger" not in environment.errors[0].message


@given(st.text())
def test_no_value_however_odd_breaks_the_reading(value):
    environment = Environment({setting.name: value for setting in SETTINGS})

    environment.get_int("ASSAY_PORT", minimum=1, maximum=65535)
    environment.get_bool("ASSAY_DEMO")
    environment.get_choice("ASSAY_LOG_LEVEL", ("DEBUG", "INFO"))
    environment.get_list("ASSAY_ALLOWED_NETS", pattern=r"[\w.]+:\d+", example="host:port")
    environment.get_url("REDIS_URL", default="", schemes=("redis",))
    environment.get_database("DATABASE_URL", default={})
    environment.get_email("ASSAY_EMAIL_URL", folder=Path("mail"))


@pytest.mark.parametrize("rest", ["", "//", "//[", "//:@:/", "//u:p@h:port/x", "//h/x?y=z&w"])
def test_half_an_address_is_a_problem_or_an_address_but_never_an_error(rest):
    environment = Environment(
        {"DATABASE_URL": f"postgres:{rest}", "ASSAY_EMAIL_URL": f"smtp:{rest}"}
    )

    environment.get_database("DATABASE_URL", default={})
    environment.get_email("ASSAY_EMAIL_URL", folder=Path("mail"))


@pytest.mark.parametrize("value", ["", "consolemail://", "nonsense"])
def test_without_a_mail_server_mail_is_written_to_files_and_never_printed(value):
    mail = Environment({"ASSAY_EMAIL_URL": value}).get_email(
        "ASSAY_EMAIL_URL", folder=Path("/var/mail")
    )

    assert mail["EMAIL_BACKEND"] == "config.mail.PrivateFileBackend"
    assert mail["EMAIL_FILE_PATH"] == "/var/mail"


def test_the_check_names_every_wrong_value_with_a_hint(tmp_path):
    wrong = {"ASSAY_PORT": "0", "ASSAY_DEMO": "maybe", "REDIS_URL": "localhost:6379"}

    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            **os.environ,
            **wrong,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ASSAY_DATA_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert all(f"{name}:" in run.stderr for name in wrong)
    assert run.stderr.count("HINT:") == 3
    assert "Traceback" not in run.stderr


def test_a_data_folder_that_cannot_be_used_is_said_in_a_line(tmp_path):
    (tmp_path / "file").write_text("")

    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ASSAY_DATA_DIR": str(tmp_path / "file"),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "ASSAY_DATA_DIR" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_secret_is_made_once_and_for_the_owners_eyes(tmp_path):
    first, again = (
        load_or_create_secret(tmp_path, "secret_key"),
        load_or_create_secret(tmp_path, "secret_key"),
    )

    path = tmp_path / "secrets" / "secret_key"
    assert first == again
    assert len(first) >= 50
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]
