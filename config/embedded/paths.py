"""Paths in the data folder."""

import hashlib
import tempfile
from pathlib import Path

# The kernel's limit for the path of a socket is 108 bytes, its closing NUL included.
MAX_SOCKET_PATH_BYTES = 107


def run_folder(data_dir: Path) -> Path:
    """Return the folder of files that only matter while Assay runs, such as the lock."""
    return data_dir / "run"


def logs_folder(data_dir: Path) -> Path:
    return data_dir / "logs"


def valkey_socket(data_dir: Path) -> Path:
    """Return the socket of the bundled server, in the temporary folder if its path is too long."""
    path = run_folder(data_dir) / "valkey.sock"
    if len(bytes(path)) <= MAX_SOCKET_PATH_BYTES:
        return path
    digest = hashlib.sha256(bytes(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"assay-{digest}" / "valkey.sock"
