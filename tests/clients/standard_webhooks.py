"""Verifies webhooks with the official client; runs in an environment of its own.

Reads JSON lines of {secret, headers, body} from standard input; prints one line for each: the type
of the message, or the name of the error.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    message = json.loads(line)
    try:
        data = Webhook(message["secret"]).verify(message["body"], message["headers"])
        print(data["type"])
    except WebhookVerificationError as error:
        print(type(error).__name__)
