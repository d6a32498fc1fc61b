"""Sentences of the area `cli`: what `--help` says of commands and options."""

from __future__ import annotations

from seedwatch.texts import Text

HELP: dict[str, Text] = {
    "help": Text(
        "Drop a picture into a folder, get a generated picture out of another.",
        "把图片放进一个文件夹，从另一个文件夹取出生成的图片。",
    ),
    "help_init": Text(
        "Make a workspace: configuration, folders, rules.", "创建工作区：配置、文件夹与规则。"
    ),
    "help_demo": Text(
        "Try everything against the simulator, at no cost.", "用模拟器试跑全部流程，不花钱。"
    ),
    "help_run": Text("Run the daemon in the foreground.", "在前台运行守护进程。"),
    "help_check": Text(
        "Check configuration, rules, folders and keys.", "检查配置、规则、文件夹与密钥。"
    ),
    "help_plan": Text(
        "Show what the inboxes would cause, and its cost; sends nothing.",
        "显示收件夹将产生的任务及费用；不发送任何内容。",
    ),
    "help_explain": Text(
        "Show the rule and the request of one file; sends nothing.",
        "显示某个文件适用的规则与请求；不发送任何内容。",
    ),
    "help_status": Text(
        "Show folders, accounts, counts and progress.", "显示文件夹、账户、计数与进度。"
    ),
    "help_tasks": Text("List the queue and its history.", "列出队列及其历史。"),
    "help_tasks_show": Text("Tell the whole story of a task.", "显示一个任务的完整经过。"),
    "help_retry": Text("Move failed sources back to their inboxes.", "把失败的源文件移回收件夹。"),
    "help_cancel": Text("Cancel tasks that are not finished.", "取消未完成的任务。"),
    "help_release": Text(
        "Let held tasks go on; that may cost.", "放行被搁置的任务；可能产生费用。"
    ),
    "help_pause": Text(
        "Stop claiming for a folder, an account, or all.", "暂停某个文件夹、账户或全部。"
    ),
    "help_resume": Text("Go on with a folder, an account, or all.", "恢复某个文件夹、账户或全部。"),
    "help_adopt": Text(
        "Accept an inbox whose marker is missing or foreign.", "接受标记缺失或不符的收件夹。"
    ),
    "help_key": Text("Keep keys in the keyring of the system.", "在系统密钥环中保管密钥。"),
    "help_key_set": Text(
        "Keep the key of an account; it is read from a prompt or from stdin.",
        "保存账户的密钥；从提示或标准输入读取。",
    ),
    "help_key_delete": Text("Forget the key of an account.", "删除账户的密钥。"),
    "help_key_list": Text(
        "Say where the keys are looked for and whether they are there; prints no key.",
        "显示各密钥的位置及是否存在；不会显示密钥。",
    ),
    "help_audit": Text(
        "Prove that every file, charge and result is accounted for.",
        "核对每个文件、每笔费用与每个结果。",
    ),
    "audit_repair": Text(
        "Do what is safe about it: deletes no file of yours, sends nothing.",
        "执行安全的修复：不会删除你的文件，不会发送任何内容。",
    ),
    "help_simulator": Text(
        "Run the built-in imitation of the providers.", "运行内置的服务商模拟器。"
    ),
    "help_schema": Text(
        "Print the JSON schema of config.yaml or rule.yaml.",
        "输出 config.yaml 或 rule.yaml 的 JSON schema。",
    ),
    "help_completion": Text(
        "Print the completion script of a shell.", "输出 shell 的自动补全脚本。"
    ),
    "option_config": Text(
        "The configuration; else $SEEDWATCH_CONFIG, ./config.yaml, the user's.",
        "配置文件；否则依次为 $SEEDWATCH_CONFIG、./config.yaml、用户配置。",
    ),
    "option_help": Text("Show this and exit.", "显示本帮助并退出。"),
    "option_version": Text("Show the version and exit.", "显示版本并退出。"),
    "option_json": Text("Machine-readable output.", "机器可读的输出。"),
    "option_folder": Text("Only this folder.", "仅此文件夹。"),
    "option_account": Text("Only this account.", "仅此账户。"),
    "run_until_idle": Text(
        "End when nothing is left to do by itself.", "没有可自动进行的工作时结束。"
    ),
    "run_init": Text(
        "Make a starter workspace here first, if there is no configuration.",
        "若尚无配置，先在此创建初始工作区。",
    ),
    "demo_keep": Text("Keep the folders of earlier demos.", "保留以前演示的文件夹。"),
    "status_watch": Text("Stay and show every change.", "持续显示每个变化。"),
    "tasks_state": Text("Only tasks in this state.", "仅此状态的任务。"),
    "retry_failed": Text("All sources in failed/.", "failed/ 中的全部源文件。"),
    "release_held": Text("All held tasks.", "全部被搁置的任务。"),
    "sim_host": Text("Address to listen on.", "监听地址。"),
    "sim_port": Text("Port to listen on; 0 picks a free one.", "监听端口；0 表示自动选择。"),
    "sim_latency": Text("Seconds until an answer.", "应答前的秒数。"),
    "sim_ledger": Text("File that keeps the ledger over restarts.", "跨重启保存账目的文件。"),
}
