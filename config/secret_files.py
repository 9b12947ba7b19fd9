"""The installation's own secrets: created once in the data folder, readable by its owner only."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def load_or_create_secret(data_dir: Path, name: str) -> str:
    """Return the secret of a name, created by the first call; concurrent calls get the same one.

    Raises ImproperlyConfigured if the data folder cannot be written.
    """
    path = data_dir / "secrets" / name
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        if not path.exists():
            _write_secret(path, secrets.token_urlsafe(64))
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"the data folder cannot be used ({error.strerror}: {data_dir}). "
            "Set ASSAY_DATA_DIR to a folder that you can write to."
        ) from error


def _write_secret(path: Path, secret: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
        file.flush()
        os.fsync(descriptor)
    try:
        # A link, unlike a rename, does not replace the secret of a faster process.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
