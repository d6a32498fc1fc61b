"""Sentences of the area `cli`: what the demo says."""

from __future__ import annotations

from seedwatch.texts import Text

DEMO: dict[str, Text] = {
    "demo_simulator": Text(
        "The simulator answers at {url}; nothing is paid for.",
        "模拟器地址 {url}；不会产生费用。",
    ),
    "demo_in": Text("in   {folder}: {inputs}", "放入 {folder}：{inputs}"),
    "demo_out": Text("out  {folder}: {picture}  {kind}", "取出 {folder}：{picture}  {kind}"),
    "demo_missing": Text("There is no picture {path}", "缺少图片 {path}"),
    "demo_broken": Text("{path} does not open: {why}", "{path} 无法打开：{why}"),
    "demo_sha256": Text("it is not what its sidecar says", "与附属文件的记录不符"),
    "demo_not_done": Text("There is no source {path}", "缺少源文件 {path}"),
    "demo_ledger": Text(
        "{tasks} tasks, but the simulator accepted {accepted} requests, {different} of them "
        "different.",
        "共 {tasks} 个任务，但模拟器接受了 {accepted} 个请求，其中 {different} 个互不相同。",
    ),
    "demo_code": Text("The daemon ended with {code}.", "守护进程以 {code} 结束。"),
    "demo_failed": Text(
        "The demo failed. Everything is left in {path}; the log is {log}.",
        "演示失败。所有文件保留在 {path}；日志为 {log}。",
    ),
    "demo_fine": Text(
        "All {pictures} pictures are there and open; {tasks} tasks, each accepted exactly once.",
        "全部 {pictures} 张图片均已生成并可打开；{tasks} 个任务，每个恰好被接受一次。",
    ),
    "demo_where": Text("They are in {path}/*/outbox", "位置：{path}/*/outbox"),
}
