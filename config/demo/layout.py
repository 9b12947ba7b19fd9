"""Where the demo's own things lie in the data folder; pure."""

from pathlib import Path


def manifests_folder(data_dir: Path) -> Path:
    """Return where the printed manifests lie."""
    return data_dir / "demo" / "manifests"


def answers_folder(data_dir: Path) -> Path:
    """Return where the rows lie that the HTTP source answers with."""
    return data_dir / "demo" / "answers"


def write_port_file(data_dir: Path, port: int) -> None:
    """Keep the port that the loaded contracts name; the first one stays."""
    note = _port_note(data_dir)
    if not note.exists():
        note.write_text(str(port), encoding="ascii")


def read_port_file(data_dir: Path, *, beside: int) -> int:
    """Return the port of the HTTP source: the one that contracts name, else the one after ours."""
    note = _port_note(data_dir)
    text = note.read_text(encoding="ascii").strip() if note.is_file() else ""
    noted = int(text) if text.isdecimal() else 0
    return noted if 0 < noted < 65536 and noted != beside else min(beside + 1, 65535)


def _port_note(data_dir: Path) -> Path:
    return data_dir / "demo" / "port"
