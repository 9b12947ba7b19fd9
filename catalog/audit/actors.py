"""Who can act: a person, or a part of the product that says its name; pure."""

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """A person, or a worker with its name."""

    @property
    def audit_id(self) -> str: ...

    @property
    def audit_name(self) -> str: ...


@dataclass(frozen=True)
class SystemActor:
    """A part of the product that acts by itself."""

    name: str

    @property
    def audit_id(self) -> str:
        return f"worker:{self.name}"

    @property
    def audit_name(self) -> str:
        return self.name
