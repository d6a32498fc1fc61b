"""Lays `catalog:` of config.yaml over the catalog; every mistake at its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seedwatch.catalog import BUILT, PROVIDERS, Mistake, Provider, changed_provider, provider_named
from seedwatch.config.catalog_models import ProviderKeys
from seedwatch.config.mistakes import did_you_mean, one_of
from seedwatch.config.yaml_builder import Document
from seedwatch.errors import Problem
from seedwatch.texts import say


class OwnCatalog:
    """The providers of one configuration: those of the catalog, changed or not, and further ones.

    `names` are all that stand there, also those whose section has mistakes.
    """

    def __init__(
        self, sections: Mapping[str, ProviderKeys], names: Iterable[str], document: Document
    ) -> None:
        self.problems: list[Problem] = []
        self._names = frozenset(names)
        self._document = document
        self._own: dict[str, Provider] = {}
        for name, keys in sections.items():
            self._add(name, keys)

    def provider(self, name: str) -> Provider | None:
        """The facts of a provider; None where it is not built, or has mistakes."""
        if name in self._own:
            return self._own[name]
        return provider_named(name) if name in BUILT else None

    def unknown_name(self, name: str) -> str | None:
        """What to say of a provider that an account names; None where it is known."""
        if name in PROVIDERS or name in self._names:
            return None
        return one_of([*PROVIDERS, *sorted(self._names.difference(PROVIDERS))], name)

    def _add(self, name: str, keys: ProviderKeys) -> None:
        is_new = name not in PROVIDERS
        like = keys.like if is_new else name
        if like is None:
            message = say("config.provider_needs_like", name=name) + did_you_mean(name, PROVIDERS)
            self._note((name,), message, at_key=True)
        elif not is_new and keys.like is not None:
            self._note((name, "like"), say("config.provider_is_known", name=name))
        elif like not in BUILT:
            if is_new:
                self._note((name, "like"), one_of(BUILT, like))
        else:
            self._own[name], mistakes = changed_provider(name, like, keys.in_catalog_words())
            for mistake in mistakes:
                self._note((name, "models", mistake.index, mistake.key), _sentence(mistake))

    def _note(self, path: tuple[str | int, ...], message: str, *, at_key: bool = False) -> None:
        self.problems.append(self._document.problem(("catalog", *path), message, at_key=at_key))


def _sentence(mistake: Mistake) -> str:
    sentence = say(f"config.catalog_{mistake.reason}", name=mistake.name)
    return sentence + did_you_mean(mistake.name, mistake.known)
