"""Sentences of the area `cli`: tables and reports of `status`, `tasks`, `check`, `plan`."""

from __future__ import annotations

from seedwatch.texts import Text

REPORT: dict[str, Text] = {
    "head_account": Text("ACCOUNT", "账户"),
    "head_cost": Text("COST", "费用"),
    "head_disk": Text("DISK", "磁盘"),
    "head_folder": Text("FOLDER", "文件夹"),
    "head_id": Text("ID", "编号"),
    "head_in_flight": Text("IN FLIGHT", "进行中"),
    "head_inbox": Text("INBOX", "收件夹"),
    "head_key": Text("KEY", "密钥"),
    "head_model": Text("MODEL", "模型"),
    "head_new_files": Text("NEW FILES", "新文件"),
    "head_prompt": Text("PROMPT", "提示词"),
    "head_provider": Text("PROVIDER", "服务商"),
    "head_reason": Text("REASON", "原因"),
    "head_rename": Text("RENAME", "移动"),
    "head_source": Text("SOURCE", "来源"),
    "head_state": Text("STATE", "状态"),
    "head_tasks": Text("TASKS", "任务"),
    "head_watch": Text("WATCH", "监视"),
    "tasks_none": Text("There are no such tasks.", "没有这样的任务。"),
    "show_submit": Text("submit {id}", "提交 {id}"),
    "daemon_not_running": Text(
        "No daemon is running; this is what the last one left.",
        "没有守护进程在运行；以下为上次留下的状态。",
    ),
    "spent": Text(
        "{account}: {today} {currency} today, {month} this month, {uncertain} uncertain, "
        "{reserved} reserved",
        "{account}：今日 {today} {currency}，本月 {month}，不确定 {uncertain}，预留 {reserved}",
    ),
    "budget": Text(
        "{budget}: {spent} of {limit} {currency} spent, {uncertain} uncertain, {reserved} "
        "reserved, {left} left",
        "{budget}：已花费 {spent} / {limit} {currency}，不确定 {uncertain}，预留 {reserved}，"
        "剩余 {left}",
    ),
    "budget_unpriced": Text(
        " (and {count} requests whose price is not known)", "（另有 {count} 个请求价格未知）"
    ),
    "held_more": Text(
        "  and {count} more: `seedwatch tasks --state held`",
        "  另有 {count} 个：`seedwatch tasks --state held`",
    ),
    "held_do": Text(
        "Held tasks wait for you: `seedwatch release ID` or `seedwatch cancel ID`.",
        "被搁置的任务等待您的决定：`seedwatch release ID` 或 `seedwatch cancel ID`。",
    ),
    "tasks_total": Text("Tasks: {counts}", "任务：{counts}"),
    "throughput": Text("{done} done in the last {span}", "最近 {span} 完成 {done} 个"),
    "finish_in": Text("About {time} to finish", "预计还需 {time}"),
    "ignored": Text("{folder}: left alone: {path} ({why})", "{folder}：未处理：{path}（{why}）"),
    "problem": Text("Problem: {message}", "问题：{message}"),
    "check_fine": Text("{config}: everything is fine.", "{config}：一切正常。"),
    "check_no_inbox": Text(
        "{folder}: the inbox {inbox} is not there.", "{folder}：收件夹 {inbox} 不存在。"
    ),
    "check_marker": Text(
        "{folder}: {inbox} has lost its marker; is the share mounted? If it is the right folder: "
        "`seedwatch adopt {folder}`.",
        "{folder}：{inbox} 缺少标记；共享是否已挂载？若确为该文件夹：`seedwatch adopt {folder}`。",
    ),
    "head_case": Text("CASE COUNTS", "区分大小写"),
    "head_links": Text("HARD LINKS", "硬链接"),
    "head_names": Text("NO REPLACE BY", "防覆盖方式"),
    "head_root": Text("ROOT", "目录"),
    "head_sync": Text("SYNC", "目录同步"),
    "head_times": Text("TIMES", "时间精度"),
    "yes": Text("yes", "是"),
    "no": Text("no", "否"),
    "check_silent": Text(
        "{folder}: {path} does not answer; the daemon asks it again by itself.",
        "{folder}：{path} 没有响应；守护进程会自动重试。",
    ),
    "check_deaf": Text(
        "{folder}: the system tells nothing of what is written in {path}; it is polled.",
        "{folder}：系统不会报告 {path} 中的写入；将采用轮询。",
    ),
    "check_weak": Text(
        "{folder}: the server of {path} does not make new names durable at once. After a power cut "
        "there the last results may be missing; state_dir/spool keeps them for 30 days.",
        "{folder}：{path} 所在的服务器不会立即持久化新文件名。若其断电，最后的结果可能缺失；"
        "state_dir/spool 会保留它们 30 天。",
    ),
    "check_copies": Text(
        "{folder}: {path} lies on another file system; files are copied there, not renamed.",
        "{folder}：{path} 位于另一个文件系统；文件将被复制而非重命名。",
    ),
    "check_unpriced": Text(
        "{folder}: the price of {model} is not known; costs are shown as unknown.",
        "{folder}：{model} 的价格未知；费用显示为未知。",
    ),
    "check_uncounted": Text(
        "{folder}: {budget} is in {currency}, and {model} has no known price in it; its tasks "
        "would be held: price-unknown.",
        "{folder}：{budget}以 {currency} 计，而 {model} 没有以此货币计的已知价格；"
        "其任务会被搁置：price-unknown。",
    ),
    "check_disk": Text("{folder}: {path}: {why}", "{folder}：{path}：{why}"),
    "check_state_dir": Text(
        "The state directory {path} cannot be written.", "状态目录 {path} 不可写。"
    ),
    "check_no_room": Text(
        "Only {room} are free at {path}; nothing will be sent until there is room.",
        "{path} 仅剩 {room}；腾出空间之前不会发送任何内容。",
    ),
    "check_env_key": Text(
        "the key of the account {account} stands in a variable, which every program of this user "
        "may inherit; the keyring, a file or a systemd credential keeps it to seedwatch.",
        "账户 {account} 的密钥放在环境变量中，该用户的其他程序也可能继承它；"
        "使用密钥环、文件或 systemd 凭据可以只让 seedwatch 看到。",
    ),
    "check_balance": Text(
        "account {account}: its balance could not be asked for ({why}).",
        "账户 {account}：无法查询余额（{why}）。",
    ),
    "check_little_room": Text("Only {room} are free at {path}.", "{path} 仅剩 {room}。"),
    "head_at_work": Text("AT WORK", "处理中"),
    "head_held": Text("HELD", "搁置"),
    "head_identical": Text("COPIES", "相同文件"),
    "head_images": Text("PICTURES", "图片"),
    "head_inputs": Text("INPUTS", "输入"),
    "total": Text("total", "合计"),
    "path_missing": Text("There is no {path}.", "没有 {path}。"),
    "path_outside": Text(
        "{path} does not lie in any inbox of the configuration.",
        "{path} 不在配置的任何收件夹中。",
    ),
    "identical": Text(
        "{folder}: {count} sources have the content of another one there; each is paid for.",
        "{folder}：有 {count} 个源文件与其他文件内容相同；每个都会计费。",
    ),
    "plan_cold": Text(
        "{folder}: at its first use all {count} would be held (cold_start); "
        "`seedwatch release --held --folder {folder}` lets them go on.",
        "{folder}：首次使用时这 {count} 个都会被搁置（cold_start）；"
        "`seedwatch release --held --folder {folder}` 可放行。",
    ),
    "plan_unpriced": Text(
        "{count} tasks have a model whose price is not known.", "{count} 个任务的模型价格未知。"
    ),
    "plan_fits": Text(
        "{budget}, {limit} {currency}: {left} left, this takes up to {planned}.",
        "{budget}（{limit} {currency}）：剩余 {left}，本次最多用 {planned}。",
    ),
    "plan_over": Text(
        "{budget}, {limit} {currency}: only {left} left, this takes up to {planned}; a part would "
        "be held: budget.",
        "{budget}（{limit} {currency}）：仅剩 {left}，本次最多用 {planned}；"
        "部分任务会被搁置：budget。",
    ),
    "plan_uncounted": Text(
        "{budget}: {count} tasks have no known price in its currency; they would be held: "
        "price-unknown.",
        "{budget}：{count} 个任务没有以该货币计的已知价格；会被搁置：price-unknown。",
    ),
    "plan_note": Text(
        "Costs are upper bounds by the catalog's prices. Nothing was sent.",
        "费用为按目录价格计算的上限。未发送任何内容。",
    ),
    "explain_title": Text("{folder}: {path}", "{folder}：{path}"),
    "explain_nothing": Text(
        "{path} is nothing that would be sent (a rule, a reference, or a file of ours).",
        "{path} 不会被发送（规则、参考图或我们自己的文件）。",
    ),
    "explain_several": Text(
        "{path} holds {count} inputs; name one of them.", "{path} 含有 {count} 个输入；请指定一个。"
    ),
    "explain_at_work": Text(
        "It is at work already: `seedwatch tasks` shows its tasks.",
        "它已在处理中：`seedwatch tasks` 可查看其任务。",
    ),
    "explain_task": Text(
        "Task {index} of {count}: pictures: {images}; at most {cost}",
        "任务 {index}/{count}：图片 {images} 张；费用不超过 {cost}",
    ),
    "explain_budget": Text("Its budget has no room for it now: {why}", "当前预算不足：{why}"),
    "explain_held": Text("It would be held: {reason}", "会被搁置：{reason}"),
    "explain_change": Text(
        "Changed to fit: picture {picture}: {change}", "为适配所作更改：图 {picture}：{change}"
    ),
    "explain_change_of_all": Text("Changed to fit: {change}", "为适配所作更改：{change}"),
    "explain_link": Text(
        "(the link of picture {number}, which is uploaded first)",
        "（图 {number} 的链接，会先行上传）",
    ),
    "explain_more": Text(
        "… and {count} more; --json shows all", "……另有 {count} 个；--json 显示全部"
    ),
}
