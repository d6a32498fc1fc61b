"""config.yaml: every setting, every default, every mistake with its place, all at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedwatch import texts
from seedwatch.budgets import Budgets, Calendar, Limit
from seedwatch.catalog import PROVIDERS
from seedwatch.config import own_catalog
from seedwatch.config.effective import FolderRights, PollTimes
from seedwatch.config.settings import find_config, load_settings
from seedwatch.config.units import Burst
from seedwatch.errors import ConfigError
from seedwatch.records import Money
from tests.config.build import FOLDER, HEAD, WHOLE, load, mistakes


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are compared in English, whatever a test's file asks for."""
    yield
    texts.use("en")


def test_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    """A file with only what is required gives every value of contract.md 3."""
    settings = load(tmp_path, WHOLE)
    account, folder = settings.accounts["ark"], settings.folders[0]
    assert settings.state_dir == tmp_path / "state"
    assert (settings.language, settings.timezone, settings.grace_s) == ("auto", "local", 600)
    assert account.base_url == "https://ark.cn-beijing.volces.com/api/v3"
    assert (account.key, account.auth, account.upload) == ("keyring", "bearer", "first")
    assert (account.concurrency, account.max_attempts) == (4, 3)
    assert (account.rate_per_minute, account.timeout_s, account.poll) == (None, None, None)
    assert (account.proxy, account.ca_file, account.is_built) == (None, None, True)
    assert folder.inbox == tmp_path / "shop" / "inbox"
    assert folder.outbox == tmp_path / "shop" / "outbox"
    assert folder.done == tmp_path / "shop" / "done"
    assert folder.failed == tmp_path / "shop" / "failed"
    assert (folder.watch, folder.poll_interval_s, folder.rescan_s) == ("auto", 5, 300)
    assert (folder.settle_s, folder.settle_max_s) == (2, 300)
    assert (folder.cold_start, folder.burst, folder.priority) == (25, Burst(5000, 600), 0)
    assert folder.rights == FolderRights(are_on=True, locked=(), max_group=15)
    assert folder.stopped_by == ""
    assert settings.warnings() == ()


