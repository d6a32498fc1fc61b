"""One layer of a rule: what config.yaml or one rule.yaml says, with the place of every key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seedwatch.config.file_models import OPERATOR_ONLY, RuleKeys
from seedwatch.config.mistakes import validated, without_empty
from seedwatch.config.strict_yaml import RULE_MAX_BYTES, read_yaml, sorted_problems
from seedwatch.config.yaml_builder import Document
from seedwatch.config.yaml_mistakes import YamlPath
from seedwatch.errors import ConfigError, Problem
from seedwatch.texts import say


@dataclass(frozen=True, slots=True)
class RuleLayer:
    """The rule keys of one file; references are relative to `directory`.

    `prefix` is where the rule stands in `document`; only the operator's layer (config.yaml) may
    set account, URLs and paths elsewhere.
    """

    document: Document
    prefix: YamlPath
    directory: Path
    keys: RuleKeys
    is_operator: bool = False

    def sets(self, key: str) -> bool:
        """Whether this file says anything about the key."""
        return key in self.keys.model_fields_set

    def problem(self, path: YamlPath, message: str) -> Problem:
        """A problem at a value of the rule, or where the rule begins."""
        return self.document.problem((*self.prefix, *path), message)

    def origin(self, key: str, inbox: Path) -> str:
        """`config.yaml:31`, `rule.yaml:3 (inbox)`, `rule.yaml:3 (shoes)` for a subfolder."""
        line = self.document.problem((*self.prefix, key), "", at_key=True).line
        name = f"{Path(self.document.file).name}:{line}"
        if self.is_operator:
            return name
        is_below = self.directory.is_relative_to(inbox)
        below = self.directory.relative_to(inbox).as_posix() if is_below else str(self.directory)
        return f"{name} ({inbox.name if below == '.' else below})"


def read_rule_file(path: Path, text: bytes) -> RuleLayer:
    """The layer of a rule.yaml; the caller read its bytes (a regular file, no symlink).

    Raises:
        ConfigError: every mistake in it.
    """
    document = read_yaml(text, str(path), max_bytes=RULE_MAX_BYTES)
    value, problems = without_empty(document)
    keys, more = validated(RuleKeys, value, document)
    problems = [*document.problems, *problems, *more]
    if keys is not None:
        problems += _beyond_its_right(keys, document)
    if problems or keys is None:
        raise ConfigError(sorted_problems(problems))
    return RuleLayer(document, (), path.parent, keys)


def _beyond_its_right(keys: RuleKeys, document: Document) -> list[Problem]:
    """Keys that only the operator may set."""
    return [
        document.problem((key,), say("config.operator_only", name=key), at_key=True)
        for key in sorted(OPERATOR_ONLY & keys.model_fields_set)
    ]
