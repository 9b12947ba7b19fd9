"""The embedded engine's small segments are merged, whatever a writer has written before it ends."""

import json
from pathlib import Path

import pytest

from catalog.search.backends.embedded import EmbeddedBackend
from tests.search.requests import doc, fill

# With this number of one size the engine merges them.
ENOUGH = 8


@pytest.mark.parametrize("part", ["documents", "words"])
def test_a_released_writer_finishes_its_merges(tmp_path: Path, part: str):
    engine = EmbeddedBackend(tmp_path)
    fill(engine, [])
    with engine.open_writer() as session:
        for number in range(ENOUGH):
            session.put([doc(f"d{number}", name=f"Newword{'abcdefgh'[number] * 4}")])
            session.commit()

    assert len(_segments(engine, tmp_path, part)) < ENOUGH


def test_a_rebuild_leaves_no_merges_to_the_first_write(tmp_path: Path):
    engine = EmbeddedBackend(tmp_path)
    with engine.start_rebuild() as fresh:
        for number in range(ENOUGH):
            fresh.put([doc(f"d{number}")])
            fresh.commit()
        with fresh.activate():
            pass

    assert len(_segments(engine, tmp_path, "documents")) < ENOUGH


def _segments(engine: EmbeddedBackend, root: Path, part: str) -> list[object]:
    """The segments of one of the two indexes of the live generation."""
    meta = root / engine.generation() / part / "meta.json"
    return list(json.loads(meta.read_text())["segments"])
