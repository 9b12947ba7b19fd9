"""Where the demo's manifests are, and where its own files are in the data folder; pure."""

from pathlib import Path

DEMO = Path(__file__).parents[2] / "demo"
HOST = "127.0.0.1"


def answers_folder(data_dir: Path) -> Path:
    """Return the folder of the rows that the HTTP source answers with."""
    return data_dir / "demo" / "answers"


def write_port_file(data_dir: Path, port: int) -> None:
    """Remember the port that the loaded contracts name; the first one stays."""
    path = _port_file(data_dir)
    if not path.exists():
        path.write_text(str(port), encoding="ascii")


def read_port_file(data_dir: Path, *, web_port: int) -> int:
    """Return the port that the loaded contracts name, else the one after the web server's."""
    path = _port_file(data_dir)
    text = path.read_text(encoding="ascii").strip() if path.is_file() else ""
    port = int(text) if text.isdecimal() else 0
    return port if 0 < port < 65536 and port != web_port else min(web_port + 1, 65535)


def _port_file(data_dir: Path) -> Path:
    return data_dir / "demo" / "port"
