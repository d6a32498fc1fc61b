"""Rules for OpenAI and DMXAPI: what their models cannot do is refused before anything is sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from seedwatch.config.rules import ResolvedRule
from seedwatch.errors import ConfigError
from tests.config.build import FOLDER, layer, load, resolved

HEAD = "accounts:\n  ark:\n    provider: {provider}\n"
GPT = "model: gpt-image-1.5, prompt: p"
GPT_2 = "model: gpt-image-2, prompt: p"
TEXT = "mode: text-to-image, prompt: '{text}'"
DALL_E = f"model: dall-e-3, {TEXT}"
SEEDREAM = "model: doubao-seedream-4-5-251128, prompt: p"


def _rule(directory: Path, provider: str, rule: str) -> ResolvedRule:
    head = HEAD.format(provider=provider)
    return resolved(load(directory, f"{head}{FOLDER}    rule: {{account: ark, {rule}}}\n"))


@pytest.mark.parametrize(
    ("provider", "rule", "path", "says"),
    [
        # Out of range, of a wrong type, or not among the values.
        ("openai", f"{GPT}, options: {{quality: best}}", "options.quality", "high"),
        ("openai", f"{GPT}, options: {{quality: max}}", "options.quality", "auto, low, medium"),
        ("openai", f"{GPT}, options: {{quality: 1}}", "options.quality", "takes text"),
        (
            "openai",
            f"{GPT}, options: {{output_format: webp, output_compression: 101}}",
            "options.output_compression",
            "between 0 and 100",
        ),
        (
            "openai",
            f"{GPT}, options: {{stream: true, partial_images: 4}}",
            "options.partial_images",
            "between 0 and 3",
        ),
        ("openai", f"{GPT}, options: {{stream: maybe}}", "options.stream", "true or false"),
        (
            "openai",
            f"{GPT}, options: {{output_format: svg, svg: {{colour: x}}}}",
            "options.svg.colour",
            "no key colour",
        ),
        ("openai", f"{GPT}, group: 11", "group", "at most 10"),
        # Fields that the model does not have, or not in this call.
        ("openai", f"{GPT_2}, options: {{input_fidelity: high}}", "options.input_fidelity", "no f"),
        ("openai", f"{GPT}, options: {{response_format: url}}", "options.response_format", "no fi"),
        ("openai", f"{GPT}, options: {{n: 2}}", "options.n", "key group"),
        ("openai", f"{GPT}, options: {{mask: a.png}}", "options.mask", "no such file"),
        ("openai", f"{GPT}, options: {{mask: 7}}", "options.mask", "name of a file"),
        ("openai", f"{GPT}, options: {{mask: 'https://x/a.png'}}", "options.mask", "name of a f"),
        (
            "openai",
            "model: gpt-image-1-mini, prompt: p, options: {input_fidelity: high}",
            "options.input_fidelity",
            "low",
        ),
        (
            "openai",
            f"model: gpt-image-1.5, {TEXT}, options: {{input_fidelity: low}}",
            "options.input_fidelity",
            "from input pictures",
        ),
        ("openai", f"{GPT}, options: {{moderation: low}}", "options.moderation", "words alone"),
        ("dmxapi", f"{GPT}, options: {{stream: true}}", "options.stream", "no field"),
        ("dmxapi", f"{DALL_E}, options: {{background: auto}}", "options.background", "no field"),
        ("dmxapi", f"{SEEDREAM}, options: {{quality: high}}", "options.quality", "no field"),
        (
            "dmxapi",
            f"{SEEDREAM}, options: {{optimize_prompt_options: {{mode: fast}}}}",
            "options.optimize_prompt_options.mode",
            "standard",
        ),
        # Contradictions.
        (
            "openai",
            f"{GPT}, options: {{background: transparent, output_format: jpeg}}",
            "options.background",
            "output_format: png, webp",
        ),
        (
            "dmxapi",
            f"{GPT}, options: {{background: transparent, output_format: jpeg}}",
            "options.background",
            "output_format: png, webp",
        ),
        (
            "openai",
            f"{GPT}, options: {{output_compression: 50}}",
            "options.output_compression",
            "output_format: webp, jpeg",
        ),
        (
            "openai",
            f"{GPT}, options: {{output_format: png, output_compression: 50}}",
            "options.output_compression",
            "output_format: webp, jpeg",
        ),
        ("openai", f"{GPT}, options: {{partial_images: 1}}", "options.partial_images", "stream: t"),
        ("openai", f"{GPT}, options: {{frame_count: 4}}", "options.frame_count", "gif"),
        (
            "openai",
            f"{GPT}, options: {{output_format: gif, stream: true}}",
            "options.output_format",
            "stream: false",
        ),
        (
            "openai",
            f"{GPT}, group: 2, options: {{output_format: svg}}",
            "options.output_format",
            "group: 1",
        ),
        ("openai", f"{DALL_E}, group: 2", "group", "at a time"),
        ("openai", "model: dall-e-3, prompt: p, mode: image-to-image", "mode", "text-to-image"),
        ("dmxapi", f"{SEEDREAM}, group: 15", "group", "more than 15"),
        (
            "openai",
            f"{GPT}, references: ['https://x.example/a.png']",
            "references[0]",
            "takes files only",
        ),
        # Sizes, naming what would be legal.
        ("openai", f"{GPT}, size: 16:9", "size", "3:2, 1:1, 2:3"),
        ("openai", f"{GPT}, size: 2K", "size", "possible: 1K"),
        ("openai", f"{GPT}, size: 2048x2048", "size", "1024x1024, 1536x1024, 1024x1536, auto"),
        ("openai", f"{GPT_2}, size: 1000x1000", "size", "1008x1008"),
        ("openai", f"{GPT_2}, size: 4096x2160", "size", "3840x2"),
        ("dmxapi", f"{SEEDREAM}, size: 1K", "size", "2K, 4K"),
        ("dmxapi", f"{DALL_E}, size: 3:2", "size", "16:9"),
        # Prompts.
        ("openai", f"{GPT} {'x' * 32_000}", "prompt", "at most 32000"),
    ],
)
def test_what_a_model_cannot_do_is_refused_with_the_legal_values(
    tmp_path: Path, provider: str, rule: str, path: str, says: str
) -> None:
    """With the file, the line, the key, and what would be right; nothing is ever sent."""
    with pytest.raises(ConfigError) as caught:
        _rule(tmp_path, provider, rule)
    (problem,) = caught.value.problems
    assert problem.path == f"folders[0].rule.{path}"
    assert problem.line > 0
    assert says in problem.message


@pytest.mark.parametrize(
    ("provider", "rule"),
    [
        ("openai", f"{GPT}, options: {{background: transparent}}"),
        ("openai", f"{GPT}, options: {{background: transparent, output_format: webp}}"),
        ("openai", f"{GPT}, options: {{output_format: jpeg, output_compression: 0}}"),
        ("openai", f"{GPT}, options: {{stream: true, partial_images: 0}}, group: 10"),
        ("openai", f"{GPT}, options: {{output_format: gif, frame_count: 16}}"),
        ("openai", f"{GPT}, options: {{input_fidelity: high}}"),
        ("openai", f"model: gpt-image-2, {TEXT}, size: 16:9, resolution: 4K"),
        ("openai", f"model: gpt-image-2.5-flare-2026-09-08, {TEXT}, options: {{quality: max}}"),
        ("openai", f"model: my-own-server, {TEXT}, options: {{quality: best, steps: 20}}"),
        ("dmxapi", f"{DALL_E}, size: 16:9, options: {{style: vivid, quality: hd}}"),
        ("dmxapi", f"{SEEDREAM}, references: ['https://x.example/a.png'], group: 13"),
        ("dmxapi", f"model: gpt-image-1.5, {TEXT}, options: {{moderation: low}}"),
    ],
)
def test_what_a_model_can_do_is_accepted(tmp_path: Path, provider: str, rule: str) -> None:
    """The same fields, used as they are meant."""
    assert _rule(tmp_path, provider, rule).rule.account == "ark"


def test_an_ended_model_warns_with_its_day(tmp_path: Path) -> None:
    """It may be re-routed by a relay, so it is not refused (protocols.md 5.3)."""
    (warning,) = _rule(tmp_path, "dmxapi", DALL_E).warnings
    assert "2026-05-12" in warning.message


def test_a_mask_is_kept_with_its_digest(tmp_path: Path) -> None:
    """Another mask of the same name is another revision; the file is known to be the rule's."""
    (tmp_path / "mask.png").write_bytes(b"one")
    rule = f"{GPT}, options: {{mask: mask.png}}"
    first = _rule(tmp_path, "openai", rule).rule
    path = str(tmp_path / "mask.png")
    assert first.options["mask"] == {
        "path": path,
        "sha256": hashlib.sha256(b"one").hexdigest(),
    }
    assert first.files == (path,)
    (tmp_path / "mask.png").write_bytes(b"two")
    assert _rule(tmp_path, "openai", rule).rule.revision != first.revision


