"""The tables of docs/providers.md, made of the catalog.

`python -m tests.docs.provider_tables` writes them between their marks; a test says when to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seedwatch.catalog import Field, Model, Provider, provider_named
from seedwatch.providers.registry import protocol_named
from tests.docs.reading import document

_MARKED = re.compile(r"(<!-- generated: (\w+) (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_MODES = {
    "text-to-image": "words",
    "image-to-image": "pictures",
    "text-to-video": "words",
    "image-to-video": "pictures",
}
_RECOVERY = {
    "nothing": "held: unsure",
    "list": "looked up in the service's list",
    "key": "sent again under the same key, which pays once",
}
_MB = 1_000_000


def current() -> str:
    """The document as it should be."""
    written = document("providers").read_text("utf-8")
    return _MARKED.sub(
        lambda found: f"{found[1]}\n{_table(*found.group(2, 3))}\n{found[4]}", written
    )


def marks() -> list[tuple[str, str]]:
    """Which tables the document has: provider and kind."""
    written = document("providers").read_text("utf-8")
    return [(found[2], found[3]) for found in _MARKED.finditer(written)]


def models_of(provider: Provider) -> list[Model]:
    """Each model once, in the catalog's order."""
    return list({model.id: model.named(model.id) for model in provider.models.values()}.values())


