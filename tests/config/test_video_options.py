"""Every field of every video model: what is out of range or of a wrong type is refused at load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seedwatch.catalog import Field, Model, provider_named
from seedwatch.errors import ConfigError
from tests.config.build import FOLDER, load, resolved

FIELDS = sorted(
    {
        (provider, model.id, name)
        for provider in ("ark", "apimart")
        for model in provider_named(provider).models.values()
        if model.answers == "video"
        for name in model.fields
        if name not in {"watermark", "seed"}
    }
)


def bad_values(field: Field) -> Iterator[Any]:
    """What the field does not take: another type, a value beside its list or range."""
    yield from ([1], {"a": 1}) if field.type != "list" else (1, {"a": 1})
    yield None
    match field.type:
        case "boolean":
            yield from ("yes", 0, 1)
        case "text":
            yield from ("", "no such word", 7, True)
        case "integer":
            assert field.low is not None
            assert field.high is not None
            yield from (field.low - 2, field.high + field.step, "5", 5.5, True)
            if field.step > 1:
                yield field.low + 1
        case "list":
            yield from ("web_search", ["web_search"], [{"type": "x"}], [{"kind": "web_search"}])


def _problems(directory: Path, provider: str, model: Model, options: dict[str, Any]) -> list[str]:
    mode = "image-to-video" if "image-to-video" in model.modes else "text-to-video"
    rule = {"account": "a", "model": model.name, "mode": mode, "prompt": "p", "options": options}
    if mode == "text-to-video":
        del rule["prompt"]
    elif any(
        field.scenes == ("references",) for name, field in model.fields.items() if name in options
    ):
        rule["references"] = ["https://example.com/a.png"]
    text = f"accounts: {{a: {{provider: {provider}}}}}\n{FOLDER}    rule: {json.dumps(rule)}\n"
    try:
        resolved(load(directory, text))
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(("provider", "name", "option"), FIELDS)
def test_a_wrong_value_of_any_field_is_refused(
    tmp_path: Path, provider: str, name: str, option: str
) -> None:
    """With line, column and the option's path; nothing of such a rule is ever sent."""
    model = provider_named(provider).models[name]
    for value in bad_values(model.fields[option]):
        (problem,) = _problems(tmp_path, provider, model, {option: value})
        assert f"rule.options.{option}" in problem, value
        assert "config.yaml:5:" in problem


@pytest.mark.parametrize(("provider", "name"), sorted({field[:2] for field in FIELDS}))
def test_a_field_of_another_model_is_refused(tmp_path: Path, provider: str, name: str) -> None:
    """What some model of the provider has, this one may not have; what we set, nobody may."""
    model = provider_named(provider).models[name]
    everything = {field for one, _, field in FIELDS if one == provider}
    for option in (everything - set(model.fields)) | {"model", "prompt", "nonsense"}:
        (problem,) = _problems(tmp_path, provider, model, {option: True})
        assert f"rule.options.{option}" in problem
