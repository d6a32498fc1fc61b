"""Sentences of the area `inbox`: what a folder or a dropped file lacks, and how to mend it."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    # --- the root of a folder ---------------------------------------------------------------
    "not_there": Text(
        "The inbox {path} is not there; it is never made by seedwatch. Make the folder or connect "
        "the share, and work goes on by itself.",
        "收件夹 {path} 不存在；seedwatch 不会自动创建它。"
        "请创建该文件夹或连接共享，之后会自动继续。",
    ),
    "marker_missing": Text(
        "The marker .seedwatch is missing in {path}: the share may not be connected. If this is "
        "the right folder, run `seedwatch adopt FOLDER`.",
        "{path} 中缺少标记文件 .seedwatch：共享可能未连接。如果文件夹无误，"
        "请运行 `seedwatch adopt FOLDER`。",
    ),
    "marker_foreign": Text(
        "{path} bears the marker of another folder or another installation; nothing is touched "
        "there. If it shall be ours, run `seedwatch adopt FOLDER`.",
        "{path} 带有另一个文件夹或另一套安装的标记；不会改动其中任何内容。如需接管，"
        "请运行 `seedwatch adopt FOLDER`。",
    ),
    "lease_foreign": Text(
        "Another seedwatch ({who}) works on {path}; nothing is touched there meanwhile. It goes on "
        "here by itself when that one stops.",
        "另一个 seedwatch（{who}）正在处理 {path}；在此期间不会改动其中任何内容。"
        "待其停止后会自动继续。",
    ),
    "lease_who": Text("{host}, process {pid}", "{host}，进程 {pid}"),
    "lease_unknown": Text("its lease cannot be read", "租约文件无法读取"),
    "watch_deaf": Text(
        "The system says that it watches this folder, but tells nothing of what is written there; "
        "it is polled instead.",
        "系统声称正在监视此文件夹，却没有报告其中的写入；已改为轮询。",
    ),
    "read_only": Text(
        "{path} cannot be written, so finished sources could not leave it. Give the user of "
        "seedwatch the right to write there.",
        "{path} 不可写，完成的文件将无法移出。请授予 seedwatch 的运行用户写入权限。",
    ),
    "silent": Text(
        "{path} does not answer; it is asked again by itself.",
        "{path} 没有响应；稍后会自动重试。",
    ),
    "root_failed": Text(
        "{path} cannot be read ({why}); it is tried again by itself.",
        "无法读取 {path}（{why}）；稍后会自动重试。",
    ),
    "slow": Text(
        "{path} is slow (a look takes {seconds} s); it is looked at less often.",
        "{path} 响应缓慢（查看一次需 {seconds} 秒）；已降低查看频率。",
    ),
    "broke": Text(
        "A fault of seedwatch itself; it is tried again, and the log has the details.",
        "seedwatch 内部出错；会自动重试，详情见日志。",
    ),
    "watch_limit": Text(
        "The system watches no more directories for this user (fs.inotify.max_user_watches is "
        "{limit}, at least {needed} are needed here); the folder is polled instead.",
        "系统的目录监视数量已达上限（fs.inotify.max_user_watches 为 {limit}，"
        "此处至少需要 {needed}）；已改为轮询。",
    ),
    "watch_failed": Text(
        "The system gives no events for this folder ({why}); it is polled instead.",
        "系统无法为此文件夹提供变更事件（{why}）；已改为轮询。",
    ),
    "watch_silent": Text(
        "The system does not begin to give events for this folder; it is polled instead.",
        "系统迟迟未能为此文件夹提供变更事件；已改为轮询。",
    ),
    "marker_note": Text(
        "seedwatch knows by this file that the folder is the right one. Leave it here.",
        "seedwatch 通过此文件确认文件夹无误。请勿删除。",
    ),
    # --- rules ------------------------------------------------------------------------------
    "rule_error": Text(
        "This rule.yaml cannot be used, so nothing of this folder is taken:\n\n{problems}\n\n"
        "Mend it and save it; this file then disappears by itself.\n",
        "此 rule.yaml 无法使用，因此该文件夹暂停处理：\n\n{problems}\n\n"
        "修正并保存后，本文件会自动消失。\n",
    ),
    "rule_unreadable": Text(
        "the file cannot be read ({why}); it must be a regular file, not a link",
        "无法读取该文件（{why}）；它必须是普通文件，不能是链接",
    ),
    "size_scene": Text(
        "{model} makes no {size} {kind}; possible: {sizes}.",
        "{model} {kind}不能生成 {size}；可用：{sizes}。",
    ),
    "option_scene": Text(
        "{name} is not for what {model} makes {kind}.", "{model} {kind}生成时不接受 {name}。"
    ),
    "scene_advice": Text(
        "One picture begins a video, two are its first and its last frame, more are references. "
        "Change the folder or the rule, then move it back to try again.",
        "一张图是视频首帧，两张图是首帧和尾帧，更多则是参考图。请修改文件夹或规则，然后移回收件夹重试。",
    ),
    # --- files that are left alone ------------------------------------------------------------
    "symlink": Text("a link; links are never followed", "符号链接；不会跟随链接"),
    "special": Text("not a regular file", "不是普通文件"),
    "mount": Text("another file system is mounted here", "此处挂载了另一个文件系统"),
    "permission": Text("no permission to look at it", "没有查看权限"),
    "placeholder": Text(
        "only a placeholder of a cloud drive; download it first",
        "仅为网盘占位文件；请先下载到本地",
    ),
    "foreign_file": Text(
        "it has a second name, or belongs to a user whose files are not taken here",
        "它有另一个名字，或属于此处不接受其文件的用户",
    ),
    "unknown_type": Text("not a picture", "不是图片"),
    "no_pictures": Text("a folder without pictures", "文件夹中没有图片"),
    "loose_file": Text(
        "beside the folders: this inbox takes folders of pictures",
        "位于子文件夹之外：此收件夹只接收图片文件夹",
    ),
    "not_a_prompt_file": Text(
        "not a .txt: this folder takes prompt files", "不是 .txt：此文件夹只接收提示词文件"
    ),
    "text_without_pair": Text(
        "a text: this folder takes pictures, and texts only with `pair: true`",
        "文本文件：此文件夹接收图片，仅在 `pair: true` 时使用文本",
    ),
    "lone_text": Text("a text without a picture of the same name", "没有同名图片的文本"),
    "late_text": Text(
        "a text that came after its picture had been taken", "文本到达时，对应图片已被处理"
    ),
    "no_child": Text(
        "the system has no process to read it with just now ({why}); it is tried again",
        "系统暂时无法启动读取它的进程（{why}）；会自动重试",
    ),
    "decoder_broken": Text(
        "This picture ends the program that decodes it ({how}). Nothing was sent or charged.",
        "解码该图片的程序因它而中止（{how}）。没有发送，也没有扣费。",
    ),
    "decoder_broken_do": Text(
        "Open it in an image editor, save it as a new file, and drop that one instead.",
        "请用图像编辑软件打开它，另存为新文件，再投放新文件。",
    ),
    "unreadable": Text("it cannot be read ({why})", "无法读取（{why}）"),
    # --- prompt files -------------------------------------------------------------------------
    "empty": Text("The file is empty.", "文件为空。"),
    "empty_advice": Text(
        "Write one prompt on each line and save it.", "请每行写一条提示词并保存。"
    ),
    "binary": Text(
        "The file has zero bytes in it: it is no text, or text of another encoding.",
        "文件中含有零字节：不是文本，或使用了其他编码。",
    ),
    "no_encoding": Text(
        "The text is neither UTF-8, UTF-16 with a byte order mark, nor Chinese in GB18030.",
        "文本既不是 UTF-8，也不是带 BOM 的 UTF-16，也不是 GB18030 中文。",
    ),
    "not_encoding": Text(
        "The text is not {encoding}, which the rule names as its encoding.",
        "文本不是规则指定的编码 {encoding}。",
    ),
    "encoding_advice": Text(
        "Save it as UTF-8, or name its encoding in the rule: `encoding: big5`.",
        "请另存为 UTF-8，或在规则中写明编码，例如 `encoding: big5`。",
    ),
    "cleaned": Text(
        "{count} control characters were left out of the text", "已去掉文本中的 {count} 个控制字符"
    ),
    "too_large": Text(
        "The file has {byte_count:,} bytes; at most {limit:,} are read.",
        "文件有 {byte_count:,} 字节；最多读取 {limit:,} 字节。",
    ),
    "too_large_advice": Text("Save the picture smaller.", "请将图片另存为更小的文件。"),
    "split_advice": Text("Split it into several files.", "请拆分为多个文件。"),
    "too_many_lines": Text(
        "The file has {count:,} lines; at most {limit:,} are taken.",
        "文件有 {count:,} 行；最多 {limit:,} 行。",
    ),
    "line": Text("Line {number}", "第 {number} 行"),
    "the_text": Text("The text", "文本"),
    "filled": Text("The prompt with its text filled in", "填入文本后的提示词"),
    "prompt_too_long": Text(
        "{what} has {byte_count:,} bytes; a prompt may have {limit:,}.",
        "{what}有 {byte_count:,} 字节；每条提示词最多 {limit:,} 字节。",
    ),
    "prompt_too_long_advice": Text("Shorten it.", "请缩短。"),
    "no_prompts": Text(
        "There is no prompt in the file: every line is empty or a comment.",
        "文件中没有提示词：所有行都是空行或注释。",
    ),
    "no_prompts_advice": Text(
        "Write one prompt on each line; lines that start with # are not taken.",
        "请每行写一条提示词；以 # 开头的行不会处理。",
    ),
    # --- prompts and pictures together --------------------------------------------------------
    "no_text": Text(
        "The rule's prompt has the place {{text}}, but no text came with the picture.",
        "规则的提示词中有 {{text}} 占位，但图片没有附带文本。",
    ),
    "no_text_advice": Text(
        "Put a text of the same name beside the picture (a.txt beside a.jpg; in a folder: "
        "prompt.txt) and move both into the inbox.",
        "请在图片旁放置同名文本（a.jpg 对应 a.txt；文件夹中为 prompt.txt），再一起移入收件夹。",
    ),
    "no_prompt": Text(
        "There is no prompt for this picture: neither in the rule nor beside it.",
        "此图片没有提示词：规则中没有，旁边也没有文本。",
    ),
    "no_prompt_advice": Text(
        "Set `prompt` in the rule, or use `pair: true` and put a text of the same name beside it.",
        "请在规则中设置 `prompt`，或使用 `pair: true` 并在旁边放置同名文本。",
    ),
    "prompt_characters": Text(
        "A prompt has {count:,} characters; {model} takes {limit:,}.",
        "有一条提示词长 {count:,} 个字符；{model} 最多 {limit:,} 个。",
    ),
    "prompt_characters_advice": Text(
        "Shorten it, then move the file back to the inbox.",
        "请缩短后把文件移回收件夹。",
    ),
    "shared_text": Text(
        "The text beside this picture has the name of {other}, too: it is not clear whose it is.",
        "旁边的文本与 {other} 也同名：无法确定属于哪张图片。",
    ),
    "shared_text_advice": Text(
        "Give the pictures different names, each with a text of its own.",
        "请为图片取不同的名称，并各自配一个文本。",
    ),
    "in_file": Text("{name}: {message}", "{name}：{message}"),
    "too_many_pictures": Text(
        "{count} pictures would be sent at once; {model} takes at most {limit}.",
        "一次将发送 {count} 张图片；{model} 最多接收 {limit} 张。",
    ),
    "too_many_with_group": Text(
        "{count} pictures and a group of {group} are more than {limit} together.",
        "{count} 张图片加上一组 {group} 张，合计超过 {limit}。",
    ),
    "too_many_pictures_advice": Text(
        "Take out some of the pictures, or change `references` or `group` of the rule.",
        "请减少图片，或调整规则中的 `references` 或 `group`。",
    ),
    "needs_alpha": Text(
        "The option {name}: {value} needs a picture with transparent parts; this one has none.",
        "选项 {name}: {value} 需要带透明部分的图片；这张没有。",
    ),
    "needs_alpha_advice": Text(
        "Use a PNG that is cut out already, or take the option out of the rule.",
        "请使用已抠图的 PNG，或从规则中去掉该选项。",
    ),
    "one_picture_only": Text(
        "With the option {name} exactly one picture is sent, not {count}.",
        "使用选项 {name} 时只能发送一张图片，而不是 {count} 张。",
    ),
}
