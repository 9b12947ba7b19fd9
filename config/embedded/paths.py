"""Where things lie in the data folder."""

import hashlib
import tempfile
from pathlib import Path

# The kernel's limit for the path of a socket is 108 bytes, its closing NUL included.
LONGEST_SOCKET_PATH = 107


def run_folder(data_dir: Path) -> Path:
    """Lock, schedule and the like: what only matters while Assay runs."""
    return data_dir / "run"


def logs_folder(data_dir: Path) -> Path:
    return data_dir / "logs"


def valkey_socket(data_dir: Path) -> Path:
    """The bundled server's socket; below a deep data folder it moves to the temporary folder."""
    path = run_folder(data_dir) / "valkey.sock"
    if len(bytes(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(bytes(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"assay-{digest}" / "valkey.sock"
