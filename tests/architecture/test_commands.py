"""The help of every command shows an example."""

import pytest
from django.core.management import get_commands, load_command_class

from tests.architecture.trees import APPS

OURS = {name: app for name, app in get_commands().items() if app in APPS}


def test_there_are_commands():
    assert len(OURS) > 10


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_commands_help_shows_an_example(name):
    text = load_command_class(OURS[name], name).create_parser("manage.py", name).format_help()

    assert f"manage.py {name}" in " ".join(text.split()).split("xample", 1)[1]