def test_mask_and_markup_exclude_each_other(tmp_path: Path) -> None:
    """protocols.md 6.2."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"x")
    model = "model: gpt-image-2.5-flare, prompt: p"
    with pytest.raises(ConfigError, match="markup and mask cannot be used together"):
        _rule(tmp_path, "openai", f"{model}, options: {{mask: a.png, markup: b.png}}")


@pytest.mark.parametrize("written", ["../mask.png", "/etc/hostname", "~/mask.png"])
def test_a_folders_rule_names_masks_beside_it_only(tmp_path: Path, written: str) -> None:
    """Whoever may write rule.yaml must not have other files of the machine sent away."""
    head = HEAD.format(provider="openai")
    settings = load(tmp_path, f"{head}{FOLDER}    rule: {{account: ark, {GPT}}}\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mask.png").write_bytes(b"secret")
    text = f"options: {{mask: {written!r}}}\n"
    with pytest.raises(ConfigError, match="names only files beside it"):
        resolved(settings, [layer(settings.folders[0].inbox, text)])


def test_a_rule_cannot_pretend_to_have_read_a_file(tmp_path: Path) -> None:
    """The form in which a resolved rule keeps a file is not one that a user may write."""
    forged = "{path: /etc/passwd, sha256: x}"
    with pytest.raises(ConfigError, match="name of a file"):
        _rule(tmp_path, "openai", f"{GPT}, options: {{mask: {forged}}}")
