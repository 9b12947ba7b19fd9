"""Reads PROV-JSON of each address with the library prov; writes how many records of each type.

A document that prov writes again and reads again must be equal.
"""

import json
import sys
import urllib.request
from collections import Counter

from prov.model import ProvDocument

for line in sys.stdin:
    with urllib.request.urlopen(line.strip()) as answer:
        text = answer.read().decode()
    document = ProvDocument.deserialize(content=text, format="json")
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    counts = Counter(record.get_type().localpart for record in document.get_records())
    labels = [record.label for record in document.get_records() if record.label]
    print(json.dumps({"counts": counts, "equal": document == again, "labels": [*map(str, labels)]}))
