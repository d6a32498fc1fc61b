"""Sentences of the area `audit`: what does not add up, and what was done about it."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    # --- problems ---
    "found_database_damaged": Text(
        "The database is damaged: {more}. Stop the daemon and keep a copy of {what}.",
        "数据库已损坏：{more}。请停止守护进程并保留 {what} 的副本。",
    ),
    "found_history_broken": Text(
        "The history of {what} does not lead to its present state ({more}).",
        "{what} 的历史记录与当前状态不符（{more}）。",
    ),
    "found_job_incomplete": Text(
        "{what}: its tasks are not complete, or it counts wrongly as finished ({more}).",
        "{what}：任务不完整，或完成状态有误（{more}）。",
    ),
    "found_counts_wrong": Text(
        "{what}: the count of finished tasks is wrong ({more}).",
        "{what}：已完成任务的计数有误（{more}）。",
    ),
    "found_charge_missing": Text(
        "Submit {what} may have cost something, but the ledger has no row of it ({more}).",
        "提交 {what} 可能已产生费用，但账本中没有记录（{more}）。",
    ),
    "found_charge_unfounded": Text(
        "The ledger has a charge for {what}, which cost nothing or is not on record ({more}).",
        "账本中有 {what} 的费用，但它未产生费用或没有记录（{more}）。",
    ),
    "found_charge_differs": Text(
        "{what}: the task, its submits and the ledger tell different costs ({more}).",
        "{what}：任务、提交与账本的费用不一致（{more}）。",
    ),
    "found_submit_adrift": Text(
        "Submit {what} is open, but no task waits for it, or the other way round ({more}).",
        "提交 {what} 未结束却没有任务在等待它，或相反（{more}）。",
    ),
    "found_source_missing": Text(
        "{what} is not there any more. If you took it away, `seedwatch audit --repair` writes "
        "that down.",
        "{what} 已不存在。如果是你移走的，请用 `seedwatch audit --repair` 记录下来。",
    ),
    "found_source_changed": Text(
        "{what} has other bytes than those that were sent. If you changed it, `seedwatch audit "
        "--repair` writes that down.",
        "{what} 的内容与发送时不同。如果是你修改的，请用 `seedwatch audit --repair` 记录下来。",
    ),
    "found_source_unseen": Text(
        "{what} lies in the inbox, and the running daemon does not know of it.",
        "{what} 在收件夹中，但正在运行的守护进程不知道它。",
    ),
    "found_card_missing": Text(
        "The card of {what} is missing; `seedwatch audit --repair` writes it anew.",
        "{what} 的说明卡缺失；`seedwatch audit --repair` 会重新写入。",
    ),
    "found_result_missing": Text(
        "{what} is not there any more. If you took it away, `seedwatch audit --repair` writes "
        "that down.",
        "{what} 已不存在。如果是你取走的，请用 `seedwatch audit --repair` 记录下来。",
    ),
    "found_result_changed": Text(
        "{what} has other bytes than those that were delivered. If you changed it, `seedwatch "
        "audit --repair` writes that down.",
        "{what} 的内容与交付时不同。如果是你修改的，请用 `seedwatch audit --repair` 记录下来。",
    ),
    "found_result_orphan": Text(
        "{what} came from a submit that is not on record ({more}): the queue may be an older copy.",
        "{what} 来自没有记录的提交（{more}）：队列可能是旧的副本。",
    ),
    "found_sidecar_missing": Text(
        "{what} has no .json beside it that tells of it. If you took it away, `seedwatch audit "
        "--repair` writes that down.",
        "{what} 旁边没有对应的 .json。如果是你移走的，请用 `seedwatch audit --repair` 记录下来。",
    ),
    "found_paid_missing": Text(
        "The spool has lost {what}, which is paid for and not delivered.",
        "暂存区丢失了 {what}，它已付费但尚未交付。",
    ),
    "found_folder_away": Text(
        "{what} is away: nothing about its files can be proved.",
        "{what} 不可用：无法核对其中的文件。",
    ),
    # --- notes ---
    "found_source_gone": Text(
        "{what} was taken away; what was not sent is cancelled at the next look.",
        "{what} 已被移走；尚未发送的任务将在下次查看时取消。",
    ),
    "found_source_in_part": Text(
        "{what}: some of its files are not there any more.", "{what}：其中部分文件已不存在。"
    ),
    "found_retire_pending": Text(
        "{what} was moved, but that is not on record yet; the next start of the daemon, or "
        "`seedwatch audit --repair`, finishes it.",
        "{what} 已被移动但尚未记录；守护进程下次启动或 `seedwatch audit --repair` 会完成。",
    ),
    "found_work_pending": Text(
        "Task {what} was under way when the daemon stopped; its next start decides.",
        "守护进程停止时任务 {what} 正在进行；下次启动时会处理。",
    ),
    "found_copy_missing": Text(
        "The safety copy {what} of a delivered result is not in the spool any more.",
        "已交付结果的备份 {what} 已不在暂存区。",
    ),
    "found_spool_spare": Text(
        "The spool has files of {what}, which nobody needs; housekeeping removes them.",
        "暂存区中有无用的文件 {what}；日常维护会清理。",
    ),
    "found_part_left": Text(
        "{what} is a temporary file of ours that was left; `seedwatch audit --repair` removes it.",
        "{what} 是遗留的临时文件；`seedwatch audit --repair` 会删除它。",
    ),
    "found_folder_unknown": Text(
        "Folder {what} is not in config.yaml any more; its files were not looked at.",
        "文件夹 {what} 已不在 config.yaml 中；未核对其中的文件。",
    ),
    # --- the report ---
    "problem": Text("Problem: {message}", "问题：{message}"),
    "note": Text("Note: {message}", "提示：{message}"),
    "repaired": Text("Repaired: {message}", "已修复：{message}"),
    "sources": Text("{count} sources: {states}", "{count} 个源文件：{states}"),
    "looked_at": Text(
        "{tasks} tasks, {charges} charges, {results} results, {spooled} files in the spool, "
        "{events} changes of state",
        "{tasks} 个任务，{charges} 笔费用，{results} 个结果，暂存区 {spooled} 个文件，"
        "{events} 次状态变化",
    ),
    "fine": Text("Everything adds up.", "全部吻合。"),
    "not_fine": Text("{count} do not add up.", "{count} 处不吻合。"),
    "repair_do": Text(
        "`seedwatch audit --repair` can do something about some of them.",
        "其中一部分可用 `seedwatch audit --repair` 处理。",
    ),
}
