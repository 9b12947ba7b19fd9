"""The installation's own secrets: made once, kept in the data folder, for its owner's eyes."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def load_or_create_secret(data_dir: Path, name: str) -> str:
    """The secret of that name; made at the first call. Two processes at once get the same one.

    Raises ImproperlyConfigured where the data folder cannot be written.
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
            "Set ASSAY_DATA_DIR to a folder that you may write to."
        ) from error


def _write_secret(path: Path, secret: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
        file.flush()
        os.fsync(descriptor)
    try:
        # A link, unlike a rename, leaves the secret of a faster process in place.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
