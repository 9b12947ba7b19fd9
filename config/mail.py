"""Mail of an installation without a mail server: files that only its operators can read."""

import os

from django.core.mail.backends.filebased import EmailBackend


class PrivateFileBackend(EmailBackend):
    """Writes each mail to a file of `EMAIL_FILE_PATH`, mode 0600: its links open accounts."""

    def open(self) -> bool:
        """Open the file unless it is open; return True if it was opened."""
        is_new = self.stream is None
        if is_new:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            file = os.open(self._get_filename(), flags, 0o600)  # type: ignore[attr-defined]
            self.stream = os.fdopen(file, "ab")  # type: ignore[assignment]
        return is_new
