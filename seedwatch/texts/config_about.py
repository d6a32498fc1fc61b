"""Sentences of the area `config`: what each setting is for, as editors and `init` show it."""

from __future__ import annotations

from seedwatch.texts import Text

ABOUT: dict[str, Text] = {
    "about_top_state_dir": Text(
        "Queue, spool and lock; a local disk.", "队列、暂存与锁；须为本地磁盘。"
    ),
    "about_top_language": Text("Language of messages.", "消息的语言。"),
    "about_top_timezone": Text(
        "Days of budgets and time windows: local, or a name such as Europe/Berlin.",
        "预算与时间窗口所用的时区：local，或 Asia/Shanghai 等名称。",
    ),
    "about_top_grace": Text(
        "How long a stop waits for paid calls in flight.", "停止时等待进行中付费调用的时长。"
    ),
    "about_top_catalog": Text(
        "Models, prices and providers beside those of the catalog, by provider.",
        "目录之外的模型、价格与服务商，按服务商。",
    ),
    "about_provider_like": Text(
        "Of a new provider: which one it speaks like.", "新服务商：接口与哪家相同。"
    ),
    "about_provider_title": Text("Its name for people.", "给人看的名称。"),
    "about_provider_base_url": Text("Where its API is.", "接口地址。"),
    "about_provider_charges_in": Text(
        "Currency of amounts in its answers, where they tell none.",
        "其应答中金额的货币（应答未写明时）。",
    ),
    "about_provider_models": Text("Models that are changed or added.", "要修改或新增的模型。"),
    "about_model_id": Text("The model's id, or the id of an endpoint.", "模型 ID 或接入点 ID。"),
    "about_model_like": Text(
        "Of a new model: the one it takes everything else from.", "新模型：其余取自哪个模型。"
    ),
    "about_model_aliases": Text("Further names that a rule may use.", "规则可用的其他名称。"),
    "about_model_title": Text("Its name for people.", "给人看的名称。"),
    "about_model_state": Text("Whether the provider still has it.", "服务商是否仍提供。"),
    "about_model_modes": Text("What it can make from what.", "能由什么生成什么。"),
    "about_model_references": Text("Input pictures at most.", "输入图片数上限。"),
    "about_model_group": Text("Pictures of one request at most.", "单次请求图片数上限。"),
    "about_model_price": Text(
        "What it costs: unknown, or picture: with currency:.",
        "价格：unknown，或 picture: 加 currency:。",
    ),
    "about_model_sizes": Text("Which sizes it makes.", "可生成的尺寸。"),
    "about_sizes_tiers": Text("Tiers, such as 2K.", "档位，例如 2K。"),
    "about_sizes_default": Text("Where a rule names no size.", "规则未写尺寸时。"),
    "about_sizes_pixels": Text(
        "Fewest and most pixels of a WIDTHxHEIGHT.", "宽x高 的最少与最多像素数。"
    ),
    "about_sizes_max_side": Text("Longest side at most.", "最长边上限。"),
    "about_sizes_step": Text("Sides are multiples of this.", "边长须为其倍数。"),
    "about_model_limits": Text("What an input picture may be.", "对输入图片的限制。"),
    "about_price_picture": Text("Of one picture; the dearest.", "每张图片（最贵者）。"),
    "about_price_small": Text("Of a picture with few pixels.", "像素少的图片。"),
    "about_price_further_input": Text(
        "Of each input picture after the first.", "第一张之后的每张输入图片。"
    ),
    "about_price_layer": Text("Of each layer of a decomposed picture.", "分层图片的每一层。"),
    "about_price_by": Text(
        "Of one picture by the values of an option, such as quality.",
        "按某个选项（如 quality）的取值计价。",
    ),
    "about_price_currency": Text("In which currency, such as CNY.", "货币，例如 CNY。"),
    "about_small_pixels": Text("Up to so many pixels.", "像素上限。"),
    "about_small_picture": Text("Of one such picture.", "每张此类图片。"),
    "about_limits_formats": Text("Media types, such as image/jpeg.", "媒体类型，例如 image/jpeg。"),
    "about_limits_max_bytes": Text("Bytes at most.", "字节数上限。"),
    "about_limits_max_pixels": Text("Pixels at most.", "像素数上限。"),
    "about_limits_max_side": Text("Longest side at most.", "最长边上限。"),
    "about_top_accounts": Text("The accounts at providers, by name.", "各服务商账户，按名称。"),
    "about_top_folders": Text("The folders to watch.", "要监视的文件夹。"),
    "about_account_provider": Text("Whose API this account uses.", "此账户使用哪家的接口。"),
    "about_account_base_url": Text(
        "Address of the API, if not the provider's usual one.", "接口地址（若非服务商默认地址）。"
    ),
    "about_account_key": Text(
        "Where the key is: keyring, env:NAME, file:PATH, cred:NAME or none; never the key itself.",
        "密钥所在：keyring、env:NAME、file:PATH、cred:NAME 或 none；绝不直接写密钥。",
    ),
    "about_account_auth": Text(
        "How the key is sent: with the word Bearer, or raw.", "密钥的发送方式：带 Bearer 或 raw。"
    ),
    "about_account_concurrency": Text("Requests in flight at once.", "同时进行的请求数。"),
    "about_account_rate": Text(
        "Requests per minute, such as 300/min, or unlimited.",
        "每分钟请求数，例如 300/min，或 unlimited。",
    ),
    "about_account_timeout": Text(
        "Longest wait for one paid call; auto follows the model.",
        "单次付费调用的最长等待；auto 依模型而定。",
    ),
    "about_account_poll": Text(
        "When running work is asked for; auto follows the model.",
        "何时查询进行中的任务；auto 依模型而定。",
    ),
    "about_account_max_attempts": Text("Submits of one task at most.", "单个任务的最多提交次数。"),
    "about_account_upload": Text(
        "How pictures travel where a provider offers both: upload first, or inline.",
        "服务商两者皆可时图片的传送方式：先上传（first）或内嵌（inline）。",
    ),
    "about_account_budget": Text(
        "What may be spent: none, or day: and month: with currency:.",
        "可花费多少：none，或 day: 与 month: 加 currency:。",
    ),
    "about_budget_day": Text("At most so much in a day.", "每日上限。"),
    "about_budget_month": Text("At most so much in a month.", "每月上限。"),
    "about_budget_currency": Text(
        "The currency of the prices that it limits, such as CNY.",
        "所限价格的货币，例如 CNY。",
    ),
    "about_account_proxy": Text("Address of an HTTP proxy, or none.", "HTTP 代理地址，或 none。"),
    "about_account_ca_file": Text(
        "File of further certificates to trust, or none.", "额外信任的证书文件，或 none。"
    ),
    "about_poll_first": Text("Time to the first look.", "首次查询前的时间。"),
    "about_poll_every": Text("Time between further looks.", "之后各次查询的间隔。"),
    "about_folder_name": Text(
        "Name of the folder in messages and commands.", "消息与命令中的文件夹名称。"
    ),
    "about_folder_inbox": Text(
        "Where files are dropped; relative to this file.", "投放文件之处；相对于本文件。"
    ),
    "about_folder_outbox": Text(
        "Where results go; beside the inbox.", "结果所在；默认与 inbox 同级。"
    ),
    "about_folder_done": Text(
        "Where sources go that succeeded; beside the inbox.",
        "成功的源文件所在；默认与 inbox 同级。",
    ),
    "about_folder_failed": Text(
        "Where sources go that failed, each with a card; beside the inbox.",
        "失败的源文件及说明卡所在；默认与 inbox 同级。",
    ),
    "about_folder_watch": Text(
        "How new files are noticed: by events, by polling, or what fits the disk.",
        "如何发现新文件：事件、轮询，或依磁盘自动选择。",
    ),
    "about_folder_poll_interval": Text("Time between two looks when polling.", "轮询的间隔。"),
    "about_folder_rescan": Text("Time between two complete listings.", "两次完整列目录的间隔。"),
    "about_folder_settle": Text("How long a file must stay unchanged.", "文件须保持不变的时长。"),
    "about_folder_settle_max": Text(
        "Still incomplete this long after its last change: failed, with a card.",
        "最后一次变化后过了这么久仍不完整：判为失败并附卡片。",
    ),
    "about_folder_cold_start": Text(
        "Files already there at first use: more than this many are held; or unlimited.",
        "首次使用时已存在的文件若超过此数则全部搁置；或 unlimited。",
    ),
    "about_folder_burst": Text(
        "New files beyond this limit are held; or unlimited.",
        "超过此限的新文件会被搁置；或 unlimited。",
    ),
    "about_folder_budget": Text(
        "As an account's, for what this folder causes.", "同账户预算，限此文件夹产生的费用。"
    ),
    "about_folder_priority": Text("Higher comes first.", "数值高者优先。"),
    "about_folder_folder_rules": Text(
        "Whether rule.yaml files count (on, off), or locked: keys they may not set and max_group:.",
        "是否采用 rule.yaml（on、off），或用 locked: 锁定键、max_group: 设上限。",
    ),
    "about_folder_untrusted": Text(
        "Whether anyone may write here: true, or owners: whose files are taken and video:.",
        "是否任何人都可写入：true，或用 owners: 限定文件所有者、用 video: 允许视频。",
    ),
    "about_folder_metadata": Text(
        "strip: pictures are sent without place, camera and words; auto: so where untrusted.",
        "strip：发送图片时去掉位置、相机和文字；auto：untrusted 时如此。",
    ),
    "about_untrusted_owners": Text(
        "Users whose files are taken; left out, those of everybody.",
        "只接受这些用户的文件；省略则接受所有人的。",
    ),
    "about_untrusted_video": Text("Whether videos may be made there.", "是否允许在此生成视频。"),
    "about_folder_rule": Text(
        "Defaults of the folder; rule.yaml files override them.",
        "文件夹的默认规则；可被 rule.yaml 覆盖。",
    ),
    "about_folder_rules_locked": Text(
        "Keys that rule.yaml may not set.", "rule.yaml 不得设置的键。"
    ),
    "about_folder_rules_max_group": Text(
        "Largest group that rule.yaml may ask for.", "rule.yaml 可要求的最大 group。"
    ),
    "about_rule_account": Text("The account that pays.", "付费的账户。"),
    "about_rule_mode": Text("What is made from what.", "由什么生成什么。"),
    "about_rule_model": Text("The model's id, or an endpoint id.", "模型 ID 或接入点 ID。"),
    "about_rule_prompt": Text(
        "What to do; a list combines every input with every prompt.",
        "要做什么；列表表示每个输入与每条提示词逐一组合。",
    ),
    "about_rule_text": Text(
        "Text modes: each line is a prompt, or the whole file is one.",
        "文本模式：每行一条提示词，或整个文件一条。",
    ),
    "about_rule_encoding": Text(
        "Encoding of text files, where it is not found out.", "文本文件的编码（无法自动识别时）。"
    ),
    "about_rule_pair": Text(
        "Whether a.jpg takes the text of a.txt as its prompt.",
        "a.jpg 是否以 a.txt 的文本为提示词。",
    ),
    "about_rule_pair_wait": Text(
        "How long to wait for the other of a pair.", "等待配对文件的时长。"
    ),
    "about_rule_input": Text(
        "file: each picture by itself; folder: each subfolder is one set of references.",
        "file：逐张处理；folder：每个子文件夹为一组参考图。",
    ),
    "about_rule_references": Text(
        "Pictures sent before every input.", "在每个输入之前发送的参考图。"
    ),
    "about_rule_size": Text(
        "A tier (2K), WIDTHxHEIGHT, a ratio (16:9) or auto.",
        "档位（2K）、宽x高、比例（16:9）或 auto。",
    ),
    "about_rule_resolution": Text("The tier of a ratio.", "比例所用的档位。"),
    "about_rule_group": Text(
        "Up to this many related pictures of one request.", "一次请求至多生成的关联图数。"
    ),
    "about_rule_repeat": Text(
        "Separate requests for each input and prompt.", "每个输入与提示词的独立请求数。"
    ),
    "about_rule_seed": Text("Seed, where the model has one.", "随机种子（模型支持时）。"),
    "about_rule_watermark": Text("Whether the provider paints its mark.", "服务商是否加水印。"),
    "about_rule_negative_prompt": Text(
        "What not to show, where the model has it.", "不要出现的内容（模型支持时）。"
    ),
    "about_rule_output": Text(
        "Name of a result without extension, from {{stem}} and {{index}}.",
        "结果文件名（不含扩展名），由 {{stem}} 与 {{index}} 组成。",
    ),
    "about_rule_previews": Text(
        "What a service shows of a streamed picture before it is done: ignore it, or keep it.",
        "流式生成时的预览图：忽略，或一并保存。",
    ),
    "about_rule_again": Text(
        "A file that was done before and comes again: hold it, reuse the result, or run it.",
        "处理过的文件再次出现：搁置、复用结果或重新运行。",
    ),
    "about_rule_options": Text(
        "Fields of the model by their wire names.", "模型专有字段，用其接口名称。"
    ),
    "about_rule_on_success": Text(
        "What happens to a source that succeeded.", "成功后源文件的去向。"
    ),
    "about_rule_resend_uncertain": Text(
        "How often to send again what may have been paid already.", "可能已付费的请求可重发的次数。"
    ),
}
