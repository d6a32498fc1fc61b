"""What a configuration adds to the catalog: models of its own, other prices, further providers.

The changes are plain mappings in the words of the catalog's own files, checked by whoever read
them; here they are laid over the file of a provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from seedwatch.catalog.facts import Provider
from seedwatch.catalog.loader import provider_of, raw_provider

_OURS: Final = ("like", "limits", "sizes")
"""keys of a change that are not keys of a model in the catalog's file"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A change that cannot be made: `key` of the entry `index`, and the names known instead."""

    index: int
    key: Literal["id", "like", "aliases"]
    reason: Literal["unknown_id", "unknown_like", "taken"]
    name: str
    known: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """A provider's file while it is changed; `spellings` name the entries of its models."""

    raw: dict[str, Any]
    entries: list[dict[str, Any]]
    spellings: dict[str, int] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)

    def find(self, name: str) -> int | None:
        return self.spellings.get(name.strip().lower())

    def known(self) -> tuple[str, ...]:
        return tuple(entry["id"] for entry in self.entries)

    def spell(self, place: int) -> str | None:
        """Give an entry its names; the first that another entry has already is handed back."""
        entry = self.entries[place]
        for name in (entry["id"], *entry.get("aliases", ())):
            if self.spellings.setdefault(name.lower(), place) != place:
                return str(name)
        return None


def changed_provider(
    name: str, like: str, changes: Mapping[str, Any]
) -> tuple[Provider, list[Mistake]]:
    """The provider `like` with changes, under the name `name`.

    `changes` may hold `title`, `base_url` and `models`: entries with an `id` that is known (its
    keys override), or with `like`, a known model that the new one takes everything else from. A
    provider under a name of its own has none of the prices of the other.

    Raises:
        KeyError: there is no file of `like`.
    """
    raw = {**raw_provider(like), "name": name}
    raw |= {key: value for key, value in changes.items() if key != "models"}
    raw["limits"] = dict(raw["limits"])
    entries = [dict(entry) for entry in raw["models"]]
    if name != like:
        raw["unknown"] = dict(raw["unknown"])
        for entry in (*entries, raw["unknown"]):
            entry.pop("price", None)
    draft = _Draft(raw, entries)
    for place in range(len(entries)):
        draft.spell(place)
    for index, change in enumerate(changes.get("models", ())):
        _lay_over(draft, index, change)
    return provider_of({**raw, "models": draft.entries}), draft.mistakes


def _lay_over(draft: _Draft, index: int, change: Mapping[str, Any]) -> None:
    """One entry of the configuration."""
    place, like = draft.find(change["id"]), change.get("like")
    if place is None and like is None:
        draft.mistakes.append(Mistake(index, "id", "unknown_id", change["id"], draft.known()))
        return
    if place is not None and (like is not None or place in draft.changed):
        draft.mistakes.append(Mistake(index, "id", "taken", change["id"], ()))
        return
    base = place if like is None else draft.find(like)
    if base is None:
        draft.mistakes.append(Mistake(index, "like", "unknown_like", str(like), draft.known()))
        return
    entry = _entry(draft, draft.entries[base], change, is_new=like is not None)
    if place is None:
        place = len(draft.entries)
        draft.entries.append(entry)
    else:
        entry["aliases"] = [*draft.entries[place].get("aliases", ()), *change.get("aliases", ())]
        draft.entries[place] = entry
    draft.changed.add(place)
    taken = draft.spell(place)
    if taken is not None:
        draft.mistakes.append(Mistake(index, "aliases", "taken", taken, ()))


def _sizes(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The changed sizes; rows of tiers that the model has no more go with them."""
    sizes = {**base, **change}
    if "tiers" in change:
        rows = base.get("table", {})
        sizes["table"] = {tier: row for tier, row in rows.items() if tier in change["tiers"]}
        if base.get("ratio_tier", "") not in change["tiers"]:
            sizes["ratio_tier"] = change["default"]
    return sizes


def _entry(
    draft: _Draft, base: Mapping[str, Any], change: Mapping[str, Any], *, is_new: bool
) -> dict[str, Any]:
    """The changed or new entry; limits of pictures get a name of their own in the file."""
    given = {key: value for key, value in change.items() if key not in _OURS}
    if is_new:
        entry = {**base, "aliases": [], "title": change["id"], **given}
    else:
        entry = {**base, **given, "id": base["id"]}
    if "limits" in change:
        strict = draft.raw["limits"][base.get("limits", "strict")]
        own = f"own {entry['id']}"
        draft.raw["limits"][own] = {**strict, **change["limits"]}
        entry["limits"] = own
    if "sizes" in change:
        entry["sizes"] = _sizes(base["sizes"], change["sizes"])
    if entry.get("price") == "unknown":
        del entry["price"]
    return entry
