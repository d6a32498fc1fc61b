"""What every mapping of a configuration file has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def default(written: object, **more: Any) -> Any:
    """A default in the spelling a user would write, checked like theirs."""
    return Field(default=written, validate_default=True, **more)


class Section(BaseModel):
    """A mapping of the file: no key beside the listed ones, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
