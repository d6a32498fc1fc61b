"""A rule before it is checked: all its layers, seen as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.config.effective import FolderSettings
from seedwatch.config.file_models import RuleKeys
from seedwatch.config.layers import RuleLayer
from seedwatch.config.yaml_mistakes import YamlPath
from seedwatch.errors import Problem

_DEFAULTS: Final = RuleKeys()


@dataclass(frozen=True, slots=True)
class Draft:
    """The layers of one rule, outermost first, seen as one: the innermost that sets a key wins."""

    folder: FolderSettings
    layers: Sequence[RuleLayer]

    def layer_of(self, key: str) -> RuleLayer | None:
        """The layer whose value counts; None: the default counts."""
        return next((layer for layer in reversed(self.layers) if layer.sets(key)), None)

    def value(self, key: str) -> Any:
        """The value that counts."""
        layer = self.layer_of(key)
        return getattr(_DEFAULTS if layer is None else layer.keys, key)

    def problem(self, path: YamlPath, message: str, *involved: str) -> Problem:
        """A problem of the key `path[0]` together with the keys `involved`.

        It stands in the innermost file that sets one of them: this is where it came about.
        """
        keys = (str(path[0]), *involved)
        for layer in reversed(self.layers):
            for key in keys:
                if layer.sets(key):
                    return layer.problem(path if key == path[0] else (key,), message)
        return self.layers[-1].problem((), message)
