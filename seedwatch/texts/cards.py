"""Sentences of the area `cards`: the NAME.error.txt beside a failed source."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    "title": Text("{name} was not finished.", "{name} 没有完成。"),
    "why": Text("What happened: {message}", "发生了什么：{message}"),
    "do": Text("What to do: {advice}", "怎么办：{advice}"),
    "again": Text(
        "To try again, move the file back to the inbox: {inbox}",
        "要重试，请把文件移回收件夹：{inbox}",
    ),
    "cost_none": Text("Cost: nothing was charged.", "费用：没有扣费。"),
    "cost": Text("Cost so far: {cost} {currency}.", "目前费用：{cost} {currency}。"),
    "cost_unsure": Text(
        "Cost: {count} request(s) may have been charged; the service's own list of calls tells.",
        "费用：{count} 个请求可能已扣费；以服务商的调用记录为准。",
    ),
    "cost_unknown": Text(
        "Cost: some results were paid for; the price is not known here.",
        "费用：部分结果已付费；这里不知道价格。",
    ),
    "counts": Text(
        "Of {total} tasks: {done} done, {failed} failed, {cancelled} cancelled. Trying again "
        "runs only those that are not done.",
        "共 {total} 个任务：{done} 个完成，{failed} 个失败，{cancelled} 个取消。"
        "重试时只运行未完成的任务。",
    ),
    "cancelled": Text("Cancelled by a person before it was sent.", "发送前已被人工取消。"),
    "where": Text(
        "Finished pictures are in the outbox: {outbox}", "已完成的图片在发件夹：{outbox}"
    ),
}
