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
    "root_not_mounted": Text(
        "{path} lay on a disk or share that is not mounted now; nothing is written there. Mount "
        "it, and work goes on by itself. If the folder is right as it is, run "
        "`seedwatch adopt FOLDER`.",
        "{path} 原本所在的磁盘或共享当前未挂载；不会向其中写入任何内容。挂载后会自动继续。"
        "如果该文件夹现在的位置无误，请运行 `seedwatch adopt FOLDER`。",
    ),
    "root_other": Text(
        "{path} lies on another kind of file system ({kind}) than before; nothing is written "
        "there. If that is right, run `seedwatch adopt FOLDER`.",
        "{path} 所在的文件系统类型（{kind}）与之前不同；不会向其中写入任何内容。如果无误，"
        "请运行 `seedwatch adopt FOLDER`。",
    ),
    "roots_silent": Text(
        "Outbox, done or failed does not answer; it is asked again by itself.",
        "发件夹、done 或 failed 没有响应；稍后会自动重试。",
    ),
    "not_ours": Text(
        "It is not sure any more that no other seedwatch works on {path}; nothing is sent.",
        "无法再确认没有其他 seedwatch 正在处理 {path}；不会发送任何请求。",
    ),
    "root_read_only": Text(
        "{path} cannot be written, so nothing that is paid for could be brought there. Give the "
        "user of seedwatch the right to write there.",
        "{path} 不可写，付费得到的结果无法送达。请授予 seedwatch 的运行用户写入权限。",
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
    "down_unreachable": Text(
        "The service cannot be reached ({why}). It is tried again by itself, or at once by "
        "`seedwatch resume --account {account}`.",
        "无法连接服务（{why}）。会自动重试，或立即运行 `seedwatch resume --account {account}`。",
    ),
    "down_failing": Text(
        "The service fails every request ({why}). One is tried again by itself, or at once by "
        "`seedwatch resume --account {account}`; no attempt is used up.",
        "服务对所有请求都返回故障（{why}）。会自动试探一次，"
        "或立即运行 `seedwatch resume --account {account}`；不消耗尝试次数。",
    ),
    "down_unanswered": Text(
        "Several requests in a row got no usable answer ({why}), and each may have been charged. "
        "One is tried again by itself, or at once by `seedwatch resume --account {account}`.",
        "连续多个请求没有得到可用的应答（{why}），每个都可能已扣费。"
        "会自动试探一次，或立即运行 `seedwatch resume --account {account}`。",
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
