"""`seedwatch key set|delete|list`: keys in the keyring of the system; none is ever printed."""

from __future__ import annotations

import getpass
import sys

import click

from seedwatch.cli.boundary import CommandFailed, tell
from seedwatch.cli.screen import out_json, out_table
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, Group, json_option
from seedwatch.config.credentials import MAX_KEY_BYTES, delete_key, list_keys, set_key
from seedwatch.texts import say


@click.group("key", cls=Group, help="cli.help_key")
def command() -> None:
    """Keys belong into the system's keyring, never into a file that is copied around."""


@command.command(
    "set",
    cls=Command,
    help="cli.help_key_set",
    # A key given as an argument must not come back in "unexpected argument (KEY)".
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
@click.argument("account")
@click.pass_context
def set_(ctx: click.Context, account: str) -> None:
    """Read a key from a hidden prompt, or from stdin, and keep it."""
    if ctx.args:
        raise click.UsageError(say("cli.key_argument"))
    session = ctx.ensure_object(Session)
    reference = session.account(account).key
    set_key(account, _read_key(account))
    tell(say("cli.key_set", account=account))
    if reference != "keyring":
        tell(say("cli.key_elsewhere", account=account, reference=reference))


@command.command("delete", cls=Command, help="cli.help_key_delete")
@click.argument("account")
@click.pass_obj
def delete(session: Session, account: str) -> None:
    """Forget the key of an account."""
    session.account(account)
    if not delete_key(account):
        raise CommandFailed(say("cli.key_none", account=account))
    tell(say("cli.key_deleted", account=account))


@command.command("list", cls=Command, help="cli.help_key_list")
@click.argument("account", required=False)
@json_option
@click.pass_obj
def list_(session: Session, account: str | None, as_json: bool) -> None:
    """Say for each account where its key is looked for, and whether it is there."""
    names = [session.account(account).name] if account else list(session.settings().accounts)
    states = list_keys({name: session.account(name).key for name in names})
    if as_json:
        out_json(
            [
                {
                    "account": state.account,
                    "key": state.reference,
                    "is_present": state.is_present,
                    "message": state.message,
                }
                for state in states
            ]
        )
    else:
        headings = [say("cli.head_account"), say("cli.head_key"), say("cli.head_state")]
        out_table(
            headings,
            [
                (state.account, state.reference, state.message or say("cli.key_present"))
                for state in states
            ],
        )


def _read_key(account: str) -> str:
    """From a person without echo, else all of stdin; never from an argument (`ps` shows those)."""
    if sys.stdin.isatty():
        return getpass.getpass(say("cli.key_prompt", account=account))
    return sys.stdin.read(2 * MAX_KEY_BYTES)
