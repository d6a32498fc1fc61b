"""Sentences of the area `worker`: what stopped a task and what to do about it."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    "read_back": Text(
        "{path} reads back with other bytes than were written; the disk may be failing.",
        "{path} 回读的内容与写入的不一致；磁盘可能有故障。",
    ),
    "root_away": Text(
        "{path} is not there; is the disk or share mounted? It is tried again by itself.",
        "{path} 不存在；磁盘或共享是否已挂载？会自动重试。",
    ),
    "answer_not_kept": Text(
        "The answer came, but it could not be written to the state directory ({why}).",
        "应答已到达，但无法写入状态目录（{why}）。",
    ),
    "lost_there": Text(
        "The service does not know its own task {handle} any more.",
        "服务已查不到它自己的任务 {handle}。",
    ),
    "unresolved": Text(
        "The service cannot tell what became of this request.", "服务无法说明这次请求的结果。"
    ),
    "decoder_broken": Text(
        "A picture of this task ends the program that decodes it ({how}); the task is set aside "
        "so that the others go on.",
        "解码该任务图片的程序因它而中止（{how}）；任务已隔离，其他任务照常进行。",
    ),
    "decoder_broken_do": Text(
        "Replace the picture, or try the task again with `seedwatch release`.",
        "请更换图片，或用 `seedwatch release` 再试一次。",
    ),
    "no_child": Text(
        "The system has no process to decode with just now ({why}); it is tried again by itself.",
        "系统暂时无法启动解码进程（{why}）；会自动重试。",
    ),
    "disk_full": Text(
        "The disk that holds {path} is nearly full; nothing is sent until there is room again.",
        "{path} 所在磁盘快满了；腾出空间之前不会发送任何内容。",
    ),
    "source_gone": Text(
        "{name} was taken out of the inbox before it was sent; nothing was charged.",
        "{name} 在发送前已被移出收件夹；没有扣费。",
    ),
    "source_changed": Text(
        "{name} has other content than when it was taken in; the new content is a task of its own.",
        "{name} 的内容与收入时不同；新内容会作为新的任务。",
    ),
    "overlay_kind": Text(
        "The file of the option {name} must be a PNG with transparent parts, of at most {limit} "
        "bytes.",
        "选项 {name} 的文件必须是带透明部分的 PNG，最多 {limit} 字节。",
    ),
    "overlay_size": Text(
        "The file of the option {name} has {size} pixels; the first picture has {wanted}.",
        "选项 {name} 的文件为 {size} 像素；第一张图片为 {wanted}。",
    ),
    "overlay_do": Text(
        "Mend the file beside the rule, or take the option out, then move the source back.",
        "请修正规则旁的文件或去掉该选项，然后把源文件移回。",
    ),
    "reference_gone": Text(
        "The reference picture {path} of the rule is not there any more.",
        "规则中的参考图片 {path} 已不存在。",
    ),
    "reference_do": Text(
        "Put it back or change the rule, then move the file back to try again.",
        "请放回该图片或修改规则，然后把文件移回收件夹重试。",
    ),
    "no_permission": Text(
        "The system does not let us read or write here: {why}.", "系统不允许在此读写：{why}。"
    ),
    "disk": Text(
        "A folder or disk does not answer as it should: {why}. It is tried again by itself.",
        "文件夹或磁盘工作不正常：{why}。会自动重试。",
    ),
    "internal": Text("A fault of seedwatch itself.", "seedwatch 自身的故障。"),
    "internal_do": Text(
        "The log holds the details. `seedwatch release ID` tries again.",
        "详情见日志。`seedwatch release ID` 重试。",
    ),
    "reuse_gone": Text(
        "The stored result of the same source cannot be found any more.",
        "同一来源的已存结果已找不到。",
    ),
    "reuse_gone_do": Text(
        "`seedwatch release ID` makes it anew and pays for it.",
        "`seedwatch release ID` 重新生成并付费。",
    ),
    "older_copy": Text(
        "The queue is an older copy of itself, or a new one beside an old spool: {count} paid "
        "requests that it does not know are told of by {spool} and by sidecars. What it would send "
        "may have been made and paid for already.",
        "队列是其自身的旧副本，或是旧 spool 旁的新队列：{spool} 和附属文件中有 {count} 个它不知道的"
        "已付费请求。它将要发送的内容可能已经生成并付费。",
    ),
    "older_copy_do": Text(
        "Better put the newer database in its place. Else compare the outboxes with `seedwatch "
        "tasks`, cancel what is there already, `seedwatch release ID` the rest, then "
        "`seedwatch resume --account NAME`.",
        "最好换回较新的数据库。否则请对照输出文件夹与 `seedwatch tasks`，取消已有结果的任务，"
        "对其余任务执行 `seedwatch release ID`，然后 `seedwatch resume --account NAME`。",
    ),
    "stopped_in_call": Text(
        "seedwatch was stopped while the request was under way; no answer was recorded.",
        "请求进行中 seedwatch 被停止；没有记录到应答。",
    ),
}