def test_every_setting_is_read(tmp_path: Path) -> None:
    """A file that sets everything otherwise gives just that, absolute and in seconds."""
    (tmp_path / "ca.pem").touch()
    settings = load(
        tmp_path,
        """\
state_dir: /var/lib/s
language: en
timezone: Europe/Berlin
grace: 500ms
accounts:
  轻:
    provider: ark
    base_url: http://127.0.0.1:8765/ark/api/v3/
    key: file:k.txt
    auth: raw
    concurrency: 9
    rate: 300/min
    timeout: 1h
    poll: {first: 1m, every: 1.5s}
    max_attempts: 7
    upload: inline
    budget: none
    proxy: http://proxy:3128
    ca_file: ca.pem
folders:
  - name: 2024
    inbox: a/in
    outbox: b
    done: /c
    failed: ../d
    watch: poll
    poll_interval: 1s
    rescan: 1h
    settle: 0s
    settle_max: 30s
    cold_start: unlimited
    burst: unlimited
    priority: -3
    folder_rules: {locked: [model, size], max_group: 4}
    untrusted: false
    rule: {account: 轻}
  - name: off
    inbox: e
    folder_rules: off
    cold_start: 0
""",
    )
    account, folder = settings.accounts["轻"], settings.folders[0]
    assert settings.state_dir == Path("/var/lib/s").absolute()
    assert (settings.timezone, settings.grace_s) == ("Europe/Berlin", 0.5)
    assert account.base_url == "http://127.0.0.1:8765/ark/api/v3"
    assert account.key == f"file:{tmp_path / 'k.txt'}"
    assert (account.auth, account.concurrency, account.rate_per_minute) == ("raw", 9, 300)
    assert (account.timeout_s, account.poll) == (3600, PollTimes(60, 1.5))
    assert (account.max_attempts, account.upload) == (7, "inline")
    assert (account.proxy, account.ca_file) == ("http://proxy:3128", tmp_path / "ca.pem")
    assert (folder.name, folder.inbox) == ("2024", tmp_path / "a" / "in")
    assert folder.outbox == tmp_path / "b"
    assert folder.done == Path("/c").absolute()
    assert folder.failed == tmp_path.parent / "d"
    assert (folder.watch, folder.poll_interval_s, folder.rescan_s) == ("poll", 1, 3600)
    assert (folder.settle_s, folder.settle_max_s) == (0, 30)
    assert (folder.cold_start, folder.burst, folder.priority) == (None, None, -3)
    assert folder.rights == FolderRights(are_on=True, locked=("model", "size"), max_group=4)
    assert settings.folders[1].rights.are_on is False
    assert settings.folders[1].cold_start == 0
    assert settings.folder("off") is settings.folders[1]
    assert settings.folder("none") is None


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not matter from where the program is started; ~ is the user's home."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "config.yaml").write_text("folders: [{name: a, inbox: ~/a}]\n")
    settings = load_settings(Path("../config.yaml"))
    assert settings.state_dir == tmp_path / "state"
    assert settings.folders[0].inbox == home / "a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "config.yaml:1:1: this must be a list of `key: value` lines"),
        ("grace: 3\n", "config.yaml:1:8: grace: write a time with its unit"),
        ("grace: 3 days\n", "config.yaml:1:8: grace: write a time with its unit"),
        ("grace: 99999h\n", "config.yaml:1:8: grace: this is longer than a year"),
        ("grace:\n", "config.yaml:1:1: grace: nothing is written here"),
        ("language: de\n", "config.yaml:1:11: language: this must be one of: en, zh, auto"),
        ("timezone: Mars/Base\n", "config.yaml:1:11: timezone: write local, or a time zone"),
        ("timezone: ../../etc\n", "config.yaml:1:11: timezone: write local, or a time zone"),
        ("state_dir: 1.5\n", "config.yaml:1:12: state_dir: this reads as a number; put it in"),
        ("state_dir: []\n", "config.yaml:1:12: state_dir: this must be text"),
        ("state_dir: ''\n", "config.yaml:1:12: state_dir: this must be one line of visible"),
        ('state_dir: "a\\0b"\n', "config.yaml:1:12: state_dir: this must be one line of visible"),
        ("stat_dir: x\n", "config.yaml:1:1: stat_dir: there is no key stat_dir here; did you mean"),
        ("concurrency: 3\n", "config.yaml:1:1: concurrency: there is no key concurrency here; it"),
        ("accounts: []\n", "config.yaml:1:11: accounts: this must be a list of `key: value`"),
        ("folders: {}\n", "config.yaml:1:10: folders: this must be a list: one line with"),
        ("accounts: {a: 1}\n", "config.yaml:1:15: accounts.a: this must be a list of `key:"),
        ("accounts: {a: {}}\n", "config.yaml:1:15: accounts.a.provider: this key is missing"),
        ("accounts: {a/b: {provider: ark}}\n", "config.yaml:1:17: accounts.a/b: a name has no"),
        ("folders: [{inbox: a}]\n", "config.yaml:1:11: folders[0].name: this key is missing"),
        ("folders: [{name: a}]\n", "config.yaml:1:11: folders[0].inbox: this key is missing"),
        ("folders: [~]\n", "config.yaml:1:11: folders[0]: nothing is written here"),
    ],
)
def test_a_mistake_at_the_top_is_named_where_it_is(
    tmp_path: Path, text: str, expected: str
) -> None:
    """Each has FILE:LINE:COL, the path of the key and a plain sentence."""
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("provider: arc", f"provider: this must be one of: {', '.join(PROVIDERS)}; did you"),
        ("key: sk-canary-0815", "key: a key does not belong into this file"),
        ("key: 'env:'", "key: a key does not belong into this file"),
        ("key: cred:../x", "key: a key does not belong into this file"),
        ("auth: Bearer", "auth: this must be one of: bearer, raw; did you mean bearer?"),
        ("concurrency: 0", "concurrency: this must be at least 1"),
        ("concurrency: many", "concurrency: write a whole number"),
        ("concurrency: true", "concurrency: write a whole number"),
        ("rate: 300", "rate: write unlimited, or requests per time"),
        ("rate: 0/min", "rate: write unlimited, or requests per time"),
        ("timeout: 0s", "timeout: this must be at least 1s"),
        ("timeout: never", "timeout: write a time with its unit"),
        ("poll: often", "poll: write auto, or first: and every: with times"),
        ("poll: {first: 0s}", "poll.first: this must be at least 0.1s"),
        ("poll: {firts: 1s}", "poll.firts: there is no key firts here; did you mean first?"),
        ("max_attempts: 101", "max_attempts: this must be at most 100"),
        ("budget: 50", "budget: write none, or day: and month:"),
        ("budget: {day: 50}", "budget.currency: this key is missing"),
        ("budget: {currency: CNY}", "budget: write none, or day: and month:"),
        ("budget: {day: 0, currency: CNY}", "budget.day: write an amount of money above 0"),
        ("budget: {day: -1, currency: CNY}", "budget.day: write an amount of money above 0"),
        ("budget: {day: true, currency: CNY}", "budget.day: write an amount of money above 0"),
        ("budget: {day: 1e-9, currency: CNY}", "budget.day: write an amount of money above 0"),
        ("budget: {day: 50, currency: yuan}", "budget.currency: write a currency of three letters"),
        (
            "budget: {day: 50, mnth: 9, currency: CNY}",
            "budget.mnth: there is no key mnth here; did",
        ),
        ("proxy: socks5://x:1", "proxy: this is not a whole http or https address"),
        ("proxy: http://u:canary-0815@x:1", "proxy: an address holds no user or password"),
        ("ca_file: nowhere.pem", "ca_file: there is no such file"),
        ("base_url: https://", "base_url: this is not a whole http or https address"),
        ("base_url: ftp://x/y", "base_url: this is not a whole http or https address"),
        ("base_url: https://x:99999/", "base_url: this is not a whole http or https address"),
        ("base_url: https://[::1/", "base_url: this is not a whole http or https address"),
        ("base_url: https://u:canary-0815@x/", "base_url: an address holds no user or password"),
        ("base_url: https://canary-0815@x/", "base_url: an address holds no user or password"),
        ("base_url: https://x/?key=canary-0815", "base_url: an address ends before ? and #"),
        ("base_url: https://x/#f", "base_url: an address ends before ? and #"),
        ("base_url: https://x/a b", "base_url: an address has only ASCII characters"),
        ("base_url: https://例/", "base_url: an address has only ASCII characters"),
        ("base_url: http://ark.example/", "base_url: the key would travel unencrypted"),
        ("base_url: http://127.0.0.1.example/", "base_url: the key would travel unencrypted"),
        ("base_url: http://192.168.0.9/", "base_url: the key would travel unencrypted"),
    ],
)
def test_a_mistake_in_an_account_never_shows_a_secret(
    tmp_path: Path, line: str, expected: str
) -> None:
    """The sentence names the place, not what was written: it may be a key.

    Red if a message or pydantic's own text (which quotes the input) gets through.
    """
    key = line.split(":", maxsplit=1)[0]
    provider = "" if key == "provider" else "    provider: ark\n"
    number = 4 if provider else 3
    found = mistakes(tmp_path, f"accounts:\n  a:\n{provider}    {line}\n")
    assert len(found) == 1
    place, _, rest = found[0].partition(": ")
    assert place.startswith(f"config.yaml:{number}:")
    assert rest.startswith(f"accounts.a.{expected}")
    assert "canary" not in found[0]


