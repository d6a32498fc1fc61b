"""Sentences of the area `config` about rules and what models can do."""

from __future__ import annotations

from seedwatch.texts import Text

RULES: dict[str, Text] = {
    "operator_only": Text(
        "{name} may be set in config.yaml only", "{name} 只能在 config.yaml 中设置"
    ),
    "locked": Text(
        "{name} is locked for this folder in config.yaml", "config.yaml 已为此文件夹锁定 {name}"
    ),
    "group_capped": Text(
        "config.yaml allows a group of at most {limit} in this folder",
        "config.yaml 限定此文件夹的 group 最多为 {limit}",
    ),
    "rule_needs_account": Text("the rule needs an account", "规则需要 account"),
    "rule_needs_model": Text("the rule needs a model", "规则需要 model"),
    "unknown_model": Text(
        "{model} is not in the catalog; the strictest limits apply",
        "目录中没有 {model}；按最严格的限制处理",
    ),
    "model_retiring": Text(
        "{model} is being retired by its provider", "{model} 即将被其服务商停用"
    ),
    "model_ended": Text(
        "{model} has been shut down, at least in part", "{model} 已停用（至少在部分地区）"
    ),
    "model_ended_on": Text(
        "{model} was shut down on {date}; the service may refuse it",
        "{model} 已于 {date} 停用；服务可能会拒绝",
    ),
    "mode_not_offered": Text("{model} offers only: {modes}", "{model} 仅提供：{modes}"),
    "folder_needs_pictures": Text(
        "input: folder needs mode: image-to-image or image-to-video",
        "input: folder 需要 mode: image-to-image 或 image-to-video",
    ),
    "prompt_empty": Text("the prompt is empty", "提示词为空"),
    "prompt_too_long": Text("a prompt has at most {limit} bytes", "提示词最多 {limit} 字节"),
    "prompt_twice": Text(
        "the same prompt stands here twice; for more pictures use repeat",
        "同一提示词出现两次；要多张图请用 repeat",
    ),
    "prompt_missing": Text(
        "the model needs a prompt; write one, or set pair: true and drop a text with each picture",
        "该模型需要提示词；请填写，或设 pair: true 并在每张图片旁放置文本",
    ),
    "prompt_needs_text": Text(
        "in text modes the prompt must contain {place}, which takes the line",
        "文本模式下提示词必须包含 {place}，用来放入该行文字",
    ),
    "text_without_pair": Text(
        "{place} stands for the text beside a picture; set pair: true",
        "{place} 代表图片旁的文本；请设 pair: true",
    ),
    "no_groups": Text(
        "{model} makes one result at a time; use repeat", "{model} 每次只生成一个；请用 repeat"
    ),
    "group_too_large": Text(
        "{model} makes groups of at most {limit}", "{model} 的 group 最多为 {limit}"
    ),
    "too_many_references": Text(
        "{model} leaves room for at most {limit} references of the rule",
        "{model} 最多容纳规则的 {limit} 张参考图",
    ),
    "references_no_url": Text(
        "{model} takes files only; put the picture beside config.yaml and name that",
        "{model} 只接受文件；请将图片放到 config.yaml 旁并写其文件名",
    ),
    "references_plus_group": Text(
        "{references} input pictures and a group of {group} are more than {limit} together",
        "{references} 张输入图与 group {group} 合计超过 {limit}",
    ),
    "size_spelling": Text("{given} is not a size", "{given} 不是尺寸"),
    "size_tier": Text("{model} does not make {given}", "{model} 不支持 {given}"),
    "size_ratio": Text("{model} has no size for {given}", "{model} 没有 {given} 的尺寸"),
    "size_too_small": Text(
        "{given} has too few pixels for {model}", "{given} 的像素对 {model} 来说太少"
    ),
    "size_too_large": Text(
        "{given} has too many pixels for {model}", "{given} 的像素对 {model} 来说太多"
    ),
    "size_shape": Text(
        "{given} is too long and narrow for {model}", "{given} 对 {model} 来说过于狭长"
    ),
    "size_side": Text(
        "a side of {given} is too long for {model}", "{given} 有一边对 {model} 来说过长"
    ),
    "size_step": Text(
        "{model} does not take {given}: its sides must be multiples of 16",
        "{model} 不接受 {given}：两边须为 16 的倍数",
    ),
    "size_both": Text(
        "size and resolution contradict each other ({given})",
        "size 与 resolution 互相矛盾（{given}）",
    ),
    "size_exact": Text("{model} takes no {given} here", "{model} 在此不接受 {given}"),
    "size_nearest": Text("; possible: {sizes}", "；可用：{sizes}"),
    "field_dropped": Text("{model} has no {name}; it is not sent", "{model} 没有 {name}；不会发送"),
    "out_of_range": Text("this must lie between {low} and {high}", "必须在 {low} 与 {high} 之间"),
    "range_step": Text(", in steps of {step} from {first}", "，从 {first} 起以 {step} 递增"),
    "range_also": Text(", or be {also}", "，或为 {also}"),
    "option_own_key": Text(
        "{name} is set by the rule's key {rule_key}, not in options",
        "{name} 由规则的键 {rule_key} 设置，不放在 options 中",
    ),
    "option_fixed": Text("{name} cannot be changed", "{name} 不能更改"),
    "option_unknown": Text("{model} has no field {name}", "{model} 没有字段 {name}"),
    "option_text": Text("this field takes text", "此字段为文本"),
    "option_boolean": Text("this field takes true or false", "此字段为 true 或 false"),
    "option_integer": Text("this field takes a whole number", "此字段为整数"),
    "option_number": Text("this field takes a number", "此字段为数字"),
    "option_object": Text("this field takes `key: value` lines", "此字段为若干 `键: 值`"),
    "option_list": Text("this field takes a list", "此字段为列表"),
    "option_one_picture": Text(
        "this needs exactly one input picture: mode: image-to-image, input: file, no references",
        "这需要恰好一张输入图：mode: image-to-image、input: file、无 references",
    ),
    "option_needs": Text("{name} needs {field}: {values}", "{name} 需要 {field}：{values}"),
    "option_without": Text(
        "{name} and {field} cannot be used together", "{name} 与 {field} 不能同时使用"
    ),
    "option_file": Text(
        "this field takes the name of a file beside the rule", "此字段为规则旁边的文件名"
    ),
    "option_scene": Text(
        "{name} is only for requests that are made {kinds}", "{name} 只用于{kinds}的请求"
    ),
    "scene_text": Text("from words alone", "仅由文字"),
    "scene_frames": Text("from the first (and last) frame", "由首帧（和尾帧）"),
    "scene_references": Text("from input pictures", "由输入图片"),
    "prompt_characters": Text(
        "{model} takes prompts of at most {limit} characters",
        "{model} 的提示词最多 {limit} 个字符",
    ),
    "not_a_size": Text(
        "write a tier (2K, 720p), WIDTHxHEIGHT (2048x1536), a ratio (16:9) or auto",
        "请写档位（2K、720p）、宽x高（2048x1536）、比例（16:9）或 auto",
    ),
    "not_a_tier": Text("write a tier such as 2K or 720p", "请写档位，例如 2K 或 720p"),
    "output_constant": Text(
        "the name must contain {{stem}} or {{index}}, or all results would have the same",
        "名称必须包含 {{stem}} 或 {{index}}，否则所有结果同名",
    ),
    "output_placeholder": Text(
        "the only placeholders are {{stem}} and {{index}}", "占位符只有 {{stem}} 与 {{index}}"
    ),
    "output_characters": Text(
        "this is the name of one file: no folder, no leading dot, none of {forbidden}",
        "这是单个文件名：不含文件夹，不以点开头，不含 {forbidden}",
    ),
    "not_an_encoding": Text(
        "there is no text encoding of this name; try utf-8, gb18030 or utf-16",
        "没有这个名称的文本编码；可试 utf-8、gb18030 或 utf-16",
    ),
    "reference_url": Text(
        "a rule.yaml names files beside it; addresses may stand in config.yaml only",
        "rule.yaml 只能引用其旁边的文件；网址只能写在 config.yaml 中",
    ),
    "reference_outside": Text(
        "a rule.yaml names only files beside it: no .., no absolute path",
        "rule.yaml 只能引用其旁边的文件：不含 ..，不用绝对路径",
    ),
    "reference_missing": Text("there is no such file beside the rule", "规则旁没有这个文件"),
    "reference_link": Text("this is a link; put the file itself there", "这是链接；请放置文件本身"),
    "reference_not_a_file": Text("this is not a regular file", "这不是普通文件"),
    "reference_too_large": Text("this file has more than {limit} bytes", "此文件超过 {limit} 字节"),
    "reference_unreadable": Text("this file cannot be read: {why}", "无法读取此文件：{why}"),
}
