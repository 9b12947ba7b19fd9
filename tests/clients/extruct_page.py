"""Writes the JSON-LD that extruct finds in each page of a list of addresses, one a line."""

import json
import sys
import urllib.request

import extruct

for line in sys.stdin:
    with urllib.request.urlopen(line.strip()) as page:
        html = page.read().decode()
    print(json.dumps(extruct.extract(html, syntaxes=["json-ld"])["json-ld"]), flush=True)