@pytest.mark.parametrize(
    "url",
    ["http://localhost:1/", "http://127.9.9.9/x", "http://[::1]:8765/ark", "https://10.0.0.1"],
)
def test_plain_http_stays_on_this_machine(tmp_path: Path, url: str) -> None:
    """The simulator on loopback needs no certificate; every other host does."""
    settings = load(tmp_path, f"accounts: {{a: {{provider: ark, base_url: '{url}'}}}}\n")
    assert settings.accounts["a"].base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("watch: sometimes", "watch: this must be one of: auto, events, poll"),
        ("poll_interval: 10ms", "poll_interval: this must be at least 0.1s"),
        ("rescan: 1ms", "rescan: this must be at least 1s"),
        ("settle_max: 1s", "settle_max: settle_max must not be shorter than settle"),
        ("settle: 6m", "settle: settle_max must not be shorter than settle"),
        ("cold_start: -1", "cold_start: write unlimited, or a whole number from 0"),
        ("cold_start: some", "cold_start: write unlimited, or a whole number from 0"),
        ("burst: 10", "burst: write unlimited, or files per time"),
        ("burst: 10/0s", "burst: write unlimited, or files per time"),
        ("burst: 10/ten", "burst: write a time with its unit"),
        ("budget: 5", "budget: write none, or day: and month:"),
        ("priority: high", "priority: write a whole number"),
        ("untrusted: yes", "untrusted: write true, false, or owners: and video:"),
        ("untrusted: {owners: [-1]}", "untrusted.owners[0]: write the name or the number"),
        ("untrusted: {owners: [no-such-user]}", "untrusted.owners[0]: there is no user no-such"),
        ("untrusted: {vidoe: true}", "untrusted.vidoe: there is no key vidoe here; did you mean"),
        ("metadata: never", "metadata: "),
        ("folder_rules: maybe", "folder_rules: write on, off, or locked: and max_group:"),
        ("folder_rules: {lokced: [a]}", "folder_rules.lokced: there is no key lokced here; did"),
        ("folder_rules: {locked: [sice]}", "folder_rules.locked[0]: this is not a key of a rule"),
        ("folder_rules: {max_group: 16}", "folder_rules.max_group: this must be at most 15"),
        ("on_success: keep", "on_success: there is no key on_success here; it belongs under"),
        ("rule: {rescan: 1s}", "rule.rescan: there is no key rescan here; it belongs to the"),
        ("rule: {account: arc}", "rule.account: there is no account of this name; did you mean"),
        ("rule: {mode: image}", "rule.mode: this must be one of: text-to-image, image-to-image"),
        ("rule: {references: ['https://u:p@x/y']}", "rule.references[0]: an address holds no"),
        ("rule: {on_success: remove}", "rule.on_success: this must be one of: move, keep, delete"),
        ("rule: {resend_uncertain: 11}", "rule.resend_uncertain: this must be at most 10"),
    ],
)
def test_a_mistake_in_a_folder_is_named_where_it_is(
    tmp_path: Path, line: str, expected: str
) -> None:
    """Settings of later issues are refused in words; their only present value is accepted."""
    found = mistakes(tmp_path, f"{HEAD}{FOLDER}    {line}\n")
    assert len(found) == 1
    place, _, rest = found[0].partition(": ")
    assert place.startswith("config.yaml:7:")
    assert rest.startswith(f"folders[0].{expected}")


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Syntax that can be stepped over, types, unknown keys, names and overlaps in one answer."""
    found = mistakes(
        tmp_path,
        """\
