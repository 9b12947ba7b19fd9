"""The process of the web server that watches the poller and delivers what no worker has."""

import subprocess
import sys

import pytest
from django.conf import settings

from config.alert_watch import watch_once
from governance.alerts.models import Alert


def test_the_web_server_can_be_imported_before_django_is_set_up() -> None:
    command = [sys.executable, "-c", "import config.webserver"]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.django_db(transaction=True)
def test_the_watch_sends_the_synthetic_alert() -> None:
    watch_once()
    assert Alert.objects.get().kind == "synthetic"
