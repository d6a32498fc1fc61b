"""Sentences of the area `daemon`."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    "another": Text(
        "Another seedwatch already works on {path}.", "另一个 seedwatch 正在使用 {path}。"
    ),
    "another_do": Text(
        "Stop it first, or give this one a state_dir of its own.",
        "请先停止它，或为这一个设置单独的 state_dir。",
    ),
    "config_refused_do": Text(
        "The daemon goes on with the configuration that it read before. Mend the file: it is read "
        "again as soon as it changes.",
        "守护进程继续使用之前读取的配置。请修正该文件：文件一有改动就会重新读取。",
    ),
    "left_in_spool": Text(
        "Answers to {count} paid requests lie in {path}; results that were delivered have their "
        "sidecars beside them.",
        "{count} 个已付费请求的应答保存在 {path}；已交付的结果旁有各自的附属文件。",
    ),
    "state_dir_moved": Text(
        "A running daemon keeps its state directory, {path}: stop it to move the queue.",
        "运行中的守护进程保留其状态目录 {path}：请先停止它再移动队列。",
    ),
}
