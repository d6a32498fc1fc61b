"""`catalog:` of config.yaml: read strictly, each mistake at its place, used wherever models are."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.catalog import PROVIDERS, price_bound
from seedwatch.config import own_catalog
from seedwatch.config.rules import resolve_rule
from seedwatch.records import Money
from tests.config.build import FOUR_FIVE, WHOLE, load, mistakes

MODELS = f"""\
catalog:
  ark:
    models:
      - id: {FOUR_FIVE}
        price: {{picture: 0.25, small: {{pixels: 1000000, picture: "0.1"}}, further_input: 0.02,
                currency: cny}}
      - {{id: ep-20260101120000-abcde, like: {FOUR_FIVE}, aliases: [house], state: ended}}
"""
RELAY = """\
catalog:
  myrelay:
    like: openai
    base_url: https://relay.example/v1
    models: [{id: gpt-image-1.5, price: {picture: 1, by: {quality: {low: 0.5}}, currency: CNY}}]
accounts: {mine: {provider: myrelay}, direct: {provider: openai}}
folders:
  - {name: a, inbox: a/inbox, rule: {account: mine, model: gpt-image-1.5, prompt: x}}
  - {name: b, inbox: b/inbox, rule: {account: direct, model: gpt-image-1.5, prompt: x}}
"""


def test_prices_and_endpoints_of_ones_own(tmp_path: Path) -> None:
    """What is changed counts in this configuration, in exact money."""
    ark = load(tmp_path, MODELS + WHOLE).accounts["ark"]
    changed = ark.model(FOUR_FIVE)
    assert price_bound(changed, 2, reference_count=3) == Money(540_000, "CNY")
    assert price_bound(changed, 1, size="900x1000") == Money(100_000, "CNY")
    endpoint = ark.model("house")
    assert (endpoint.name, endpoint.state, endpoint.is_known) == ("house", "ended", True)
    assert load(tmp_path, WHOLE).accounts["ark"].model(FOUR_FIVE).price != changed.price


def test_a_rule_sees_the_changed_model(tmp_path: Path) -> None:
    """A rule that names an endpoint of one's own is checked like the model behind it."""
    whole = MODELS + WHOLE.replace(f"model: {FOUR_FIVE}", "model: house")
    settings = load(tmp_path, whole)
    resolved = resolve_rule(settings.folders[0], settings, [])
    assert resolved.rule.model == "house"
    assert resolved.model.max_references == settings.accounts["ark"].model(FOUR_FIVE).max_references
    assert ["house" in str(warning) for warning in resolved.warnings] == [True]  # it has ended


def test_a_provider_of_ones_own(tmp_path: Path) -> None:
    """Its name works for accounts; its address is its own; the provider it is like is as before."""
    settings = load(tmp_path, RELAY)
    mine, direct = settings.accounts["mine"], settings.accounts["direct"]
    assert (mine.provider, mine.base_url) == ("myrelay", "https://relay.example/v1")
    assert mine.is_built
    assert settings.warnings() == ()
    model = mine.model("gpt-image-1.5")
    assert price_bound(model, options={"quality": "low"}) == Money(500_000, "CNY")
    assert price_bound(model, options={"quality": "high"}) == Money(1_000_000, "CNY")
    assert mine.model("gpt-image-1").price is None
    direct_price = direct.model("gpt-image-1.5").price
    assert direct_price is not None
    assert direct_price.picture.currency == "USD"
    for folder in settings.folders:
        resolve_rule(folder, settings, [])


