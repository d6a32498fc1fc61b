"""Sentences of the area `media`."""

from __future__ import annotations

from seedwatch.texts import Text

_UNUSABLE: dict[str, Text] = {
    "empty": Text("The file is empty.", "文件是空的。"),
    "unknown": Text(
        "The content is not a picture: it starts like no format known here.",
        "内容不是图片：文件开头不符合任何已知格式。",
    ),
    "unknown_advice": Text(
        "Open the file to see what it is; copy the picture here again from its original.",
        "请打开文件看看它是什么；或从原图重新复制一份。",
    ),
    "cut": Text(
        "The {kind} picture is cut off: it ends before its own end mark"
        " ({byte_count:,} bytes are here).",
        "{kind} 图片不完整：还没到结束标记就中断了（现有 {byte_count:,} 字节）。",
    ),
    "undecodable": Text(
        "The {kind} picture cannot be decoded: {reason}.",
        "{kind} 图片无法解码：{reason}。",
    ),
    "not_understood": Text(
        "its header makes no sense to the decoder",
        "解码器无法识别它的文件头",
    ),
    "again_advice": Text(
        "Copy the whole picture here again from its original.",
        "请从原图重新完整复制一份。",
    ),
    "foreign_picture": Text(
        "This picture is {kind}; only these can be used: {known}.",
        "这是 {kind} 图片；只能使用：{known}。",
    ),
    "foreign_picture_advice": Text(
        "Save it as JPEG or PNG and drop that file instead.",
        "请另存为 JPEG 或 PNG 后再放入。",
    ),
    "foreign_file": Text(
        "The content is {kind}, not a picture. These can be used: {known}.",
        "这是 {kind} 文件，不是图片。可以使用：{known}。",
    ),
    "foreign_file_advice": Text(
        "Perhaps a page was saved in place of the picture; fetch the picture itself again.",
        "可能保存了网页而不是图片；请重新获取图片本身。",
    ),
    "bomb": Text(
        "The {kind} picture says it is {width}x{height} = {pixels:,} pixels;"
        " at most {limit:,} are read.",
        "{kind} 图片标称 {width}x{height} = {pixels:,} 像素；最多读取 {limit:,} 像素。",
    ),
    "too_large": Text(
        "The {kind} picture is too large to be decoded here.",
        "{kind} 图片太大，无法在此解码。",
    ),
    "bomb_advice": Text(
        "Make it smaller with an image editor and drop it again.",
        "请用图像编辑器缩小后再放入。",
    ),
}

_UNFIT: dict[str, Text] = {
    "ratio": Text(
        "The picture is {width}x{height}: its width is {ratio:.3g} times its height;"
        " the model takes {low:.3g} to {high:.3g}.",
        "图片为 {width}x{height}：宽是高的 {ratio:.3g} 倍；模型接受 {low:.3g} 到 {high:.3g} 倍。",
    ),
    "ratio_advice": Text(
        "Crop it, or put a border at its short sides, so that its shape is less extreme.",
        "请裁剪，或给短边加边框，使长宽比不那么极端。",
    ),
    "side": Text(
        "The picture is {width}x{height} pixels; the model wants more than {limit} on each side.",
        "图片为 {width}x{height} 像素；模型要求每边大于 {limit} 像素。",
    ),
    "side_advice": Text(
        "Use a larger version of the picture.",
        "请使用更大的图片。",
    ),
    "too_thin": Text(
        "The picture is {width}x{height} pixels; {limit} would leave a side of {side},"
        " and the model wants more than {least} on each side.",
        "图片为 {width}x{height} 像素；{limit}会使一边只剩 {side} 像素，"
        "而模型要求每边大于 {least} 像素。",
    ),
    "too_many_bytes": Text(
        "The picture is {width}x{height} pixels and still {size} after it was made smaller"
        " {tries} times; {limit}.",
        "图片为 {width}x{height} 像素，缩小 {tries} 次后仍有 {size}；{limit}。",
    ),
    "too_many_bytes_advice": Text(
        "Save it smaller with an image editor and drop it again.",
        "请用图像编辑器另存为更小的文件后再放入。",
    ),
}

_CHANGES: dict[str, Text] = {
    "limit_pixels": Text(
        "to stay under {limit:,} pixels",
        "以不超过 {limit:,} 像素",
    ),
    "limit_side": Text(
        "to keep its longest side within {limit:,} pixels",
        "以使最长边不超过 {limit:,} 像素",
    ),
    "limit_memory": Text(
        "to decode it in the memory there is",
        "以便在现有内存中解码",
    ),
    "limit_bytes": Text(
        "to stay under {limit}",
        "以不超过 {limit}",
    ),
    "upright": Text(
        "turned upright as its EXIF data says",
        "按 EXIF 信息转正",
    ),
    "first_frame": Text(
        "only the first frame of its animation used",
        "只用动画的第一帧",
    ),
    "first_page": Text(
        "only its first page used",
        "只用第一页",
    ),
    "depth": Text(
        "brought from {bits} to 8 bits per channel",
        "由每通道 {bits} 位转为 8 位",
    ),
    "palette": Text(
        "palette turned into true colour",
        "由调色板转为真彩色",
    ),
    "grey": Text(
        "grey turned into true colour",
        "由灰度转为真彩色",
    ),
    "colours": Text(
        "colours converted from {mode} to RGB",
        "颜色由 {mode} 转为 RGB",
    ),
    "colours_profiled": Text(
        "colours converted from {mode} to RGB by its own profile",
        "按自带的色彩配置文件由 {mode} 转为 RGB",
    ),
    "converted": Text(
        "converted from {before} to {after}",
        "由 {before} 转为 {after}",
    ),
    "compressed": Text(
        "compressed again as {kind} (quality {quality}) {limit}",
        "重新压缩为 {kind}（质量 {quality}），{limit}",
    ),
    "packed": Text(
        "compressed again as {kind} {limit}",
        "重新压缩为 {kind}，{limit}",
    ),
    "smaller": Text(
        "made smaller: {width}x{height} → {to_width}x{to_height} {limit}",
        "缩小：{width}x{height} → {to_width}x{to_height}，{limit}",
    ),
    "filled": Text(
        "transparent parts filled with {colour}",
        "透明部分填充为 {colour}",
    ),
    "stripped": Text(
        "sent without place, camera and words that its file held",
        "发送时已去掉文件中的位置、相机和文字信息",
    ),
    "opaque": Text(
        "transparency left out, as nothing was transparent",
        "去掉透明通道，因为没有透明部分",
    ),
}

TEXTS: dict[str, Text] = _UNUSABLE | _UNFIT | _CHANGES
