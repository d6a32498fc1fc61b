"""Sentences of the area `cli`: what commands say."""

from __future__ import annotations

from seedwatch.texts import Text
from seedwatch.texts.cli_help import HELP
from seedwatch.texts.cli_starter import STARTER

TEXTS: dict[str, Text] = {
    **HELP,
    **STARTER,
    "none": Text("none", "无"),
    "try_help": Text("see '{command} --help'", "见 '{command} --help'"),
    "no_such_command": Text("There is no command {name}{hint}", "没有命令 {name}{hint}"),
    "no_such_folder": Text("There is no folder named {name}{hint}", "没有名为 {name} 的文件夹{hint}"),
    "no_such_account": Text(
        "There is no account named {name}{hint}", "没有名为 {name} 的账户{hint}"
    ),
    "fault": Text("A fault of seedwatch itself ({kind}).", "seedwatch 自身的故障（{kind}）。"),
    "fault_kept": Text(
        "A fault of seedwatch itself ({kind}); its trace is in {path}.",
        "seedwatch 自身的故障（{kind}）；详情保存在 {path}。",
    ),
    "fault_debug": Text(
        "A fault of seedwatch itself ({kind}); SEEDWATCH_DEBUG=1 shows its trace.",
        "seedwatch 自身的故障（{kind}）；设置 SEEDWATCH_DEBUG=1 可查看详情。",
    ),
    "warning": Text("Warning: {message}", "警告：{message}"),
    "init_taken": Text(
        "{path} is there already; nothing was changed.", "{path} 已存在；未作任何改动。"
    ),
    "init_made": Text("Made {path}", "已创建 {path}"),
    "init_inbox": Text("Made {path}", "已创建 {path}"),
    "init_next": Text(
        "Next: seedwatch -c {config} key set ark, then seedwatch -c {config} run, "
        "then drop a picture into an inbox.",
        "接下来：seedwatch -c {config} key set ark，再 seedwatch -c {config} run，"
        "然后把图片放入收件夹。",
    ),
    "init_first_use": Text(
        "There was no configuration: made {config}. Drop pictures into {inbox}; "
        "`seedwatch key set ark` keeps your key.",
        "尚无配置：已创建 {config}。请把图片放入 {inbox}；`seedwatch key set ark` 保存密钥。",
    ),
    "key_prompt": Text("Key of {account} (not shown): ", "{account} 的密钥（不显示）："),
    "key_set": Text("The key of {account} is in the keyring.", "{account} 的密钥已存入密钥环。"),
    "key_elsewhere": Text(
        "Warning: config.yaml says key: {reference}, so the key in the keyring is not used. "
        "Set key: keyring for {account}.",
        "警告：config.yaml 中为 key: {reference}，密钥环中的密钥不会被使用。"
        "请为 {account} 设置 key: keyring。",
    ),
    "key_none": Text(
        "There is no key of {account} in the keyring.", "密钥环中没有 {account} 的密钥。"
    ),
    "key_deleted": Text(
        "The key of {account} was removed from the keyring.", "已从密钥环删除 {account} 的密钥。"
    ),
    "key_argument": Text(
        "A key is never given as an argument, because others can see those. Give it at the "
        "prompt or on stdin; and replace this one, as it may lie in your shell's history.",
        "密钥不能作为参数给出，因为其他人看得到。请在提示处或经标准输入给出；"
        "并更换此密钥，它可能已留在命令历史中。",
    ),
    "key_present": Text("found", "已找到"),
    "head_account": Text("ACCOUNT", "账户"),
    "head_key": Text("KEY", "密钥"),
    "head_state": Text("STATE", "状态"),
}
