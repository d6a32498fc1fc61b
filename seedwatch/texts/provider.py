"""Sentences of the area `provider`: what a generation service did, and what to do next."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    "timeout": Text("no answer in time", "超时未应答"),
    "leads_away": Text(
        "The request would not have gone to {host}; nothing was sent.",
        "该请求不会发往 {host}；没有发送任何内容。",
    ),
    "not_sent": Text("{host} could not be reached ({why}).", "无法连接 {host}（{why}）。"),
    "not_sent_advice": Text(
        "Nothing was sent and nothing was charged; it is tried again by itself.",
        "没有发送任何内容，也没有扣费；会自动重试。",
    ),
    "no_task_named": Text("it names no task", "其中没有任务编号"),
    "cut_off": Text("The answer ends before this picture.", "应答在这张图片之前就结束了。"),
    "not_reached": Text("{host} does not answer ({why}).", "{host} 没有应答（{why}）。"),
    "no_answer": Text(
        "The request went to {host}, but no complete answer came back ({why}).",
        "请求已发往 {host}，但没有收到完整的应答（{why}）。",
    ),
    "unsure_advice": Text(
        "The picture may have been charged. Look at the service's own list of calls; then "
        "`seedwatch release ID` sends it again, `seedwatch cancel ID` gives it up.",
        "这张图片可能已经扣费。请在服务商的调用记录中核对；然后用 `seedwatch release ID` 重新发送，"
        "或用 `seedwatch cancel ID` 放弃。",
    ),
    "unreadable": Text(
        "The answer of the service cannot be read ({why}).", "无法读取服务的应答（{why}）。"
    ),
    "link_gone": Text(
        "The picture was made, but the link to it on {host} is no longer valid.",
        "图片已经生成，但 {host} 上的下载链接已失效。",
    ),
    "link_gone_advice": Text(
        "It was charged. `seedwatch release ID` makes it anew (and pays again), "
        "`seedwatch cancel ID` gives it up.",
        "该图片已扣费。`seedwatch release ID` 重新生成（再次付费），`seedwatch cancel ID` 放弃。",
    ),
    "link_status": Text(
        "The result cannot be fetched just now (HTTP {status}).",
        "暂时无法下载结果（HTTP {status}）。",
    ),
    "link_failed": Text(
        "The result cannot be fetched just now ({why}).", "暂时无法下载结果（{why}）。"
    ),
    "link_redirects": Text(
        "The link to the result leads from one address to the next without end.",
        "结果链接不断跳转，没有终点。",
    ),
    "link_private": Text(
        "the name of the result's host leads to {address}, which is no public address; if a VPN or "
        "proxy program answers name look-ups here, set `proxy:` of the account",
        "结果链接的主机名解析到 {address}，它不是公网地址；"
        "如果本机的 VPN 或代理程序接管了域名解析，请为该账户设置 `proxy:`",
    ),
    "link_refused": Text(
        "The link to the result leads to {host}, which is not a public https address.",
        "结果链接指向 {host}，它不是公开的 https 地址。",
    ),
    "not_a_picture": Text(
        "What was returned is not a whole picture ({why}).", "返回的内容不是完整的图片（{why}）。"
    ),
    "unreadable_advice": Text(
        "It was charged; what came is kept in {path}. `seedwatch release ID` makes it anew "
        "(and pays again), `seedwatch cancel ID` gives it up.",
        "该图片已扣费；收到的内容保存在 {path}。`seedwatch release ID` 重新生成（再次付费），"
        "`seedwatch cancel ID` 放弃。",
    ),
    "rejected": Text("The service refuses the request: {message}", "服务拒绝了请求：{message}"),
    "rejected_advice": Text(
        "Change the rule or the picture, then move the file back to try again.",
        "请修改规则或图片，然后把文件移回收件夹重试。",
    ),
    "needs_file": Text(
        "The service takes files only; a picture is named by its address here.",
        "该服务只接受文件；这里有一张图片是以网址给出的。",
    ),
    "moderated": Text("The service refuses the content: {message}", "服务拒绝了该内容：{message}"),
    "moderated_advice": Text(
        "It is never sent again by itself. Change the picture or the prompt, then move the file "
        "back to try again.",
        "不会自动重发。请修改图片或提示词，然后把文件移回收件夹重试。",
    ),
    "failed_there": Text(
        "The service had a fault of its own: {message}", "服务自身出现故障：{message}"
    ),
    "limited": Text("The service asks to go slower: {message}", "服务要求放慢速度：{message}"),
    "auth": Text("The service refuses the key: {message}", "服务拒绝了密钥：{message}"),
    "key_spelling": Text(
        "The key of this account holds characters that no key has (a line break, a letter outside "
        "ASCII), or none at all.",
        "该账户的密钥为空，或含有密钥不应有的字符（换行、非 ASCII 字符）。",
    ),
    "auth_advice": Text(
        "Check the account's key (`seedwatch key set ACCOUNT`), then "
        "`seedwatch resume --account ACCOUNT`.",
        "请检查该账户的密钥（`seedwatch key set 账户`），然后 `seedwatch resume --account 账户`。",
    ),
    "quota": Text("The balance or quota is used up: {message}", "余额或配额已用完：{message}"),
    "quota_advice": Text(
        "Top up the account at the service, then `seedwatch resume --account ACCOUNT`.",
        "请在服务商处充值，然后 `seedwatch resume --account 账户`。",
    ),
    "model_closed": Text(
        "This model is not open for the account: {message}", "该账户未开通此模型：{message}"
    ),
    "model_closed_advice": Text(
        "Open the model in the service's console or name another one in the rule, then "
        "`seedwatch resume --account ACCOUNT`.",
        "请在服务商控制台开通该模型，或在规则中改用其他模型，"
        "然后 `seedwatch resume --account 账户`。",
    ),
    "task_unknown": Text(
        "The service does not know this task: {message}", "服务中没有这个任务：{message}"
    ),
    "task_failed": Text(
        "The service took the task, but it failed there.", "服务接受了任务，但任务执行失败。"
    ),
    "task_expired": Text(
        "The service took the task, but did not get to it in time.",
        "服务接受了任务，但未能在限期内完成。",
    ),
    "task_cancelled": Text("The task was cancelled at the service.", "任务已在服务商处被取消。"),
    "balance": Text("balance {money}, credits {credits}", "余额 {money}，积分 {credits}"),
    "balance_unlimited": Text("unlimited", "不限额"),
    "no_video": Text(
        "The service says that the task succeeded, but names no video.",
        "服务称任务已成功，但没有给出视频。",
    ),
    "too_large": Text(
        "The request would have {byte_count:,} bytes; the service takes {limit:,}.",
        "请求将有 {byte_count:,} 字节；服务最多接受 {limit:,} 字节。",
    ),
    "flags_dropped": Text(
        "taken off the end of the prompt, where it would act as a switch: {flags}",
        "已从提示词末尾去掉会被当作开关的内容：{flags}",
    ),
    "no_pictures": Text(
        "The service answered without any picture: {message}", "服务的应答中没有图片：{message}"
    ),
}
