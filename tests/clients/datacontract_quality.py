"""Asks datacontract-cli, in its own environment, what the checks of contracts say of their data.

Reads one JSON object a line, `{"contract": a document, "folder": where its paths begin}`, and
writes one line for each: a list of `[type, field, result, reason]`. For `{"file": ..., "folder":
...}` it writes the contract in that file as ODCS 3, or null if it cannot read it.
"""

import json
import logging
import os
import sys

from datacontract.data_contract import DataContract
from open_data_contract_standard.model import OpenDataContractStandard

logging.disable(logging.CRITICAL)
for line in sys.stdin:
    pair = json.loads(line)
    os.chdir(pair["folder"])
    if "file" in pair:
        try:
            contract = DataContract(data_contract_file=pair["file"]).get_data_contract()
        except Exception:  # noqa: BLE001 - some of its fixtures are broken on purpose
            contract = None
        print(contract.model_dump_json(by_alias=True, exclude_none=True) if contract else "null")
        continue
    parsed = OpenDataContractStandard.model_validate(pair["contract"])
    run = DataContract(data_contract=parsed, inline_references=False).test()
    checks = [
        [check.type, check.field, check.result.value, str(check.reason or "")]
        for check in run.checks
    ]
    print(json.dumps(checks), flush=True)
