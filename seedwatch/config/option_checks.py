"""Checks `options`: the wire fields a rule sets by their own names, against the catalog."""

from __future__ import annotations

import json
from typing import Any

from seedwatch.catalog import Field, Model, Provider
from seedwatch.config.draft import Draft
from seedwatch.config.mistakes import did_you_mean, one_of
from seedwatch.config.yaml_mistakes import YamlPath, visible
from seedwatch.errors import Problem
from seedwatch.records import Mode, Scene
from seedwatch.texts import say

_TYPES = {
    "text": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "list": (list,),
    "file": (str,),
}


def check_options(draft: Draft, model: Model, provider: Provider, mode: Mode) -> list[Problem]:
    """The problems of a rule's options; a model that is not listed takes any."""
    problems: list[Problem] = []
    options: dict[str, Any] = draft.value("options")
    own = provider.own_fields
    for name, value in options.items():
        path = ("options", name)
        if name in own and (model.is_known or own[name] not in ("seed", "negative_prompt")):
            problems.append(draft.problem(path, _own_field(name, own[name])))
        elif name in model.fields:
            found = _mistakes(model.fields[name], value, path)
            problems += [draft.problem(place, message, "model") for place, message in found]
            problems += _input_count(draft, model.fields[name], path, value, mode)
            problems += _needs(draft, model, path, value)
            problems += _scene(draft, model.fields[name], path, mode)
        elif model.is_known:
            message = say("config.option_unknown", name=visible(name), model=model.name)
            message += did_you_mean(name, model.fields)
            problems.append(draft.problem(path, message, "model"))
    return problems


def _own_field(name: str, key: str) -> str:
    if not key:
        return say("config.option_fixed", name=name)
    return say("config.option_own_key", name=name, rule_key=key)


def _mistakes(known: Field, value: Any, path: YamlPath) -> list[tuple[YamlPath, str]]:
    """Every place in `value` that the field does not take, with a sentence."""
    is_wrong_boolean = isinstance(value, bool) and known.type != "boolean"
    if is_wrong_boolean or not isinstance(value, _TYPES[known.type]):
        return [(path, say(f"config.option_{known.type}"))]
    if known.values and value not in known.values:
        return [(path, one_of(known.values, value))]
    if not known.allows(value):
        return [(path, range_sentence(known))]
    if isinstance(value, list) and known.of is not None:
        entries = [_mistakes(known.of, entry, (*path, i)) for i, entry in enumerate(value)]
        return [mistake for found in entries for mistake in found]
    if not isinstance(value, dict):
        return []
    found = []
    for name, entry in value.items():
        inner = known.fields.get(name)
        if inner is None:
            message = say("config.unknown_key", name=visible(name))
            found.append(((*path, name), message + did_you_mean(name, known.fields)))
        else:
            found += _mistakes(inner, entry, (*path, name))
    return found


def range_sentence(known: Field) -> str:
    """Which numbers a field takes."""
    sentence = say("config.out_of_range", low=known.low, high=known.high)
    if known.step > 1:
        sentence += say("config.range_step", step=known.step, first=known.low)
    if known.also:
        sentence += say("config.range_also", also=", ".join(map(str, known.also)))
    return sentence


def _input_count(
    draft: Draft, known: Field, path: YamlPath, value: Any, mode: Mode
) -> list[Problem]:
    """Some switches want exactly one input picture (protocols.md 2.2)."""
    if known.one_picture_when is None or value != known.one_picture_when:
        return []
    is_single = mode == "image-to-image" and not draft.value("references")
    if is_single and draft.value("input") == "file":
        return []
    return [draft.problem(path, say("config.option_one_picture"), "references", "input", "mode")]


def _needs(draft: Draft, model: Model, path: YamlPath, value: Any) -> list[Problem]:
    """What contradicts another field, as far as that is sent or has a default (6.2)."""
    problems = []
    options = draft.value("options")
    for need in model.fields[str(path[-1])].needs:
        known = model.fields.get(need.field)
        other = options.get(need.field, known.default if known else None)
        if need.field == "group":
            other = draft.value("group")
        is_asked = need.when is None or need.when == value
        if is_asked and other is not None and other not in need.values:
            if not need.values:
                message = say("config.option_without", name=path[-1], field=need.field)
                problems.append(draft.problem(path, message, "options", "model"))
                continue
            values = ", ".join(json.dumps(value).strip('"') for value in need.values)
            message = say("config.option_needs", name=path[-1], field=need.field, values=values)
            problems.append(draft.problem(path, message, "options", "group", "model"))
    return problems


def _scene(draft: Draft, known: Field, path: YamlPath, mode: Mode) -> list[Problem]:
    """Some fields exist only in requests of one kind of input (protocols.md 3.2, 6.2)."""
    if not known.scenes or set(possible_scenes(draft, mode)) & set(known.scenes):
        return []
    kinds = ", ".join(say(f"config.scene_{scene}") for scene in known.scenes)
    message = say("config.option_scene", name=path[-1], kinds=kinds)
    return [draft.problem(path, message, "references", "input", "mode", "model")]


def possible_scenes(draft: Draft, mode: Mode) -> tuple[Scene, ...]:
    """What the inputs of a rule may be; how many pictures a set has, only intake sees."""
    if draft.value("references") or mode == "image-to-image":
        return ("references",)
    if mode.startswith("text"):
        return ("text",)
    return ("frames", "references") if draft.value("input") == "folder" else ("frames",)
