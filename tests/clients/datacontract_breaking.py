"""Asks datacontract-cli, in its own environment, which pairs of contracts are breaking.

Reads one pair of JSON documents a line, `[before, after]`, and writes one line for each: the
highest level of its findings and, for each finding that is no mere information, rule and path.
"""

import json
import sys

from datacontract.data_contract import DataContract
from open_data_contract_standard.model import OpenDataContractStandard


def contract(document: dict[str, object]) -> DataContract:
    parsed = OpenDataContractStandard.model_validate(document)
    return DataContract(data_contract=parsed, inline_references=False)


for line in sys.stdin:
    before, after = json.loads(line)
    result = contract(before).breaking(contract(after))
    findings = [
        [entry.level.value, entry.rule_id, entry.path]
        for entry in result.entries
        if entry.level.value != "info"
    ]
    print(json.dumps({"is_breaking": result.is_breaking, "findings": findings}), flush=True)
