"""A request that leaves a hint for the workers does not wait for a broker that is away."""

import pytest
from django.conf import settings
from kombu import Connection
from kombu.exceptions import OperationalError


def test_a_broker_that_is_away_is_given_up_without_a_pause(tmp_path):
    pauses = []
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {
        "errback": lambda error, pause: pauses.append(pause)
    }
    address = f"redis+socket://{tmp_path}/nobody.sock?virtual_host=0"

    with Connection(address, transport_options=options) as broker:
        with pytest.raises(OperationalError):
            broker.default_channel  # noqa: B018 - asking for it connects

    assert sum(pauses) == 0