grace: soon
grace: 1m
accounts:
  ark: {provider: ark, keey: keyring}
  b: *c
folders:
  - name: a
    inbox: one
    outbox: one/out
    setle: 3s
  - name: a
    inbox: two
    rule: {account: nobody, size: huge, group: 0}
  - name: b
    inbox: three
    rule:
      account: nobody
      prompt:
""",
    )
    assert [line.split(": ")[0] + " " + line.split(": ")[1] for line in found] == [
        "config.yaml:1:8 grace",
        "config.yaml:2:1 grace",
        "config.yaml:4:24 accounts.ark.keey",
        "config.yaml:5:6 accounts.b",
        "config.yaml:9:13 folders[0].outbox",
        "config.yaml:10:5 folders[0].setle",
        "config.yaml:11:11 folders[1].name",
        "config.yaml:13:21 folders[1].rule.account",
        "config.yaml:13:35 folders[1].rule.size",
        "config.yaml:13:48 folders[1].rule.group",
        "config.yaml:17:16 folders[2].rule.account",
        "config.yaml:18:7 folders[2].rule.prompt",
    ]


def test_a_second_folder_of_the_same_name_is_refused(tmp_path: Path) -> None:
    """Names are how commands and rows speak of folders."""
    text = "folders: [{name: a, inbox: x/i}, {name: a, inbox: y/i}]\n"
    assert mistakes(tmp_path, text) == [
        "config.yaml:1:41: folders[1].name: another folder has this name"
    ]


@pytest.mark.parametrize("provider", ["dmxapi", "apimart", "openai"])
def test_a_provider_that_comes_later_stops_only_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """It is a warning; the folder of the other account works (contract.md 3)."""
    monkeypatch.setattr(own_catalog, "BUILT", ("ark",))
    settings = load(
        tmp_path,
        f"{HEAD}  later: {{provider: {provider}}}\n"
        "folders:\n"
        "  - {name: a, inbox: a/inbox, rule: {account: ark}}\n"
        "  - {name: b, inbox: b/inbox, rule: {account: later}}\n",
    )
    free, stopped = settings.folders
    assert free.stopped_by == ""
    assert stopped.stopped_by.startswith(f"{provider} is not available")
    (warning,) = settings.warnings()
    assert str(warning).endswith(
        f"config.yaml:4:21: accounts.later.provider: {provider} is not available in this release; "
        "folders that use it wait"
    )


def test_a_configuration_without_folders_is_a_warning(tmp_path: Path) -> None:
    """Keys can be set before the first folder is there; nothing else would happen."""
    (warning,) = load(tmp_path, HEAD).warnings()
    assert warning.message == "no folder is set up yet, so nothing will happen"
    (warning,) = load(tmp_path, f"{HEAD}folders:\n").warnings()
    assert (warning.line, warning.column) == (4, 1)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_file_that_others_may_write_is_a_warning(tmp_path: Path) -> None:
    """Who may change the file may have pictures sent anywhere (promises.md 4a)."""
    path = tmp_path / "config.yaml"
    path.write_text(WHOLE)
    path.chmod(0o666)
    assert [warning.message for warning in load_settings(path).warnings()] == [
        "every user of this machine may change this file; run chmod o-w on it"
    ]


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    """Not there, a directory, ten megabytes: a sentence, no traceback."""
    for path, sentence in (
        (tmp_path / "no.yaml", "there is no such file; make one with seedwatch init"),
        (tmp_path, "this file cannot be read: "),
    ):
        with pytest.raises(ConfigError) as caught:
            load_settings(path)
        assert str(caught.value).startswith(f"{path}: {sentence}")
    (tmp_path / "config.yaml").write_bytes(b"a: b\n" * 2_000_000)
    with pytest.raises(ConfigError, match="at most 1,000,000 are read"):
        load_settings(tmp_path / "config.yaml")


def test_mistakes_speak_the_language_of_the_file(tmp_path: Path) -> None:
    """`language: zh` counts for the mistakes of the very file that says so."""
    assert mistakes(tmp_path, "language: zh\ngrace: 3\n") == [
        "config.yaml:2:8: grace: 请写带单位的时间：500ms、2s、10m 或 1h"
    ]


def test_the_configuration_is_looked_for_in_the_order_of_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The named file, $SEEDWATCH_CONFIG, ./config.yaml, then the user's own directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEEDWATCH_CONFIG", raising=False)
    assert find_config(Path("x")) == Path("x")
    user_file = find_config(None)
    assert user_file.is_absolute()
    assert (user_file.parent.name, user_file.name) == ("seedwatch", "config.yaml")
    Path("config.yaml").touch()
    assert find_config(None) == Path("config.yaml")
    monkeypatch.setenv("SEEDWATCH_CONFIG", "y")
    assert find_config(None) == Path("y")


def test_budgets_are_money_of_their_account_and_folder(tmp_path: Path) -> None:
    """Amounts are exact, whether written as a number or as text; a task has all that cover it."""
    settings = load(
        tmp_path,
        """\
timezone: Asia/Shanghai
accounts:
  ark: {provider: ark, budget: {day: 12.35, month: "800.10", currency: cny}}
folders:
  - {name: a, inbox: a/inbox, budget: {month: 0.000001, currency: USD}, rule: {account: ark}}
  - {name: b, inbox: b/inbox, rule: {account: ark}}
""",
    )
    day = Limit("account", "ark", "day", Money(12_350_000, "CNY"))
    month = Limit("account", "ark", "month", Money(800_100_000, "CNY"))
    own = Limit("folder", "a", "month", Money(1, "USD"))
    calendar = Calendar("Asia/Shanghai")
    assert settings.budgets_of("ark", "a") == Budgets((day, month, own), calendar)
    assert settings.budgets_of("ark", "b") == Budgets((day, month), calendar)
    assert settings.budgets_of("gone", "gone") == Budgets((), calendar)
    assert settings.all_budgets() == Budgets((day, month, own), calendar)
