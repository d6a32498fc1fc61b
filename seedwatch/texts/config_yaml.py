"""Sentences of the area `config` about the syntax of YAML files."""

from __future__ import annotations

from seedwatch.texts import Text

YAML: dict[str, Text] = {
    "yaml_too_large": Text(
        "this file has {size} bytes; at most {limit} are read",
        "此文件有 {size} 字节；最多读取 {limit}",
    ),
    "yaml_not_utf8": Text(
        "this is not UTF-8 text; save the file as UTF-8", "这不是 UTF-8 文本；请将文件存为 UTF-8"
    ),
    "yaml_control": Text(
        "there is an invisible control character here; remove it", "此处有不可见的控制字符；请删除"
    ),
    "yaml_surrogate": Text(
        "this holds half a character; write the character itself",
        "此处只有半个字符；请直接写出该字符",
    ),
    "yaml_too_deep": Text("this is nested more than {limit} levels deep", "嵌套超过 {limit} 层"),
    "yaml_too_many": Text("this file holds more than {limit} values", "此文件的值超过 {limit} 个"),
    "yaml_too_many_mistakes": Text(
        "{limit} mistakes so far; the rest of the file was not read",
        "已有 {limit} 处错误；其余部分未读取",
    ),
    "yaml_one_document": Text(
        "this file may hold one document only; remove the --- line",
        "此文件只能含一个文档；请删除 --- 行",
    ),
    "yaml_alias": Text(
        "aliases are not used here; put text that begins with * in quotes",
        "此处不使用别名；以 * 开头的文本请加引号",
    ),
    "yaml_anchor": Text(
        "anchors are not used here; put text that begins with & in quotes",
        "此处不使用锚点；以 & 开头的文本请加引号",
    ),
    "yaml_tag": Text(
        "tags are not used here; put text that begins with ! in quotes",
        "此处不使用标签；以 ! 开头的文本请加引号",
    ),
    "yaml_duplicate": Text(
        "{name} stands here a second time (first in line {line})",
        "{name} 重复出现（首次在第 {line} 行）",
    ),
    "yaml_complex_key": Text("a key must be plain text", "键必须是普通文本"),
    "yaml_tab": Text("there is a tab here; indent with spaces", "此处有制表符；请用空格缩进"),
    "yaml_start": Text(
        "text that begins with {character} must stand in quotes",
        "以 {character} 开头的文本必须加引号",
    ),
    "yaml_second_colon": Text(
        "a second `: ` in one line; put the text in quotes, or check the indentation",
        "一行中出现第二个 `: `；请给文本加引号，或检查缩进",
    ),
    "yaml_no_colon": Text(
        "`key: value` was expected here; is the colon or the space after it missing?",
        "此处应为 `键: 值`；是否漏了冒号或其后的空格？",
    ),
    "yaml_indent": Text(
        "this line does not line up with those above; check its indentation",
        "此行与上文没有对齐；请检查缩进",
    ),
    "yaml_dash": Text(
        "a list entry cannot begin here; start a new line, indented below its key",
        "列表项不能从这里开始；请另起一行，并缩进于其键之下",
    ),
    "yaml_open_quote": Text("a quote that was opened is never closed", "有引号没有闭合"),
    "yaml_escape": Text(
        "this \\ sequence means nothing in double quotes; use single quotes",
        "双引号中的这个 \\ 序列无意义；请用单引号",
    ),
    "yaml_bracket": Text("a , or a closing bracket is missing here", "此处缺少 , 或右括号"),
    "yaml_syntax": Text("this is not valid YAML", "这不是有效的 YAML"),
}
