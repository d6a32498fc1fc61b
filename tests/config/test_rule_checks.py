"""Rules held against what their model can do: refusals, warnings, and what is fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.errors import ConfigError
from tests.config.build import FLASH, FOUR_FIVE, PRO, rule_of

V2_5, V2_0 = "dreamina-seedance-2-5-260628", "doubao-seedance-2-0-260128"
V1_5, V1_0 = "doubao-seedance-1-5-pro-251215", "doubao-seedance-1-0-pro-250528"


def mistakes(tmp_path: Path, rule: str, *files: str) -> list[str]:
    """Every problem of such a rule, without the directory."""
    with pytest.raises(ConfigError) as caught:
        rule_of(tmp_path, rule, *files)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("rule", "files", "expected"),
    [
        # What a rule cannot do without.
        ("prompt: p", [], ["config.yaml:7:11: folders[0].rule: the rule needs a model"]),
        ("prompt: p", ["size: 2K\n"], ["shop/inbox/rule.yaml:1:1: the rule needs a model"]),
        (
            f"model: {FOUR_FIVE}",
            [],
            ["config.yaml:7:11: folders[0].rule: the model needs a prompt"],
        ),
        # Prompts.
        (
            f"model: {FOUR_FIVE}, prompt: p",
            ["mode: text-to-image\n"],
            ["shop/inbox/rule.yaml:1:7: mode: in text modes the prompt must contain {text}"],
        ),
        (
            f"model: {FOUR_FIVE}, mode: text-to-image",
            ["prompt: ['{text}', b]\n"],
            ["shop/inbox/rule.yaml:1:9: prompt: in text modes the prompt must contain {text}"],
        ),
        (
            f"model: {FOUR_FIVE}",
            ["prompt: 'see {text}'\n"],
            ["shop/inbox/rule.yaml:1:9: prompt: {text} stands for the text beside a picture"],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: [a, b, a]",
            [],
            ["config.yaml:7:69: folders[0].rule.prompt: the same prompt stands here twice"],
        ),
        # Modes.
        (
            "model: doubao-seedream-3-0-t2i-250415",
            ["mode: image-to-image\nprompt: p\n"],
            ["shop/inbox/rule.yaml:1:7: mode: doubao-seedream-3-0-t2i-250415 offers only: text"],
        ),
        (
            "mode: text-to-image, input: file",
            ["model: doubao-seededit-3-0-i2i-250628\n"],
            ["shop/inbox/rule.yaml:1:8: model: doubao-seededit-3-0-i2i-250628 offers only: image"],
        ),
        (
            f"model: {FOUR_FIVE}, mode: text-to-image",
            ["input: folder\n"],
            ["shop/inbox/rule.yaml:1:8: input: input: folder needs mode: image-to-image"],
        ),
        # Groups and references.
        (
            f"model: {FOUR_FIVE}, prompt: p, group: 4",
            [f"model: {PRO}\n"],
            [f"shop/inbox/rule.yaml:1:8: model: {PRO} makes one result at a time; use repeat"],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p",
            ["group: 15\n"],
            ["shop/inbox/rule.yaml:1:8: group: 1 input pictures and a group of 15 are more than"],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p, references: ['https://x/1', 'https://x/2']",
            ["group: 13\n"],
            ["shop/inbox/rule.yaml:1:8: group: 3 input pictures and a group of 13 are more than"],
        ),
        (
            f"model: {PRO}, prompt: p, references: [{', '.join(['https://x/1'] * 10)}]",
            [],
            [f"config.yaml:7:88: folders[0].rule.references: {PRO} leaves room for at most 9"],
        ),
        (
            "model: doubao-seededit-3-0-i2i-250628, prompt: p, references: ['https://x/1']",
            [],
            ["config.yaml:7:88: folders[0].rule.references: doubao-seededit-3-0-i2i-250628 leaves"],
        ),
        # Sizes.
        (
            f"model: {FOUR_FIVE}, prompt: p",
            ["size: 1K\n"],
            [f"shop/inbox/rule.yaml:1:7: size: {FOUR_FIVE} does not make 1K; possible: 2K, 4K"],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p, size: 4K",
            [f"model: {PRO}\n"],
            [f"shop/inbox/rule.yaml:1:8: model: {PRO} does not make 4K; possible: 2K, 1.5K, 1K"],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p",
            ["size: 1500x1500\n"],
            [
                (
                    "shop/inbox/rule.yaml:1:7: size: 1500x1500 has too few pixels for "
                    f"{FOUR_FIVE}; possible: 1920x1920, 2048x2048"
                )
            ],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p, size: 5:4",
            [],
            [
                (
                    "config.yaml:7:78: folders[0].rule.size: "
                    f"{FOUR_FIVE} has no size for 5:4; possible: 4:3, 3:2, 1:1"
                )
            ],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p, size: 16:9",
            ["resolution: 3K\n"],
            [f"shop/inbox/rule.yaml:1:13: resolution: {FOUR_FIVE} does not make 3K; possible"],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p",
            ["resolution: 2K\nsize: 2048x2048\n"],
            ["shop/inbox/rule.yaml:2:7: size: size and resolution contradict each other"],
        ),
        # Options.
        (
            f"model: {FOUR_FIVE}, prompt: p",
            ["options: {output_format: png}\n"],
            [f"shop/inbox/rule.yaml:1:26: options.output_format: {FOUR_FIVE} has no field output"],
        ),
        (
            f"model: {PRO}, prompt: p",
            ["options: {output_fromat: png}\n"],
            [
                (
                    f"shop/inbox/rule.yaml:1:26: options.output_fromat: {PRO} has no field "
                    "output_fromat; did you mean output_format?"
                )
            ],
        ),
        (
            f"model: {PRO}, prompt: p",
            ["options: {output_format: webp}\n"],
            ["shop/inbox/rule.yaml:1:26: options.output_format: this must be one of: png, jpeg"],
        ),
        (
            f"model: {PRO}, prompt: p",
            ["options: {stream: true, size: 2K, image: x}\n"],
            [
                f"shop/inbox/rule.yaml:1:19: options.stream: {PRO} has no field stream",
                "shop/inbox/rule.yaml:1:31: options.size: size is set by the rule's key size",
                "shop/inbox/rule.yaml:1:42: options.image: image is set by the rule's key refer",
            ],
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p",
            ["options:\n  optimize_prompt_options: {mode: fast, speed: 3}\n"],
            [
                "shop/inbox/rule.yaml:2:35: options.optimize_prompt_options.mode: this must be",
                "shop/inbox/rule.yaml:2:48: options.optimize_prompt_options.speed: there is no",
            ],
        ),
        (
            "model: doubao-seedream-5-0-260128, prompt: p",
            ["options: {tools: [{type: web_serch}, 3]}\n"],
            [
                "shop/inbox/rule.yaml:1:26: options.tools[0].type: this must be one of: web_sea",
                "shop/inbox/rule.yaml:1:38: options.tools[1]: this field takes `key: value`",
            ],
        ),
        (
            "model: doubao-seedream-3-0-t2i-250415, options: {guidance_scale: 11}",
            [],
            ["config.yaml:7:91: folders[0].rule.options.guidance_scale: this must lie between 1"],
        ),
        (
            f"model: {PRO}, prompt: p, options: {{layer_decomposition: true}}",
            ["references: 'https://x/1'\n", "size: 2048x2048\n"],
            [
                "shop/inbox/rule.yaml:1:13: references: a rule.yaml names files beside it",
                "shop/inbox/rule.yaml:1:13: references: this needs exactly one input picture",
                f"shop/inbox/sub/rule.yaml:1:7: size: {PRO} takes no 2048x2048 here; possible: 1K",
            ],
        ),
        # Videos.
        (
            f"model: {FOUR_FIVE}",
            ["mode: text-to-video\n"],
            [f"shop/inbox/rule.yaml:1:7: mode: {FOUR_FIVE} offers only: text-to-image, image-to"],
        ),
        (
            f"model: {V1_0}, mode: text-to-video, size: 16:9",
            ["size: adaptive\n", "resolution: 4k\nprompt: a fox\n"],
            [
                f"shop/inbox/sub/rule.yaml:1:13: resolution: {V1_0} does not make 4K",
                "shop/inbox/sub/rule.yaml:2:9: prompt: in text modes the prompt must",
            ],
        ),
        (
            f"model: {V1_0}, mode: text-to-video",
            ["size: adaptive\n"],
            [f"shop/inbox/rule.yaml:1:7: size: {V1_0} has no size for auto; possible: 16:9, 4:3"],
        ),
        (
            f"model: {V1_0}, mode: text-to-video",
            ["input: folder\n"],
            ["shop/inbox/rule.yaml:1:8: input: input: folder needs mode: image-to-image or image"],
        ),
        (
            f"model: {V2_5}, size: 16:9",
            ["input: file\n"],
            [f"shop/inbox/rule.yaml:1:8: input: {V2_5} has no size for 16:9; possible: auto"],
        ),
        (
            f"model: {V2_0}",
            ["size: 1280x720\n"],
            [f"shop/inbox/rule.yaml:1:7: size: {V2_0} takes no 1280x720 here; possible: 16:9, 4:3"],
        ),
        (
            f"model: {V2_0}",
            ["group: 2\n"],
            [f"shop/inbox/rule.yaml:1:8: group: {V2_0} makes one result at a time; use repeat"],
        ),
        (
            f"model: {V1_0}, references: 'https://x/1'",
            [],
            [f"config.yaml:7:77: folders[0].rule.references: {V1_0} leaves room for at most 0 re"],
        ),
        (
            f"model: {V2_0}, options: {{duration: 16}}",
            ["options: {duration: 3, frames: 29, priority: 10, service_tier: flex}\n"],
            [
                "shop/inbox/rule.yaml:1:21: options.duration: this must lie between 4 and 15, or",
                f"shop/inbox/rule.yaml:1:32: options.frames: {V2_0} has no field frames",
                "shop/inbox/rule.yaml:1:46: options.priority: this must lie between 0 and 9",
                "shop/inbox/rule.yaml:1:64: options.service_tier: this must be one of: default",
            ],
        ),
        (
            f"model: {V1_0}",
            ["options: {frames: 30, ratio: '1:1', callback_url: 'https://x', content: []}\n"],
            [
                "shop/inbox/rule.yaml:1:19: options.frames: this must lie between 29 and 289, in",
                "shop/inbox/rule.yaml:1:30: options.ratio: ratio is set by the rule's key size",
                "shop/inbox/rule.yaml:1:51: options.callback_url: callback_url cannot be changed",
                "shop/inbox/rule.yaml:1:73: options.content: content is set by the rule's key",
            ],
        ),
        (
            f"model: {V2_5}, mode: text-to-video",
            ["options: {omni_reference_task_type: edit, output_format: avi}\n"],
            [
                "shop/inbox/rule.yaml:1:37: options.omni_reference_task_type: omni_reference_task",
                "shop/inbox/rule.yaml:1:37: options.omni_reference_task_type: this must be one",
                "shop/inbox/rule.yaml:1:58: options.output_format: this must be one of: mp4, mov",
            ],
        ),
        (
            f"model: {V1_5}",
            ["options: {draft: true, return_last_frame: true}\nresolution: 720p\n"],
            [
                "shop/inbox/rule.yaml:1:43: options.return_last_frame: return_last_frame",
                f"shop/inbox/rule.yaml:2:13: resolution: {V1_5} does not make 720p; possible:",
            ],
        ),
        # Seeds.
        (
            f"model: {FLASH}, prompt: p",
            ["seed: 2147483648\n"],
            ["shop/inbox/rule.yaml:1:7: seed: this must lie between -1 and 2147483647"],
        ),
    ],
)
def test_an_illegal_combination_is_named_at_the_innermost_file(
    tmp_path: Path, rule: str, files: list[str], expected: list[str]
) -> None:
    """The file that brought it about is named, not the one that was fine before."""
    found = mistakes(tmp_path, rule, *files)
    assert [line[: len(start)] for line, start in zip(found, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            "model: doubao-seedream-4-5-251129, prompt: p",
            (
                "config.yaml:7:33: folders[0].rule.model: doubao-seedream-4-5-251129 is not in the "
                "catalog; the strictest limits apply; did you mean doubao-seedream-4-5-251128?"
            ),
        ),
        (
            "model: ep-20260101-abcd, prompt: p, options: {anything: 1, seed: 3}",
            (
                "config.yaml:7:33: folders[0].rule.model: ep-20260101-abcd is not in the catalog; "
                "the strictest limits apply"
            ),
        ),
        (
            "model: doubao-seedream-3-0-t2i-250415",
            (
                "config.yaml:7:33: folders[0].rule.model: doubao-seedream-3-0-t2i-250415 is being "
                "retired by its provider"
            ),
        ),
        (
            "model: doubao-seededit-3-0-i2i-250628, prompt: p",
            (
                "config.yaml:7:33: folders[0].rule.model: doubao-seededit-3-0-i2i-250628 has been "
                "shut down, at least in part"
            ),
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p, seed: 5",
            f"config.yaml:7:78: folders[0].rule.seed: {FOUR_FIVE} has no seed; it is not sent",
        ),
        (
            f"model: {FOUR_FIVE}, prompt: p, negative_prompt: q",
            (
                f"config.yaml:7:89: folders[0].rule.negative_prompt: {FOUR_FIVE} has no "
                "negative_prompt; it is not sent"
            ),
        ),
    ],
)
def test_what_does_not_stop_a_rule_is_a_warning(tmp_path: Path, rule: str, expected: str) -> None:
    """Unknown and retiring models work; fields a model lacks are dropped, and said."""
    found = rule_of(tmp_path, rule)
    assert [str(warning).removeprefix(f"{tmp_path}/") for warning in found.warnings] == [expected]
    assert found.rule.seed is None
    assert found.rule.negative_prompt is None


@pytest.mark.parametrize(
    "rule",
    [
        f"model: {FOUR_FIVE}, pair: true",
        f"model: {FOUR_FIVE}, pair: true, prompt: 'a {{text}}'",
        f"model: {FOUR_FIVE}, input: folder",
        f"model: {FOUR_FIVE}, mode: text-to-image, group: 15",
        f"model: {FOUR_FIVE}, prompt: p, group: 14",
        f"model: {FOUR_FIVE}, mode: text-to-image, references: 'https://x/1', group: 14",
        f"model: {PRO}, options: {{layer_decomposition: true}}",
        f"model: {PRO}, prompt: p, options: {{background: transparent}}",
        f"model: {PRO}, prompt: p, options: {{background: opaque}}, references: 'https://x/1'",
        f"model: {PRO}, prompt: p, size: 1.5k",
        f"model: {FLASH}, prompt: p, seed: -1",
    ],
)
def test_these_rules_are_fine(tmp_path: Path, rule: str) -> None:
    """What the documents allow is not refused by being too careful."""
    assert rule_of(tmp_path, rule).warnings == ()
