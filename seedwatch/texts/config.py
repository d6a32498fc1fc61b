"""Sentences of the area `config`: what is wrong with a file, a setting or a value."""

from __future__ import annotations

from seedwatch.texts import Text
from seedwatch.texts.config_about import ABOUT
from seedwatch.texts.config_keys import KEYS
from seedwatch.texts.config_rules import RULES
from seedwatch.texts.config_yaml import YAML

VALUES: dict[str, Text] = {
    "missing": Text("this key is missing", "缺少这个键"),
    "empty": Text(
        "nothing is written here; write a value or remove the key", "此处没有值；请填写或删除这个键"
    ),
    "not_text": Text("this must be text", "此处必须是文本"),
    "quote_it": Text(
        "this reads as a number; put it in quotes to make it text",
        "这会被读作数字；如需文本请加引号",
    ),
    "not_one_line": Text("this must be one line of visible characters", "此处必须是一行可见字符"),
    "slash_in_name": Text("a name has no slash in it", "名称中不能有斜杠"),
    "not_a_boolean": Text("write true or false", "请写 true 或 false"),
    "not_a_count": Text("write a whole number", "请写整数"),
    "not_a_mapping": Text("this must be a list of `key: value` lines", "此处必须是若干行 `键: 值`"),
    "not_a_list": Text(
        "this must be a list: one line with `- ` for each entry",
        "此处必须是列表：每项一行，以 `- ` 开头",
    ),
    "not_valid": Text("this value is not valid here", "此处的值无效"),
    "at_least": Text("this must be at least {limit}", "不得小于 {limit}"),
    "at_most": Text("this must be at most {limit}", "不得大于 {limit}"),
    "text_too_long": Text("this may have at most {limit} characters", "最多 {limit} 个字符"),
    "list_too_long": Text("this may have at most {limit} entries", "最多 {limit} 项"),
    "list_empty": Text("this must have at least one entry", "至少要有一项"),
    "not_a_pixel_range": Text(
        "write two counts of pixels, the fewest and the most: [921600, 16777216]",
        "请写最少与最多两个像素数：[921600, 16777216]",
    ),
    "tiers_need_default": Text(
        "with tiers: there must be default:, one of them", "写了 tiers: 时需写 default:，取其中之一"
    ),
    "one_of": Text("this must be one of: {choices}", "只能是以下之一：{choices}"),
    "did_you_mean": Text("; did you mean {near}?", "；是否想写 {near}？"),
    "unknown_key": Text("there is no key {name} here", "此处没有键 {name}"),
    "belongs": Text("; it belongs {home}", "；它应放在{home}"),
    "home_rule": Text("under the folder's rule:", "文件夹的 rule: 之下"),
    "home_folder": Text("to the folder, beside its rule:", "文件夹中，与 rule: 同级"),
    "home_account": Text("to an account", "账户中"),
    "home_top": Text("at the top of the file", "文件最外层"),
    "not_a_duration": Text(
        "write a time with its unit: 500ms, 2s, 10m or 1h", "请写带单位的时间：500ms、2s、10m 或 1h"
    ),
    "duration_too_long": Text("this is longer than a year", "超过一年"),
    "too_short": Text("this must be at least {limit}s", "不得短于 {limit}s"),
    "not_a_rate": Text(
        "write unlimited, or requests per time such as 300/min",
        "请写 unlimited，或每段时间的请求数，例如 300/min",
    ),
    "not_a_burst": Text(
        "write unlimited, or files per time such as 5000/10m",
        "请写 unlimited，或每段时间的文件数，例如 5000/10m",
    ),
    "not_a_poll": Text(
        "write auto, or first: and every: with times", "请写 auto，或带时间的 first: 与 every:"
    ),
    "not_folder_rules": Text(
        "write on, off, or locked: and max_group:", "请写 on、off，或 locked: 与 max_group:"
    ),
    "not_a_cold_start": Text(
        "write unlimited, or a whole number from 0", "请写 unlimited，或不小于 0 的整数"
    ),
    "not_a_rule_key": Text("this is not a key of a rule", "这不是规则的键"),
    "not_a_timezone": Text(
        "write local, or a time zone such as Europe/Berlin",
        "请写 local，或时区名，例如 Asia/Shanghai",
    ),
    "inline_key": Text(
        "a key does not belong into this file: write keyring (then run seedwatch key set), "
        "env:NAME, file:PATH, cred:NAME or none",
        "密钥不应写在此文件中：请写 keyring（再运行 seedwatch key set）、"
        "env:NAME、file:PATH、cred:NAME 或 none",
    ),
    "url_broken": Text(
        "this is not a whole http or https address", "这不是完整的 http 或 https 地址"
    ),
    "url_characters": Text(
        "an address has only ASCII characters and no spaces", "地址只能含 ASCII 字符，且无空格"
    ),
    "url_extra": Text("an address ends before ? and #", "地址不能含 ? 或 #"),
    "url_secret": Text("an address holds no user or password", "地址中不能有用户名或密码"),
    "url_http": Text(
        "the key would travel unencrypted: use https (http is for this machine only)",
        "密钥会被明文传输：请用 https（http 仅限本机）",
    ),
    "not_a_budget": Text(
        "write none, or day: and month: (one of them is enough) with currency:",
        "请写 none，或 day: 与 month:（写其一即可）并写 currency:",
    ),
    "not_an_amount": Text(
        "write an amount of money above 0, such as 50 or 0.25", "请写大于 0 的金额，例如 50 或 0.25"
    ),
    "not_a_currency": Text(
        "write a currency of three letters, such as CNY or USD",
        "请写三个字母的货币，例如 CNY 或 USD",
    ),
    "not_untrusted": Text(
        "write true, false, or owners: and video:", "请写 true、false，或 owners: 与 video:"
    ),
    "not_an_owner": Text(
        "write the name or the number of a user of this machine", "请写本机用户的名称或编号"
    ),
    "no_such_user": Text("there is no user {name} on this machine", "本机没有用户 {name}"),
    "untrusted_exposed": Text(
        "others may change this file or the directory it lies in, and a folder is untrusted; "
        "give both to the user that runs seedwatch and run chmod go-w on them",
        "他人可以修改此文件或其所在目录，而有文件夹设为 untrusted；"
        "请让二者归运行 seedwatch 的用户所有，并对它们运行 chmod go-w",
    ),
    "untrusted_budget": Text(
        "anyone may write here, and no budget limits what that costs; set budget:",
        "任何人都可以写入此处，却没有预算限制其花费；请设置 budget:",
    ),
    "untrusted_video": Text(
        "this folder is untrusted, where videos are made only with untrusted: {{video: true}}",
        "此文件夹设为 untrusted；只有写 untrusted: {{video: true}} 时才生成视频",
    ),
    "no_file": Text(
        "there is no such file; make one with seedwatch init",
        "没有这个文件；可用 seedwatch init 创建",
    ),
    "unreadable_file": Text("this file cannot be read: {why}", "无法读取此文件：{why}"),
    "no_such_file": Text("there is no such file", "没有这个文件"),
    "no_folders": Text(
        "no folder is set up yet, so nothing will happen", "尚未配置任何文件夹，因此不会有任何动作"
    ),
    "writable_by_others": Text(
        "every user of this machine may change this file; run chmod o-w on it",
        "本机所有用户都能修改此文件；请对它运行 chmod o-w",
    ),
    "provider_not_built": Text(
        "{provider} is not available in this release; folders that use it wait",
        "此版本尚不支持 {provider}；使用它的文件夹将等待",
    ),
    "same_name": Text("another folder has this name", "已有同名文件夹"),
    "not_a_price": Text(
        "write unknown, or picture: and currency:", "请写 unknown，或 picture: 与 currency:"
    ),
    "not_a_price_figure": Text(
        "write a price such as 0.04, or 0 where nothing is charged",
        "请写价格，例如 0.04；不收费时写 0",
    ),
    "formats_need_jpeg": Text(
        "image/jpeg must be among them: other pictures are converted to it",
        "其中必须有 image/jpeg：其他图片会转换成它",
    ),
    "provider_needs_like": Text(
        "there is no provider {name}; a new one needs like: with the provider whose language it "
        "speaks",
        "没有服务商 {name}；新增服务商需写 like: 指明所用接口与哪家相同",
    ),
    "provider_needs_address": Text(
        "a provider of one's own needs base_url:", "自定义服务商需写 base_url:"
    ),
    "provider_is_known": Text(
        "{name} is known already; like: is for a new name",
        "{name} 已是已知服务商；like: 仅用于新名称",
    ),
    "catalog_unknown_id": Text(
        "there is no model {name}; a new one needs like: with the model it resembles",
        "没有模型 {name}；新增模型需写 like: 指明与哪个模型相同",
    ),
    "catalog_unknown_like": Text("there is no model {name}", "没有模型 {name}"),
    "catalog_taken": Text(
        "another model has the name {name} already", "另一个模型已使用名称 {name}"
    ),
    "no_such_account": Text("there is no account of this name", "没有这个名称的账户"),
    "settle_order": Text(
        "settle_max must not be shorter than settle", "settle_max 不得短于 settle"
    ),
    "overlap_same": Text(
        "{this} is the same folder as {other}", "{this} 与 {other} 是同一个文件夹"
    ),
    "overlap_inside": Text("{this} lies inside {other}", "{this} 位于 {other} 之内"),
    "overlap_around": Text("{other} lies inside this {this}", "{other} 位于此 {this} 之内"),
}

TEXTS: dict[str, Text] = {**VALUES, **YAML, **RULES, **KEYS, **ABOUT}
