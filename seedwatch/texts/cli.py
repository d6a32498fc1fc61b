"""Sentences of the area `cli`: what commands say."""

from __future__ import annotations

from seedwatch.texts import Text
from seedwatch.texts.cli_demo import DEMO
from seedwatch.texts.cli_help import HELP
from seedwatch.texts.cli_report import REPORT
from seedwatch.texts.cli_starter import STARTER

TEXTS: dict[str, Text] = {
    "config_goes_on": Text(
        "The configuration cannot be used. A daemon that runs goes on with the one before.",
        "配置无法使用。正在运行的守护进程继续使用之前的配置。",
    ),
    "folder_not_configured": Text(
        "It is not in config.yaml any more: what was paid for is fetched, the rest waits for it.",
        "该文件夹已不在 config.yaml 中：已付费的结果会被取回，其余任务等待其恢复。",
    ),
    **DEMO,
    **HELP,
    **REPORT,
    **STARTER,
    "none": Text("none", "无"),
    "try_help": Text("see '{command} --help'", "见 '{command} --help'"),
    "no_such_command": Text("There is no command {name}{hint}", "没有命令 {name}{hint}"),
    "no_such_folder": Text(
        "There is no folder named {name}{hint}", "没有名为 {name} 的文件夹{hint}"
    ),
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
    "unfinished": Text(
        "Not everything is finished: {counts}. `seedwatch status` says more.",
        "尚未全部完成：{counts}。`seedwatch status` 可查看详情。",
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
    "key_absent": Text("missing", "缺失"),
    "no_such_task": Text("There is no task {id}.", "没有任务 {id}。"),
    "ids_or_all": Text("Give either task ids or {option}", "请给出任务编号或 {option} 之一"),
    "folder_needs": Text("--folder goes with {option}", "--folder 须与 {option} 同用"),
    "folder_or_account": Text(
        "Give --folder or --account, not both", "--folder 与 --account 只能给出一个"
    ),
    "cancelled": Text("Cancelled: {count}", "已取消：{count}"),
    "cancel_stopped": Text(
        "{id}: the service stopped its task {handle} as well.",
        "{id}：服务端的任务 {handle} 也已取消。",
    ),
    "cancel_goes_on": Text(
        "{id}: its task {handle} goes on at the service and may be charged.",
        "{id}：服务端的任务 {handle} 仍在继续，可能会计费。",
    ),
    "cancel_not_asked": Text(
        "{id}: the service could not be asked to stop its task {handle} ({why}).",
        "{id}：无法请求服务端取消任务 {handle}（{why}）。",
    ),
    "cancel_final": Text(
        "Task {id} is {state} already and stays so.", "任务 {id} 已是 {state}，不再改变。"
    ),
    "cancel_running": Text(
        "Task {id} is {state}: its request is under way and may be paid for already.",
        "任务 {id} 为 {state}：请求正在进行，可能已付费。",
    ),
    "released": Text("Released: {count}", "已放行：{count}"),
    "not_held": Text("Task {id} is {state}, not held.", "任务 {id} 为 {state}，并未搁置。"),
    "pause_message": Text(
        "Paused by a person; `seedwatch resume` goes on.", "已人工暂停；`seedwatch resume` 可恢复。"
    ),
    "paused_account": Text("Paused account {name}.", "已暂停账户 {name}。"),
    "paused_folder": Text("Paused folder {name}.", "已暂停文件夹 {name}。"),
    "paused_already_account": Text(
        "Account {name} was paused already.", "账户 {name} 已处于暂停。"
    ),
    "paused_already_folder": Text(
        "Folder {name} was paused already.", "文件夹 {name} 已处于暂停。"
    ),
    "nothing_paused": Text("Nothing of that was paused.", "没有处于暂停的对象。"),
    "resumed_account": Text("Account {name} goes on.", "账户 {name} 已恢复。"),
    "resumed_folder": Text("Folder {name} goes on.", "文件夹 {name} 已恢复。"),
    "resumed_model": Text("Model {name} is tried again.", "模型 {name} 将重新尝试。"),
    "retried": Text(
        "{path} is back in {inbox}; the daemon, or the next one, takes it up.",
        "{path} 已移回 {inbox}；守护进程（或下次运行时）会处理它。",
    ),
    "retry_none": Text("There is nothing in failed/ to try again.", "failed/ 中没有可重试的内容。"),
    "retry_not": Text(
        "Task {id} is {state}: its source does not lie in failed/.",
        "任务 {id} 为 {state}：其源文件不在 failed/ 中。",
    ),
    "retry_not_yet": Text(
        "Task {id} failed, but its source is still at work; try again when it lies in failed/.",
        "任务 {id} 已失败，但其源文件仍在处理；请待其移入 failed/ 后再试。",
    ),
    "retry_held": Text(
        "Task {id} is held: `seedwatch release {id}` lets it go on.",
        "任务 {id} 已被搁置：`seedwatch release {id}` 可放行。",
    ),
    "retry_no_folder": Text(
        "The folder {folder} is not in the configuration any more.",
        "配置中已没有文件夹 {folder}。",
    ),
    "retry_no_inbox": Text(
        "{inbox} is not there, or is not the inbox of {folder} (its marker is missing); nothing "
        "was moved.",
        "{inbox} 不存在，或不是 {folder} 的收件夹（缺少标记）；未移动任何文件。",
    ),
    "retry_taken": Text(
        "{path} is there already; nothing is written over it. Move it away first.",
        "{path} 已存在，不会被覆盖。请先将其移走。",
    ),
    "retry_gone": Text("{path} is not there any more.", "{path} 已不存在。"),
    "retry_disk": Text("{path} could not be moved back: {why}.", "无法移回 {path}：{why}。"),
    "adopted": Text(
        "{folder}: {inbox} is ours now; what lies there counts as found at first use (cold_start).",
        "{folder}：已接受 {inbox}；其中现有文件按首次使用处理（cold_start）。",
    ),
    "adopt_failed": Text(
        "{folder}: {inbox} cannot be adopted: {why}.", "{folder}：无法接受 {inbox}：{why}。"
    ),
}
