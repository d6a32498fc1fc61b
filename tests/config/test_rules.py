"""Rules: the nearest file wins key by key, and no file goes beyond its right."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from seedwatch.config import own_catalog
from seedwatch.errors import ConfigError
from seedwatch.records import Rule
from tests.config.build import (
    FLASH,
    FOLDER,
    FOUR_FIVE,
    HEAD,
    PRO,
    WHOLE,
    layer,
    load,
    resolved,
    rule_mistakes,
    rule_of,
)


def test_everything_but_account_and_model_has_a_default(tmp_path: Path) -> None:
    """The defaults of a rule are those of the contract; the mode is what the model can do."""
    settings = load(tmp_path, WHOLE)
    found = resolved(settings)
    assert found.rule == Rule(
        account="ark",
        mode="image-to-image",
        model=FOUR_FIVE,
        prompts=("white background",),
    )
    assert found.model.name == FOUR_FIVE
    assert found.warnings == ()
    t2i = rule_of(tmp_path, "model: doubao-seedream-3-0-t2i-250415").rule
    assert t2i.mode == "text-to-image"


def test_every_key_of_a_rule_is_read(tmp_path: Path) -> None:
    """All keys of contract.md 3 arrive in the rule, in its own terms."""
    settings = load(
        tmp_path,
        f"""{HEAD}{FOLDER}    priority: 7
    rule:
      account: ark
      mode: text-to-image
      model: {FLASH}
      prompt: ["a {{text}}", "b {{text}} "]
      text: whole
      encoding: gb18030
      pair: true
      pair_wait: 1m
      input: file
      references: https://x.example/a.png
      size: 16:9
      resolution: 1k
      group: 1
      repeat: 3
      seed: 11
      watermark: true
      negative_prompt: blur
      output: "{{index}}-{{stem}}"
      again: reuse
      options: {{output_format: png, optimize_prompt: false}}
      on_success: keep
      resend_uncertain: 2