def test_an_account_may_have_its_own_address(tmp_path: Path) -> None:
    """`base_url` of an account counts more than that of its provider."""
    text = RELAY.replace(
        "{provider: myrelay}", "{provider: myrelay, base_url: https://b.example/v1}"
    )
    assert load(tmp_path, text).accounts["mine"].base_url == "https://b.example/v1"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{ark: {modls: []}}", "1:17: catalog.ark.modls: there is no key modls here; did you mean"),
        ("{ark: {models: {}}}", "catalog.ark.models: this must be a list"),
        ("{ark: {models: [{}]}}", "catalog.ark.models[0].id: this key is missing"),
        ("{ark: {models: [{id: x}]}}", "models[0].id: there is no model x; a new one needs like:"),
        (
            "{ark: {models: [{id: doubao-seedream-4-5-251129}]}}",
            "needs like: with the model it resembles; did you mean doubao-seedream-4-5-251128?",
        ),
        (
            "{ark: {models: [{id: x, like: doubao-seedream-4-5}]}}",
            "models[0].like: there is no model doubao-seedream-4-5; did you mean",
        ),
        ("{ark: {models: [{id: x, like: y, prize: 1}]}}", "prize: there is no key prize here; did"),
        ("{ark: {models: [{id: x, price: 1}]}}", "price: write unknown, or picture: and currency:"),
        ("{ark: {models: [{id: x, price: {picture: 1}}]}}", "price.currency: this key is missing"),
        (
            "{ark: {models: [{id: x, price: {picture: -1, currency: CNY}}]}}",
            "price.picture: write a price such as 0.04",
        ),
        (
            "{ark: {models: [{id: x, price: {picture: 1, by: {a: {}, b: {}}, currency: CNY}}]}}",
            "price.by: this may have at most 1 entries",
        ),
        ("{ark: {models: [{id: x, state: gone}]}}", "state: this must be one of: published, retir"),
        ("{ark: {models: [{id: x, modes: []}]}}", "modes: this must have at least one entry"),
        ("{ark: {models: [{id: x, modes: [text]}]}}", "modes[0]: this must be one of: text-to-im"),
        ("{ark: {models: [{id: x, group: 16}]}}", "group: this must be at most 15"),
        (
            "{ark: {models: [{id: x, limits: {formats: [image/png]}}]}}",
            "limits: image/jpeg must be among them",
        ),
        (
            "{ark: {like: openai, base_url: https://a.b/c}}",
            "catalog.ark.like: ark is known already",
        ),
        (
            "{myrelay: {base_url: https://a.b/c}}",
            "catalog.myrelay: there is no provider myrelay; a",
        ),
        ("{opnai: {base_url: https://a.b/c}}", "speaks; did you mean openai?"),
        ("{myrelay: {like: openai}}", "catalog.myrelay: a provider of one's own needs base_url:"),
        ("{my: {like: opnai, base_url: https://a.b/c}}", f"{PROVIDERS[-1]}; did you mean openai?"),
        (
            "{ark: {models: [{id: x, sizes: {tiers: [2K]}}]}}",
            "sizes: with tiers: there must be def",
        ),
        ("{ark: {models: [{id: x, sizes: {pixels: [9, 1]}}]}}", "pixels: write two counts of pix"),
        ("{my: {like: openai, base_url: ftp://a}}", "base_url: this is not a whole http or https"),
        ("[]", "catalog: this must be a list of `key: value` lines"),
    ],
)
def test_mistakes_have_their_place(tmp_path: Path, written: str, said: str) -> None:
    """Every mistake is one line with file, line, column and path, and nothing else is wrong."""
    found = mistakes(tmp_path, f"catalog: {written}\n{WHOLE}")
    assert len(found) == 1, found
    assert found[0].startswith("config.yaml:1:")
    assert said in found[0]


def test_an_account_of_an_unknown_provider(tmp_path: Path) -> None:
    """The sentence names those of the catalog and those of one's own."""
    text = RELAY.replace("provider: myrelay", "provider: myrelai")
    (found,) = mistakes(tmp_path, text)
    known = ", ".join((*PROVIDERS, "myrelay"))
    assert f"accounts.mine.provider: this must be one of: {known}; did" in found
    assert found.endswith("did you mean myrelay?")


def test_a_broken_provider_does_not_break_its_accounts(tmp_path: Path) -> None:
    """One mistake in its section is one line, not another one for each account."""
    (found,) = mistakes(tmp_path, RELAY.replace("like: openai", "lik: openai"))
    assert "catalog.myrelay.lik" in found


def test_a_provider_that_is_not_built_may_be_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file serves several releases: changes of a provider that is to come are no mistake."""
    monkeypatch.setattr(own_catalog, "BUILT", ("ark",))
    text = "catalog: {apimart: {models: [{id: x, price: {picture: 1, currency: USD}}]}}\n"
    assert load(tmp_path, text + WHOLE).accounts["ark"].is_built
