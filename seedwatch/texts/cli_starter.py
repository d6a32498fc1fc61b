"""Sentences of the area `cli`: the comments of the files that `init` makes."""

from __future__ import annotations

from seedwatch.texts import Text

STARTER: dict[str, Text] = {
    "starter_config": Text(
        "Settings of seedwatch. A line that begins with #NAME: shows a setting with its default.\n"
        "`seedwatch check` finds every mistake in this file. Durations: 500ms, 2s, 10m, 1h.",
        "seedwatch 的设置。以 #名称: 开头的行显示某项设置及其默认值。\n"
        "`seedwatch check` 会找出本文件的所有错误。时长写法：500ms、2s、10m、1h。",
    ),
    "starter_simulator": Text(
        "To try it without paying: run `seedwatch simulator` in another window and set\n"
        "  base_url: http://127.0.0.1:8765/ark/api/v3\n"
        "Any key will do there: `key: env:NAME` after `export NAME=test`.",
        "想免费试用：在另一个窗口运行 `seedwatch simulator`，并设置\n"
        "  base_url: http://127.0.0.1:8765/ark/api/v3\n"
        "那里任何密钥都可以：先 `export NAME=test`，再写 `key: env:NAME`。",
    ),
    "starter_pictures": Text(
        "Pictures dropped here are edited; rule.yaml in the inbox says how.",
        "放入此处的图片会被编辑；如何编辑见收件夹中的 rule.yaml。",
    ),
    "starter_prompts": Text(
        "Text files dropped here become pictures, one for each line.",
        "放入此处的文本文件会生成图片，每行一张。",
    ),
    "starter_rule": Text(
        "What is done with the files beside this one; a rule.yaml in a subfolder overrides it.\n"
        "A line that begins with #NAME: shows a setting with its default or an example.",
        "如何处理与本文件同级的文件；子文件夹中的 rule.yaml 优先。\n"
        "以 #名称: 开头的行显示某项设置及其默认值或示例。",
    ),
    "starter_lines": Text(
        "Put prompts into a .txt file, one on each line; a line that begins with # is skipped.",
        "把提示词写入 .txt 文件，每行一条；以 # 开头的行会被跳过。",
    ),
}
