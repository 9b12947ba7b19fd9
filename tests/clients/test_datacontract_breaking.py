"""Our classes against `datacontract breaking`, the command of another project.

datacontract compares what a contract permits; whatever it calls breaking is breaking here. Assay is
stricter in the places that EXPLAINED lists, each with the reason.
"""

import itertools
import json
import random
import re
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog.contracts.compatibility import compare_contracts
from catalog.manifests.readers import read_documents
from catalog.products.changes import Change, ChangeClass
from catalog.types import JSONObject
from tests.contract_mutations import mutated, mutations_of

pytestmark = [pytest.mark.datacontract, pytest.mark.slow]
SCRIPT = Path(__file__).with_name("datacontract_breaking.py")
# Where Assay calls a change breaking that datacontract does not, by its location, and why.
EXPLAINED = {
    r"^/servers/": (
        "Who reads from an address that is no longer listed, or that serves another format, gets "
        "nothing. datacontract compares the data, not where it is."
    ),
    r"/logicalTypeOptions/(format|timezone|defaultTimezone|multipleOf|(min|max)Properties"
    r"|embeddingModel|embeddingModelVersion|normalized|required)$": (
        "A consumer's parser depends on how values are written. datacontract does not read these."
    ),
    r"/logicalTypeOptions/pattern$": (
        "Whether one pattern admits what another one did not cannot be decided in general: "
        "datacontract warns, Assay asks the owner to say why it breaks no one."
    ),
    r"/quality/": (
        "datacontract warns where the two versions of a rule count different things. The former "
        "promise is gone, so Assay asks the owner."
    ),
    r"^/slaProperties/freshness": (
        "datacontract reads freshness only with a column of the contract as its element; Assay "
        "measures the freshness of a port."
    ),
}


@dataclass(frozen=True)
class Verdict:
    """What datacontract says of a pair; the rule and the path of each of its warnings."""

    is_breaking: bool
    warnings: list[str]


def verdicts(python: Path, pairs: list[tuple[JSONObject, JSONObject]]) -> list[Verdict]:
    lines = "\n".join(json.dumps(pair) for pair in pairs)
    command = [str(python), str(SCRIPT)]
    run = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    return [
        Verdict(
            answer["is_breaking"],
            [f"{rule} {path}" for level, rule, path in answer["findings"] if level == "warning"],
        )
        for answer in answers
    ]


def differences(python: Path, pairs: list[tuple[JSONObject, JSONObject]]) -> list[str]:
    """Return each pair that is classed differently, without an explanation."""
    unexplained = []
    for (before, after), verdict in zip(pairs, verdicts(python, pairs), strict=True):
        ours = [
            change
            for change in compare_contracts(before, after)
            if change.change_class is ChangeClass.BREAKING
        ]
        if verdict.is_breaking and not ours:
            unexplained.append(f"only datacontract: {before.get('id')} {after}")
        elif ours and not verdict.is_breaking:
            unexplained += [
                f"only Assay: {change.message} ({verdict.warnings})"
                for change in ours
                if not is_explained(change, verdict)
            ]
    return unexplained


def is_explained(change: Change, verdict: Verdict) -> bool:
    is_undecided = re.search(r"/quality/|/pattern$", change.location)
    if is_undecided and not verdict.warnings:
        return False
    return any(re.search(where, change.location) for where in EXPLAINED)


def samples(folder: Path) -> list[JSONObject]:
    documents = []
    for path in sorted((folder / "samples" / "odcs").rglob("*.y*ml")):
        [document] = read_documents(path.read_bytes(), name=path.name)
        if document.tree.get("kind") == "DataContract":
            documents.append(document.tree)
    return documents


def some_mutations(contract: JSONObject, number: int, choice: random.Random) -> list[str]:
    names = sorted(mutations_of(contract))
    return choice.sample(names, min(number, len(names)))


def test_the_classes_agree_on_every_pair_of_one_contract(
    datacontract_python: Path, shared_folder: Path
) -> None:
    versions: dict[str, list[JSONObject]] = defaultdict(list)
    for contract in samples(shared_folder):
        versions[contract["id"]].append(contract)
    pairs = [pair for group in versions.values() for pair in itertools.permutations(group, 2)]

    assert len(pairs) > 300
    assert differences(datacontract_python, pairs) == []


def test_the_classes_agree_on_mutated_contracts(
    datacontract_python: Path, shared_folder: Path
) -> None:
    choice = random.Random(20_26)
    contracts = [contract for contract in samples(shared_folder) if contract.get("schema")]
    pairs = []
    for number in range(800):
        contract = contracts[number % len(contracts)]
        before = mutated(contract, some_mutations(contract, 3, choice), number)
        # Single mutations show which rule differs, several show how they add up.
        names = some_mutations(before, choice.choice([1, 1, 2, 4]), choice)
        pairs.append((before, mutated(before, names, number + 1)))

    assert differences(datacontract_python, pairs) == []


def test_the_command_itself_agrees(
    datacontract_python: Path, shared_folder: Path, tmp_path: Path
) -> None:
    contract = next(
        contract
        for contract in samples(shared_folder)
        if contract["id"] == "cities" and contract["version"] == "1.0.0"
    )
    table = contract["schema"][0]
    fewer = contract | {"schema": [table | {"properties": table["properties"][1:]}]}
    described = contract | {"schema": [table | {"description": "Said in other words."}]}
    files = {"before": contract, "fewer": fewer, "described": described}
    for name, document in files.items():
        (tmp_path / f"{name}.yaml").write_text(json.dumps(document))
    command = [str(datacontract_python.with_name("datacontract")), "breaking"]

    codes = {
        name: subprocess.run(
            [*command, "--no-inline-references", "before.yaml", f"{name}.yaml"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        ).returncode
        for name in ("before", "fewer", "described")
    }

    assert codes == {"before": 0, "fewer": 1, "described": 0}