""",
    )
    rule = resolved(settings).rule
    assert rule == Rule(
        account="ark",
        mode="text-to-image",
        model=FLASH,
        prompts=("a {text}", "b {text}"),
        text="whole",
        encoding="gb18030",
        pair=True,
        pair_wait_s=60,
        input="file",
        references=("https://x.example/a.png",),
        size="16:9",
        resolution="1K",
        group=1,
        repeat=3,
        seed=11,
        watermark=True,
        negative_prompt="blur",
        output="{index}-{stem}",
        again="reuse",
        options={"output_format": "png", "optimize_prompt": False},
        on_success="keep",
        resend_uncertain=2,
        priority=7,
        reference_digests=(hashlib.sha256(b"https://x.example/a.png").hexdigest(),),
    )


def test_the_nearest_file_wins_key_by_key(tmp_path: Path) -> None:
    """Each key comes from the innermost file that sets it; `explain` shows which."""
    found = rule_of(
        tmp_path,
        f"model: {FOUR_FIVE}, prompt: one, size: 2K, repeat: 2, watermark: true",
        "# the inbox\nsize: 4K\nprompt: two\nrepeat: 3\n",
        "prompt: [three, four]\nwatermark: false\n",
        "size: 1:1\n",
    )
    rule = found.rule
    assert (rule.model, rule.size, rule.prompts) == (FOUR_FIVE, "1:1", ("three", "four"))
    assert (rule.repeat, rule.watermark, rule.group) == (3, False, 1)
    assert {key: found.origins[key] for key in ("model", "size", "prompt", "repeat", "group")} == {
        "model": "config.yaml:7",
        "size": "rule.yaml:1 (sub/deep)",
        "prompt": "rule.yaml:1 (sub)",
        "repeat": "rule.yaml:4 (inbox)",
        "group": "default",
    }


def test_options_are_one_key(tmp_path: Path) -> None:
    """A nearer `options` replaces the whole of the outer one, so that a field can be taken out."""
    rule = f"model: {PRO}, prompt: p, options: {{output_format: png, optimize_prompt: true}}"
    found = rule_of(tmp_path, rule, "options: {output_format: jpeg}\n")
    assert found.rule.options == {"output_format": "jpeg"}
    assert rule_of(tmp_path, rule, "options: {}\n").rule.options == {}


def test_the_same_rule_in_other_words_is_the_same_revision(tmp_path: Path) -> None:
    """Moving a value from config.yaml to rule.yaml, or writing it otherwise, changes nothing."""
    one = rule_of(tmp_path, f"model: {FOUR_FIVE}, prompt: p, size: 2k, pair_wait: 10s")
    two = rule_of(
        tmp_path, f"model: {FOUR_FIVE}", "prompt: [' p ']\nsize: 2K\npair_wait: 10000ms\n"
    )
    assert one.rule.revision == two.rule.revision


def test_the_model_is_spelt_as_its_provider_spells_it(tmp_path: Path) -> None:
    """Upper case in a rule is neither another revision nor a 404."""
    found = rule_of(tmp_path, "model: SEEDREAM-4-5-251128, prompt: p")
    assert found.rule.model == "seedream-4-5-251128"
    assert found.warnings == ()


def test_folder_rules_off_ignores_the_files(tmp_path: Path) -> None:
    """With `folder_rules: off` a rule.yaml decides nothing, not even by its mistakes."""
    settings = load(tmp_path, WHOLE.replace("    rule:", "    folder_rules: off\n    rule:"))
    where = settings.folders[0].inbox
    assert resolved(settings, [layer(where, "group: 9\nsize: 1K\n")]).rule.group == 1


def test_locked_keys_and_caps_are_the_operators(tmp_path: Path) -> None:
    """A rule.yaml may not set a locked key or a larger group; red if it counts all the same."""
    settings = load(
        tmp_path,
        WHOLE.replace(
            "    rule:", "    folder_rules: {locked: [model, size], max_group: 4}\n    rule:"
        ),
    )
    where = settings.folders[0].inbox
    with pytest.raises(ConfigError) as caught:
        resolved(settings, [layer(where, "group: 5\nsize: 4K\n"), layer(where / "s", "model: x\n")])
    assert [str(problem).removeprefix(f"{where}/") for problem in caught.value.problems] == [
        "rule.yaml:1:8: group: config.yaml allows a group of at most 4 in this folder",
        "rule.yaml:2:1: size: size is locked for this folder in config.yaml",
        "s/rule.yaml:1:1: model: model is locked for this folder in config.yaml",
    ]
    assert resolved(settings, [layer(where, "group: 4\n")]).rule.group == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account: other\n", "rule.yaml:1:1: account: account may be set in config.yaml only"),
        ("on_success: delete\n", "rule.yaml:1:1: on_success: on_success may be set in config"),
        ("resend_uncertain: 9\n", "rule.yaml:1:1: resend_uncertain: resend_uncertain may be set"),
        ("budget: none\n", "rule.yaml:1:1: budget: budget may be set in config.yaml only"),
        ("base_url: x\n", "rule.yaml:1:1: base_url: base_url may be set in config.yaml only"),
        ("key: env:A\n", "rule.yaml:1:1: key: key may be set in config.yaml only"),
        ("outbox: /tmp\n", "rule.yaml:1:1: outbox: outbox may be set in config.yaml only"),
        ("webhook: x\n", "rule.yaml:1:1: webhook: there is no key webhook here"),
        ("sise: 2K\n", "rule.yaml:1:1: sise: there is no key sise here; did you mean size?"),
        ("modle: x\n", "rule.yaml:1:1: modle: there is no key modle here; did you mean model?"),
        ("mode: video\n", "rule.yaml:1:7: mode: "),
        ("size: 3\n", "rule.yaml:1:7: size: write a tier (2K, 720p), WIDTHxHEIGHT"),
        ("size: no\n", "rule.yaml:1:7: size: write a tier (2K, 720p), WIDTHxHEIGHT"),
        ("resolution: 16:9\n", "rule.yaml:1:13: resolution: write a tier such as 2K"),
        ("group: 16\n", "rule.yaml:1:8: group: this must be at most 15"),
        ("repeat: 101\n", "rule.yaml:1:9: repeat: this must be at most 100"),
        ("repeat: 2.0\n", "rule.yaml:1:9: repeat: write a whole number"),
        ("pair: yes\n", "rule.yaml:1:7: pair: write true or false"),
        ("prompt: ''\n", "rule.yaml:1:9: prompt: the prompt is empty"),
        ("prompt: [a, ' ']\n", "rule.yaml:1:13: prompt[1]: the prompt is empty"),
        ("prompt: 1.5\n", "rule.yaml:1:9: prompt: this reads as a number; put it in quotes"),
        ("output: photo\n", "rule.yaml:1:9: output: the name must contain {stem} or {index}"),
        ("output: '{stem}_{date}'\n", "rule.yaml:1:9: output: the only placeholders are"),
        ("output: '{stem'\n", "rule.yaml:1:9: output: the name must contain"),
        ("output: '{stem}}'\n", "rule.yaml:1:9: output: the only placeholders are"),
        ("output: '{stem}/{index}'\n", "rule.yaml:1:9: output: this is the name of one file"),
        ("output: '..\\{stem}'\n", "rule.yaml:1:9: output: this is the name of one file"),
        ("output: '.{stem}'\n", "rule.yaml:1:9: output: this is the name of one file"),
        ("output: '{stem}{0}'\n", "rule.yaml:1:9: output: the only placeholders are"),
        ("encoding: klingon\n", "rule.yaml:1:11: encoding: there is no text encoding of this name"),
        ("encoding: rot13\n", "rule.yaml:1:11: encoding: there is no text encoding of this name"),
        ("encoding: ../x\n", "rule.yaml:1:11: encoding: there is no text encoding of this name"),
        ("options: [a]\n", "rule.yaml:1:10: options: this must be a list of `key: value` lines"),
        ("again: maybe\n", "rule.yaml:1:8: again: this must be one of: hold, reuse, run"),
        ("seed: -2\n", "rule.yaml:1:7: seed: this must be at least -1"),
    ],
)
def test_a_mistake_in_a_rule_file_is_named_where_it_is(
    tmp_path: Path, text: str, expected: str
) -> None:
    """Each has its line, column and path; keys that are the operator's are told apart."""
    found = rule_mistakes(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-16", "gb18030", "cp1252", "shift_jis"])
def test_encodings_python_knows_are_accepted(tmp_path: Path, encoding: str) -> None:
    """Any text codec may be named, whatever its case."""
    assert rule_mistakes(tmp_path, f"encoding: {encoding}\n") == []


def test_an_empty_rule_file_changes_nothing(tmp_path: Path) -> None:
    """A file with comments only, as `init` writes it, is a layer that sets no key."""
    assert layer(tmp_path, "# prompt: x\n").keys.model_fields_set == set()


def test_a_rule_file_is_small(tmp_path: Path) -> None:
    """64 KB are more than any rule needs (promises.md 4a)."""
    (found,) = rule_mistakes(tmp_path, f"prompt: {'a' * 70_000}\n")
    assert found.startswith("rule.yaml: this file has 70,009 bytes; at most 65,536 are read")


def test_a_folder_of_a_provider_that_comes_later_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rule cannot be resolved; the sentence names the provider."""
    monkeypatch.setattr(own_catalog, "BUILT", ("ark",))
    settings = load(
        tmp_path,
        "accounts: {x: {provider: openai}}\n"
        "folders: [{name: a, inbox: i/n, rule: {account: x, model: m}}]\n",
    )
    with pytest.raises(
        ConfigError, match=r"2:49: .*rule\.account: openai is not available in this"
    ):
        resolved(settings)


def test_a_rule_without_an_account_is_the_operators_matter(tmp_path: Path) -> None:
    """No rule.yaml can mend it, so config.yaml is named."""
    settings = load(tmp_path, f"{HEAD}{FOLDER}")
    with pytest.raises(ConfigError) as caught:
        resolved(settings, [layer(settings.folders[0].inbox, "model: m\n")])
    (problem,) = caught.value.problems
    assert (problem.line, problem.message) == (5, "the rule needs an account")
