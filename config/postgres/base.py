"""The database engine that the settings name for Postgres; Django asks for a module `base`."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Postgres; a connection that is kept between requests is checked without a round trip."""

    def is_usable(self) -> bool:
        """Say whether the connection still stands.

        A server that ends one says so, or closes it: then there is something to read. Where all is
        quiet nothing was ended, and `SELECT 1` would only tell the same a round trip later.
        """
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return bool(super().is_usable()) if waiting.poll(0) else True
