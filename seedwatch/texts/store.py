"""Sentences of the area `store`."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    "crashed": Text(
        "The daemon ended again and again while it was at work on this task, at last on it alone.",
        "守护进程在处理该任务时多次异常结束，最后只剩该任务在运行。",
    ),
    "crashed_do": Text(
        "Nothing is tried before you say so: `seedwatch release ID`, or `seedwatch cancel ID`.",
        "未经确认不会再试：`seedwatch release ID` 或 `seedwatch cancel ID`。",
    ),
    "old_library": Text(
        en="SQLite {version} can damage the queue; 3.51.3 or at least 3.53.0 is needed. "
        "Install a current apsw.",
        zh="SQLite {version} 可能损坏队列；需要 3.51.3 或至少 3.53.0。请安装新版 apsw。",
    ),
    "busy": Text(
        en="Another program holds the queue's database; nothing was written.",
        zh="另一个程序占用了队列数据库；没有写入任何内容。",
    ),
    "busy_advice": Text(
        en="Close the program that has the database open.",
        zh="请关闭打开该数据库的程序。",
    ),
    "full": Text(
        en="There is no room left for the queue's database; nothing was written.",
        zh="队列数据库所在磁盘已满；没有写入任何内容。",
    ),
    "full_advice": Text(
        en="Free some space on the disk that holds state_dir.",
        zh="请在 state_dir 所在磁盘上腾出空间。",
    ),
    "read_only": Text(
        en="The disk of the queue's database is read-only; nothing was written.",
        zh="队列数据库所在磁盘为只读；没有写入任何内容。",
    ),
    "read_only_advice": Text(
        en="Make the disk that holds state_dir writable again; it may have reported faults.",
        zh="请让 state_dir 所在磁盘恢复可写；该磁盘可能出过故障。",
    ),
    "corrupt": Text(en="The queue's database is damaged.", zh="队列数据库已损坏。"),
    "corrupt_advice": Text(
        en="It was left as it is. Put a backup in its place; paid answers are in spool/ beside "
        "it, delivered results have their sidecars.",
        zh="文件保持原样。请用备份替换；已付费的结果保存在旁边的 spool/ 中，"
        "已交付的结果有各自的附属文件。",
    ),
    "failed": Text(en="The queue's database failed: {error}.", zh="队列数据库出错：{error}。"),
    "closed": Text(en="The queue is closed.", zh="队列已关闭。"),
    "foreign": Text(
        en="{path} is not a queue of seedwatch; it was left as it is.",
        zh="{path} 不是 seedwatch 的队列；文件保持原样。",
    ),
    "newer": Text(
        en="{path} was written by a newer seedwatch (schema {found}, this one knows {known}); "
        "it was left as it is. Install that version again.",
        zh="{path} 由更新版本的 seedwatch 写入（结构 {found}，此版本只认识 {known}）；"
        "文件保持原样。请重新安装该版本。",
    ),
    "older": Text(
        en="{path} was written by an older seedwatch (schema {found}, this one knows {known}). "
        "Start the daemon once: it keeps a copy and upgrades it.",
        zh="{path} 由较旧版本的 seedwatch 写入（结构 {found}，此版本为 {known}）。"
        "请启动一次守护进程：它会保留副本并升级。",
    ),
    "unknown_version": Text(
        en="{path} has schema {found}, from which no way leads to {known}; it was left as it is.",
        zh="{path} 的结构为 {found}，无法升级到 {known}；文件保持原样。",
    ),
    "network": Text(
        en="{path} lies on a network file system ({kind}), where SQLite can lose data. "
        "Set state_dir to a local disk.",
        zh="{path} 位于网络文件系统（{kind}），SQLite 可能丢失数据。请将 state_dir 设为本地磁盘。",
    ),
    "not_private": Text(
        en="{path} belongs to another user, or others may write there; run chmod go-w on it, "
        "or give it to the user that runs seedwatch.",
        zh="{path} 属于其他用户，或他人可以写入；请对它运行 chmod go-w，"
        "或让它归运行 seedwatch 的用户所有。",
    ),
    "risky": Text(
        en="{path} lies on {kind}, which may forget the queue when the machine stops.",
        zh="{path} 位于 {kind}，机器停止时队列可能丢失。",
    ),
    "path_taken": Text(
        en="The name {path} is promised to another result.",
        zh="名称 {path} 已分配给另一个结果。",
    ),
    "handle_taken": Text(
        en="The provider gave the id {handle} before, for other work.",
        zh="服务商此前已将编号 {handle} 用于其他任务。",
    ),
    "lease_lost": Text(
        en="Task {task} is no longer held by this worker.",
        zh="任务 {task} 已不属于此工作线程。",
    ),
}
