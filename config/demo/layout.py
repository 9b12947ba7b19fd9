"""Where the demo's own things lie in the data folder; pure."""

from pathlib import Path


def manifests_folder(data_dir: Path) -> Path:
    """Return where the printed manifests lie."""
    return data_dir / "demo" / "manifests"


def answers_folder(data_dir: Path) -> Path:
    """Return where the rows lie that the HTTP source answers with."""
    return data_dir / "demo" / "answers"


def port_note(data_dir: Path) -> Path:
    """Return the file that keeps the port which the loaded contracts name."""
    return data_dir / "demo" / "port"