def _table(name: str, kind: str) -> str:
    provider = provider_named(name)
    rows = {"models": _model_rows, "options": _option_rows, "facts": _fact_rows}[kind](provider)
    head, *body = rows
    lines = [head, ("---",) * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _model_rows(provider: Provider) -> Iterator[Sequence[str]]:
    yield ("model", "made from", "pictures in", "group", "sizes", "price")
    for model in models_of(provider):
        yield (
            _names(model),
            f"{', '.join(_MODES[mode] for mode in model.modes)}",
            _pictures(model),
            str(model.max_group) if model.supports_groups else "–",
            _sizes(model),
            _price(model),
        )


def _names(model: Model) -> str:
    names = ", ".join(f"`{name}`" for name in (model.id, *model.aliases))
    if model.answers == "video":
        names = f"{names} (video)"
    if model.state == "retiring":
        return f"{names}; being retired"
    if model.state == "ended":
        return f"{names}; shut down{f' {model.retired_on}' if model.retired_on else ''}"
    return names


def _pictures(model: Model) -> str:
    frames = ("", "first frame", "first and last frame")[model.max_frames]
    references = f"up to {model.max_references}" if model.max_references else ""
    return ", or ".join(text for text in (frames, references) if text) or "–"


def _sizes(model: Model) -> str:
    rules = model.sizes
    if rules.ratios is not None:
        ratios = " ".join(rules.ratios.names)
        return f"{ratios}{'; ' if rules.tiers else ''}{' '.join(rules.tiers)}"
    shapes = next(iter(rules.table.values()), {})
    texts = [" ".join(rules.tiers or rules.table), " ".join(shapes)]
    if rules.pixels is not None:
        least, most = rules.pixels
        texts.append(f"WIDTHxHEIGHT of {least:,} to {most:,} pixels")
    if rules.step > 1:
        texts.append(f"sides in steps of {rules.step}, at most {rules.max_side}")
    if rules.auto:
        texts.append("auto")
    return "; ".join(text for text in texts if text)


def _price(model: Model) -> str:
    price = model.price
    if price is None:
        return "not known"
    low = min(
        [price.small_picture or price.picture, *(few for _, few in price.by_value.values())],
        key=lambda money: money.micros,
    )
    span = str(low) if low == price.picture else f"{low} to {price.picture}"
    return f"{span} {price.picture.currency}"


def _option_rows(provider: Provider) -> Iterator[Sequence[str]]:
    yield ("option", "takes", "models")
    models = models_of(provider)
    own = {field for field, key in provider.own_fields.items() if key}
    taken: dict[tuple[str, str], list[str]] = {}
    for model in models:
        for name, field in model.fields.items():
            if name not in own:
                taken.setdefault((name, _takes(field)), []).append(model.title)
    for (name, takes), titles in sorted(taken.items()):
        yield (f"`{name}`", takes, _who(titles, [model.title for model in models]))


def _who(titles: Sequence[str], everyone: Sequence[str]) -> str:
    others = [title for title in dict.fromkeys(everyone) if title not in titles]
    if len(others) < 4 and len(titles) > len(others):
        return f"all but {', '.join(others)}" if others else "all"
    return ", ".join(dict.fromkeys(titles))


def _takes(field: Field) -> str:
    text = _values(field)
    if field.scenes:
        kinds = {"text": "words", "frames": "frames", "references": "pictures"}
        text += f"; only from {' or '.join(kinds[scene] for scene in field.scenes)}"
    for need in field.needs:
        when = f"`{_plain(need.when)}` " if need.when is not None else ""
        if not need.values:
            text += f"; {when}not with `{need.field}`"
            continue
        values = " or ".join(f"`{_plain(value)}`" for value in need.values)
        text += f"; {when}needs `{need.field}` {values}"
    if field.one_picture_when is not None:
        text += f"; `{_plain(field.one_picture_when)}` needs exactly one picture"
    return text


def _values(field: Field) -> str:
    if field.type == "object":
        return ", ".join(f"`{name}`: {_values(inner)}" for name, inner in field.fields.items())
    if field.type == "list" and field.of is not None:
        return f"a list of: {_values(field.of)}"
    if field.values:
        return ", ".join(f"`{value}`" for value in field.values)
    if field.type == "file":
        return f"a PNG file beside the rule, at most {(field.high or 0) / _MB:.3g} MB"
    if field.low is not None and field.high is not None:
        also = "".join(f", or {number:g}" for number in field.also)
        steps = f" in steps of {field.step}" if field.step > 1 else ""
        return f"{field.low:g} to {field.high:.12g}{steps}{also}"
    return {"boolean": "`true`, `false`", "text": "text", "integer": "a whole number"}[field.type]


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fact_rows(provider: Provider) -> Iterator[Sequence[str]]:
    """What holds for kinds of models rather than for each."""
    yield ("", *(kind for kind in _kinds(provider)))
    kinds = list(_kinds(provider).values())
    yield ("a lost answer is", *(_RECOVERY[protocol_named(m.protocol).recovery] for m in kinds))
    yield ("pictures are sent as", *(_limits(model) for model in kinds))
    yield ("pictures by address", *("yes" if model.takes_urls else "no" for model in kinds))
    yield ("pictures in and out together", *(_together(model) for model in kinds))
    yield ("links to results live", *(_lifetime(model) for model in kinds))
    yield ("a prompt has at most", *(_prompt(model) for model in kinds))


def _kinds(provider: Provider) -> dict[str, Model]:
    """A model that stands for its kind: those of one wire format, limits and lifetime.

    It is the one that makes the largest groups.
    """
    kinds: dict[tuple[object, ...], list[Model]] = {}
    for model in models_of(provider):
        facts = (model.protocol, model.limits, model.result_lifetime_s, model.max_prompt)
        kinds.setdefault(facts, []).append(model)
    return {
        _title(models): max(models, key=lambda model: model.max_group) for models in kinds.values()
    }


def _title(models: Sequence[Model]) -> str:
    families = dict.fromkeys(re.split(r" \d", model.title)[0] for model in models)
    return ", ".join(families)


def _limits(model: Model) -> str:
    limits = model.limits
    formats = ", ".join(name.removeprefix("image/").upper() for name in limits.formats)
    if not model.max_references and not model.max_frames:
        return "–"
    return (
        f"{formats}; at most {limits.max_bytes / _MB:.3g} MB and "
        f"{limits.max_pixels // 1_000_000} megapixels"
        + (f"; sides over {limits.min_side_exclusive} pixels" if limits.min_side_exclusive else "")
        + (f", at most {limits.max_side}" if limits.max_side else "")
        + (
            f"; {limits.ratio_min:.2f} to {limits.ratio_max:.2f} times as wide as high"
            if limits.ratio_max < 100
            else ""
        )
    )


def _together(model: Model) -> str:
    return str(model.max_references_plus_group) if model.supports_groups else "–"


def _lifetime(model: Model) -> str:
    hours = model.result_lifetime_s / 3600
    return f"{hours:g} h" if hours else "– (in the answer)"


def _prompt(model: Model) -> str:
    return f"{model.max_prompt:,} characters" if model.max_prompt else "–"


if __name__ == "__main__":
    document("providers").write_text(current(), "utf-8")
