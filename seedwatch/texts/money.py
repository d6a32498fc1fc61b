"""Sentences of the area `money`: budgets and prices."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    "of_account_day": Text("the daily budget of account {name}", "账户 {name} 的每日预算"),
    "of_account_month": Text("the monthly budget of account {name}", "账户 {name} 的每月预算"),
    "of_folder_day": Text("the daily budget of folder {name}", "文件夹 {name} 的每日预算"),
    "of_folder_month": Text("the monthly budget of folder {name}", "文件夹 {name} 的每月预算"),
    "over_budget": Text(
        "This would pass {budget}, {most}: {spent} spent, {reserved} reserved by requests under "
        "way, {uncertain} uncertain; this request costs up to {cost}.",
        "将超出{budget}（{most}）：已花费 {spent}，进行中的请求预留 {reserved}，"
        "不确定 {uncertain}；此请求最多花费 {cost}。",
    ),
    "over_budget_do": Text(
        "It goes on by itself when there is room again, at the latest {frees}; or raise the "
        "budget in config.yaml and restart.",
        "有余额时会自动继续，最迟 {frees}；也可在 config.yaml 中提高预算并重启。",
    ),
    "too_dear_do": Text(
        "It costs more than the whole budget: raise the budget in config.yaml and restart, or "
        "cancel it.",
        "费用超过整个预算：请在 config.yaml 中提高预算并重启，或取消它。",
    ),
    "price_unknown": Text(
        "The price of this request is not known, so {budget} cannot be kept.",
        "此请求的价格未知，无法遵守{budget}。",
    ),
    "other_currency": Text(
        "The price of this request is in {price}, so {budget}, in {currency}, cannot be kept.",
        "此请求以 {price} 计价，无法遵守以 {currency} 计的{budget}。",
    ),
    "price_unknown_do": Text(
        "Say the price in config.yaml (catalog:) in the currency of the budget, or remove the "
        "budget; then restart.",
        "请在 config.yaml 的 catalog: 中以预算的货币写明价格，或去掉预算；然后重启。",
    ),
}
