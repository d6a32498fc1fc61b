-- The statements of the store, one block per name; loaded by statements.py.
-- States are written out, never bound, so that SQLite can use the partial indexes of schema.sql.

-- name: insert_event
INSERT INTO events (at, name, job_id, task_id, from_state, to_state, reason, fields)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- ---------------------------------------------------------------------------------- intake

-- name: rule_exists
SELECT 1 FROM rules WHERE revision = ?;

-- name: insert_rule
INSERT INTO rules (revision, snapshot) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: insert_job
-- No row comes back where the source is known already.
INSERT INTO jobs (folder, path, kind, sha256, rule, retry_of, task_count, opened_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (folder, path, sha256) WHERE retired_at IS NULL OR outcome = 'kept' DO NOTHING
RETURNING id;

-- name: insert_member
INSERT INTO members (job_id, n, path, byte_count, mtime_ns, ino, sha256, role)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_task
INSERT INTO tasks (
    job_id, n, key, folder, account, model, priority, expected_outputs, reuse_of, state,
    final_state, reason, error_class, error_message, error_advice, created_at, updated_at,
    generation
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: last_task
SELECT seq FROM sqlite_sequence WHERE name = 'tasks';

-- name: forget_kept
-- Other bytes took the place of a source that was kept in its inbox.
UPDATE jobs SET outcome = 'changed', retired_at = :now
WHERE folder = :folder AND path = :path AND outcome = 'kept' AND id <> :job;

-- name: known_jobs
SELECT id, path, outcome IS NOT NULL FROM jobs INDEXED BY jobs_source
WHERE folder = ? AND (retired_at IS NULL OR outcome = 'kept') ORDER BY id;

-- name: known_members
SELECT members.job_id, members.path, byte_count, mtime_ns, ino, members.sha256, role
FROM jobs INDEXED BY jobs_source JOIN members ON members.job_id = jobs.id
WHERE folder = ? AND (retired_at IS NULL OR outcome = 'kept') ORDER BY members.job_id, n;

-- name: latest_jobs
SELECT wanted.value, jobs.id, sha256, outcome, retired_path
FROM json_each(:paths) AS wanted
JOIN jobs ON jobs.id = (
    SELECT max(id) FROM jobs WHERE folder = :folder AND path = wanted.value
);

-- name: done_tasks
-- Over the job and every job that it retries; the newest task of a key wins.
WITH RECURSIVE chain (id) AS (
    VALUES (?1)
    UNION
    SELECT retry_of FROM jobs JOIN chain USING (id) WHERE retry_of IS NOT NULL
)
SELECT key, tasks.id FROM chain JOIN tasks ON tasks.job_id = chain.id
WHERE state = 'done' ORDER BY tasks.id;

-- name: sources_gone
SELECT tasks.id, tasks.state, jobs.id FROM json_each(:paths) AS wanted
CROSS JOIN jobs INDEXED BY jobs_source
ON jobs.folder = :folder AND jobs.path = wanted.value AND retired_at IS NULL
CROSS JOIN tasks ON job_id = jobs.id AND state IN ('ready', 'running', 'waiting', 'held')
WHERE state = 'ready'
OR (state = 'held' AND handle_name IS NULL AND reason NOT IN ('unsure', 'unreadable', 'expired'));

-- name: kept_gone
UPDATE jobs SET outcome = 'gone', retired_at = :now
WHERE outcome = 'kept' AND folder = :folder
AND path IN (SELECT value FROM json_each(:paths));

-- name: burst_count
SELECT count(*) FROM jobs WHERE folder = ? AND opened_at > ?;

-- ---------------------------------------------------------------------------------- folders

-- name: adoption
SELECT marker_id, is_complete FROM folders WHERE name = ? AND marker_id IS NOT NULL;

-- name: save_adoption
INSERT INTO folders (name, marker_id, is_complete, updated_at) VALUES (?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE
SET marker_id = excluded.marker_id, is_complete = excluded.is_complete,
    updated_at = excluded.updated_at
WHERE (marker_id, is_complete) IS NOT (excluded.marker_id, excluded.is_complete);

-- name: save_folder
INSERT INTO folders (
    name, inbox, watch, state, message, waiting_count, ignored, is_reported, updated_at
) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)
ON CONFLICT (name) DO UPDATE
SET inbox = excluded.inbox, watch = excluded.watch, state = excluded.state,
    message = excluded.message, waiting_count = excluded.waiting_count,
    ignored = excluded.ignored, is_reported = 1, updated_at = excluded.updated_at
WHERE (inbox, watch, state, message, waiting_count, ignored, is_reported)
IS NOT (
    excluded.inbox, excluded.watch, excluded.state, excluded.message, excluded.waiting_count,
    excluded.ignored, 1
);

-- name: folder_state
SELECT state FROM folders WHERE name = ?;

-- name: deliver_again
-- The folder is back: what could not be delivered need not wait for its time.
UPDATE tasks SET run_at = 0
WHERE folder = ? AND state IN ('ready', 'waiting') AND run_at > 0 AND reason = 'delivery';

-- name: retire_again
UPDATE jobs SET retire_at = :now
WHERE folder = :folder AND settled_at IS NOT NULL AND retired_at IS NULL AND retire_at > :now + 60;

-- ---------------------------------------------------------------------------------- claims

-- name: standing
-- How many tasks of the account are at a request (one whose answer is here needs no place any
-- more), when its rate allows the next, when the next of those put off is due, whether anything is
-- paused.
SELECT
    (
        SELECT count(*) FROM tasks
        WHERE account = ?1 AND lease_until IS NOT NULL AND handle_kind IS NOT 'answer'
    ),
    (SELECT arrival_at FROM accounts WHERE name = ?1),
    (
        SELECT min(run_at) FROM tasks
        WHERE account = ?1 AND state IN ('ready', 'waiting') AND run_at > 0
    ),
    EXISTS (SELECT 1 FROM pauses);

-- name: pauses_now
-- A pause that was written in the future (the wall clock was set back) is over.
SELECT scope, name, until_at FROM pauses
WHERE (until_at IS NULL OR until_at > :now) AND since_at <= :now + 60;

-- name: come_due
-- Tasks whose time has come join those that are due at once; bounded, the rest comes next time.
UPDATE tasks SET run_at = 0 WHERE id IN (
    SELECT id FROM tasks
    WHERE account = ? AND state IN ('ready', 'waiting') AND run_at > 0 AND run_at <= ?
    ORDER BY run_at LIMIT 1000
);

-- name: pick
-- With `take` in the same transaction, which is IMMEDIATE: nobody else writes in between. Two
-- statements cost two thirds of one UPDATE with a CTE and RETURNING.
SELECT id, job_id, n, key, generation, attempt_count, unknown_count, expected_outputs,
    handle_kind, handle_name, attempt_id, reuse_of, created_at
FROM tasks
WHERE account = ? AND state IN ('ready', 'waiting') AND run_at = 0
ORDER BY priority DESC, id
LIMIT ?;

-- name: pick_around
-- As pick, past what is paused. A folder that is stopped has its work at the provider looked
-- after all the same: the answer is paid, and gone there after a day. So are submits in doubt.
SELECT id, job_id, n, key, generation, attempt_count, unknown_count, expected_outputs,
    handle_kind, handle_name, attempt_id, reuse_of, created_at
FROM tasks
WHERE account = ? AND state IN ('ready', 'waiting') AND run_at = 0
AND (folder NOT IN (SELECT value FROM json_each(?)) OR handle_kind IN ('remote', 'doubt'))
AND folder NOT IN (SELECT value FROM json_each(?))
AND model NOT IN (SELECT value FROM json_each(?))
ORDER BY priority DESC, id
LIMIT ?;

-- name: pick_in_turn
-- As pick_around, of the highest priority that can be had now, and past the folders that had their turn.
SELECT id, job_id, n, key, generation, attempt_count, unknown_count, expected_outputs,
    handle_kind, handle_name, attempt_id, reuse_of, created_at
FROM tasks
WHERE account = :account AND state IN ('ready', 'waiting') AND run_at = 0
AND priority = (
    SELECT priority FROM tasks
    WHERE account = :account AND state IN ('ready', 'waiting') AND run_at = 0
    AND folder NOT IN (SELECT value FROM json_each(:stopped))
    AND folder NOT IN (SELECT value FROM json_each(:barred))
    AND model NOT IN (SELECT value FROM json_each(:models))
    ORDER BY priority DESC LIMIT 1
)
AND folder NOT IN (SELECT value FROM json_each(:served))
AND (folder NOT IN (SELECT value FROM json_each(:stopped)) OR handle_kind IN ('remote', 'doubt'))
AND folder NOT IN (SELECT value FROM json_each(:barred))
AND model NOT IN (SELECT value FROM json_each(:models))
ORDER BY id
LIMIT :room;

-- name: take
UPDATE tasks
SET state = 'running', lease_token = ?, lease_until = ?, updated_at = ?
WHERE id = ? AND state IN ('ready', 'waiting');

-- name: next_run
SELECT min(run_at) FROM tasks
WHERE account = ? AND state IN ('ready', 'waiting') AND run_at > 0;

-- name: save_arrival
INSERT INTO accounts (name, arrival_at) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET arrival_at = excluded.arrival_at;

-- name: job_facts
-- A row for each member, at least one.
SELECT folder, jobs.path, kind, rule, task_count,
    members.path, byte_count, mtime_ns, ino, members.sha256, role
FROM jobs LEFT JOIN members ON job_id = jobs.id WHERE jobs.id = ? ORDER BY n;

-- name: rule
SELECT snapshot FROM rules WHERE revision = ?;

-- name: task_outputs
SELECT task_id, n, spool_name, sha256, byte_count, media_type, width, height, error,
    outputs.path, is_delivered
FROM json_each(?) AS wanted JOIN outputs ON task_id = wanted.value ORDER BY task_id, n;

-- name: live_attempts
SELECT task_id, sent, request_id, cost_micros, currency, cost_basis, seed, started_at,
    CASE handle_kind WHEN 'remote' THEN handle_name END
FROM json_each(?) AS wanted
JOIN attempts ON task_id = wanted.value AND ended_at IS NULL;

-- ---------------------------------------------------------------------------------- travel

-- name: grip
-- What the holder of a lease may go on with; no row where the lease is over.
SELECT job_id, tasks.account, folder, tasks.handle_kind, tasks.handle_name,
    attempts.id, attempts.state
FROM tasks LEFT JOIN attempts ON task_id = tasks.id AND ended_at IS NULL
WHERE tasks.id = ? AND lease_token = ?;

-- name: insert_attempt
-- A budget hold is this one statement: no row comes where a limit would be passed (promises.md 2).
WITH uses AS (
-- include: budget_use
)
INSERT INTO attempts (
    task_id, n, id, account, state, seed, request_sha256, bound_micros, bound_currency, sent,
    started_at
)
SELECT :task, (SELECT count(*) + 1 FROM attempts WHERE task_id = :task), :attempt, :account,
    'submitting', :seed, :request_sha256, :bound, :currency, :sent, :now
WHERE NOT EXISTS (
    SELECT 1 FROM uses
    WHERE :bound IS NULL OR :currency <> currency OR settled + reserved + :bound > most
);

-- name: budget_use
-- How far each limit is used: what is settled (uncertain included), what is reserved.
SELECT
    wanted.key AS n,
    value ->> 'currency' AS currency,
    value ->> 'most' AS most,
    CASE value ->> 'scope' WHEN 'account' THEN (
        SELECT ifnull(sum(micros), 0) FROM ledger
        WHERE account = value ->> 'name' AND started_at >= value ->> 'from'
        AND started_at < value ->> 'to' AND currency = value ->> 'currency'
    ) ELSE (
        SELECT ifnull(sum(micros), 0) FROM ledger
        WHERE folder = value ->> 'name' AND started_at >= value ->> 'from'
        AND started_at < value ->> 'to' AND currency = value ->> 'currency'
    ) END AS settled,
    (
        SELECT ifnull(sum(micros), 0) FROM reserved
        WHERE CASE value ->> 'scope' WHEN 'account' THEN account ELSE folder END = value ->> 'name'
        AND started_at >= value ->> 'from' AND started_at < value ->> 'to'
        AND currency = value ->> 'currency'
    ) AS reserved
FROM json_each(:limits) AS wanted;

-- name: budget_doubts
-- What of it is uncertain, and how many attempts have no known price.
SELECT
    wanted.key,
    (
        SELECT ifnull(sum(micros), 0) FROM ledger
        WHERE CASE value ->> 'scope' WHEN 'account' THEN account ELSE folder END = value ->> 'name'
        AND started_at >= value ->> 'from' AND started_at < value ->> 'to'
        AND currency = value ->> 'currency' AND kind = 'uncertain'
    ),
    (
        SELECT count(*) FROM ledger
        WHERE CASE value ->> 'scope' WHEN 'account' THEN account ELSE folder END = value ->> 'name'
        AND started_at >= value ->> 'from' AND started_at < value ->> 'to' AND micros IS NULL
    )
FROM json_each(:limits) AS wanted;

-- name: held_for
-- Some of each account and folder, so that a hundred thousand held tasks are no burden.
SELECT id, account, folder, generation FROM (
    SELECT id AS wanted,
        row_number() OVER (PARTITION BY account, folder ORDER BY priority DESC, id) AS place
    FROM tasks INDEXED BY tasks_stopped
    WHERE state = 'held' AND state IN ('held', 'failed', 'cancelled')
    AND reason IN (SELECT value FROM json_each(:reasons))
) JOIN tasks ON id = wanted
WHERE place <= :most ORDER BY priority DESC, id;

-- name: ready_beside
SELECT tasks.id, tasks.account, tasks.folder, tasks.generation FROM tasks AS held
JOIN tasks INDEXED BY tasks_due
ON tasks.account = held.account AND tasks.folder = held.folder
WHERE held.id = :task AND tasks.state IN ('ready', 'waiting') AND tasks.run_at = 0
AND tasks.state = 'ready' AND tasks.reuse_of IS NULL
ORDER BY tasks.priority DESC, tasks.id LIMIT :most;

-- name: hold_ready
UPDATE tasks
SET state = 'held', reason = :reason, run_at = 0, error_class = :error_class,
    error_message = :error_message, error_advice = :error_advice, updated_at = :now
WHERE id = :task AND state = 'ready';

-- name: ready_tasks
SELECT id FROM tasks WHERE state = 'ready';

-- name: last_seen
-- The last event, not the newest one: a clock may have been set back.
SELECT
    (SELECT value FROM meta WHERE name = 'install_id'),
    ifnull((SELECT at FROM events ORDER BY id DESC LIMIT 1), 0),
    ifnull((SELECT value FROM meta WHERE name = 'asked_about'), '[]');

-- name: asked_about
INSERT INTO meta (name, value) VALUES ('asked_about', ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: unknown_attempts
SELECT value FROM json_each(?)
WHERE value NOT IN (SELECT id FROM attempts) AND value NOT IN (SELECT attempt_id FROM ledger);

-- name: adopt_anew
UPDATE folders SET is_complete = 0, updated_at = ? WHERE marker_id IS NOT NULL;

-- name: begin_submit
UPDATE tasks SET attempt_id = ?, updated_at = ? WHERE id = ? AND lease_token = ?;

-- name: accept_attempt
-- The provider's name for the work stays with the attempt when its answer is spooled later.
UPDATE attempts
SET state = 'accepted',
    handle_kind = CASE WHEN handle_kind = 'remote' THEN 'remote' ELSE :kind END,
    handle_name = CASE WHEN handle_kind = 'remote' THEN handle_name ELSE :name END,
    request_id = CASE WHEN :request_id = '' THEN request_id ELSE :request_id END,
    accepted_at = ifnull(accepted_at, :now)
WHERE task_id = :task AND ended_at IS NULL;

-- name: keep_handle
UPDATE tasks SET handle_kind = ?, handle_name = ?, attempt_id = ?, updated_at = ?
WHERE id = ? AND lease_token = ?;

-- name: let_go
-- Waits for its handle to be looked at again.
UPDATE tasks
SET state = 'waiting', reason = :reason, run_at = :run_at, lease_token = NULL, lease_until = NULL,
    handle_kind = :kind, handle_name = :name, attempt_id = :attempt,
    error_class = :error_class, error_message = :error_message, error_advice = :error_advice,
    updated_at = :now
WHERE id = :task AND lease_token = :token;

-- name: put_back
-- Ready for another submit; its handle and attempt are dropped.
UPDATE tasks
SET state = 'ready', reason = :reason, run_at = :run_at, lease_token = NULL, lease_until = NULL,
    handle_kind = NULL, handle_name = NULL, attempt_id = NULL,
    attempt_count = attempt_count + :used, unknown_count = unknown_count + :unknown,
    error_class = :error_class, error_message = :error_message, error_advice = :error_advice,
    updated_at = :now
WHERE id = :task AND lease_token = :token;

-- name: end_attempt
UPDATE attempts SET state = ?, error_class = ?, error_message = ?, ended_at = ?
WHERE task_id = ? AND ended_at IS NULL;

-- name: account_attempt
-- What an attempt cost; without a figure in the currency of its price bound that bound is taken,
-- as the budgets that it was held against count in that one.
INSERT INTO ledger (
    attempt_id, at, kind, task_id, account, folder, source, model, handle_name, request_id,
    started_at, micros, currency, is_bound
)
SELECT attempts.id, :now, :kind, tasks.id, attempts.account, tasks.folder, jobs.path, tasks.model,
    attempts.handle_name, attempts.request_id, attempts.started_at,
    CASE WHEN :currency = ifnull(bound_currency, :currency) THEN :micros ELSE bound_micros END,
    CASE WHEN :currency = ifnull(bound_currency, :currency) THEN :currency ELSE bound_currency END,
    :currency IS NOT ifnull(bound_currency, :currency) OR :micros IS NULL
FROM attempts JOIN tasks ON tasks.id = task_id JOIN jobs ON jobs.id = job_id
WHERE task_id = :task AND ended_at IS NULL
ON CONFLICT (attempt_id) DO NOTHING;

-- name: attempt_cost
UPDATE attempts SET cost_micros = ?, currency = ?, cost_basis = ?
WHERE task_id = ? AND ended_at IS NULL;

-- name: task_cost
UPDATE tasks
SET (cost_micros, currency) = (
        SELECT sum(cost_micros), max(currency) FROM attempts
        WHERE task_id = ?2 AND cost_micros IS NOT NULL
    ),
    updated_at = ?1
WHERE id = ?2;

-- name: drop_outputs
DELETE FROM outputs WHERE task_id = ? AND is_delivered = 0;

-- name: insert_output
INSERT INTO outputs (
    task_id, n, attempt_id, spool_name, sha256, byte_count, media_type, width, height, error,
    folder, path, is_delivered
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (task_id, n) DO UPDATE
SET attempt_id = excluded.attempt_id, spool_name = excluded.spool_name, sha256 = excluded.sha256,
    byte_count = excluded.byte_count, media_type = excluded.media_type, width = excluded.width,
    height = excluded.height, error = excluded.error, path = excluded.path,
    is_delivered = excluded.is_delivered;

-- name: move_output
UPDATE outputs SET path = ? WHERE task_id = ? AND n = ? AND is_delivered = 0;

-- name: deliver_output
UPDATE outputs SET is_delivered = 1 WHERE task_id = ? AND n = ? AND is_delivered = 0;

-- name: deliver_rest
-- The last word on a task says that all its results lie in the outbox.
UPDATE outputs SET is_delivered = 1 WHERE task_id = ? AND error = '' AND is_delivered = 0;

-- name: output_exists
SELECT 1 FROM outputs WHERE task_id = ? AND n = ?;

-- name: finish
UPDATE tasks
SET state = :state, final_state = :state, reason = :reason, run_at = 0, lease_token = NULL,
    lease_until = NULL, error_class = :error_class, error_message = :error_message, error_advice = :error_advice,
    updated_at = :now
WHERE id = :task AND lease_token = :token;

-- name: free_names
-- A result that will not be delivered keeps no name from others.
UPDATE outputs SET path = '' WHERE task_id = ? AND is_delivered = 0 AND path <> '';

-- name: hold
UPDATE tasks
SET state = 'held', reason = :reason, run_at = 0, lease_token = NULL, lease_until = NULL,
    handle_kind = :kind, handle_name = :name, attempt_id = :attempt,
    unknown_count = unknown_count + :unknown,
    error_class = :error_class, error_message = :error_message, error_advice = :error_advice,
    updated_at = :now
WHERE id = :task AND lease_token = :token;

-- name: extend_lease
UPDATE tasks SET lease_until = ? WHERE id = ? AND lease_token = ? AND lease_until IS NOT NULL;

-- name: settle_job
UPDATE jobs SET settled_at = ?1, retire_at = ?1
WHERE id = ?2 AND settled_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM tasks WHERE job_id = ?2 AND state IN ('ready', 'running', 'waiting', 'held')
);

-- ---------------------------------------------------------------------------------- retiring

-- name: jobs_to_retire
SELECT id, folder, path, kind, rule, task_count FROM jobs
WHERE settled_at IS NOT NULL AND retired_at IS NULL AND retire_at <= ?
ORDER BY retire_at, id LIMIT ?;

-- name: next_retirement
SELECT min(retire_at) FROM jobs
WHERE settled_at IS NOT NULL AND retired_at IS NULL AND retire_at > ?;

-- name: job_tasks
SELECT state, reason, error_class, error_message, error_advice, cost_micros, currency,
    (SELECT count(*) FROM outputs WHERE task_id = tasks.id AND is_delivered = 1)
FROM tasks WHERE job_id = ? ORDER BY n;

-- name: job_ledger
SELECT kind, micros, ledger.currency FROM tasks JOIN ledger ON ledger.task_id = tasks.id
WHERE job_id = ?;

-- name: retire
UPDATE jobs SET retired_at = ?, outcome = ?, retired_path = ?, retire_note = ''
WHERE id = ? AND settled_at IS NOT NULL AND retired_at IS NULL;

-- name: retire_later
UPDATE jobs SET retire_at = ?, retire_note = ?
WHERE id = ? AND settled_at IS NOT NULL AND retired_at IS NULL;

-- ---------------------------------------------------------------------------------- pausing

-- name: pause_now
SELECT until_at FROM pauses
WHERE scope = :scope AND name = :name AND state = :state
AND (until_at IS NULL OR until_at > :now) AND since_at <= :now + 60;

-- name: save_pause
INSERT INTO pauses (scope, name, state, message, since_at, until_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (scope, name, state) DO UPDATE
SET message = excluded.message, since_at = excluded.since_at, until_at = excluded.until_at;

-- name: extend_pause
UPDATE pauses SET until_at = ? WHERE scope = ? AND name = ? AND state = ?;

-- name: pauses_of
SELECT state, until_at FROM pauses WHERE scope = ? AND name = ?;

-- name: end_pause
DELETE FROM pauses WHERE scope = ? AND name = ? AND state = ?;

-- ---------------------------------------------------------------------------------- decisions

-- name: task_standing
SELECT tasks.state, reason, job_id, tasks.account, tasks.handle_name, attempts.state
FROM tasks LEFT JOIN attempts ON task_id = tasks.id AND ended_at IS NULL
WHERE tasks.id = ?;

-- name: cancel_task
UPDATE tasks
SET state = 'cancelled', final_state = 'cancelled', reason = ?, run_at = 0, updated_at = ?
WHERE id = ? AND state IN ('ready', 'waiting', 'held');

-- name: release_waiting
UPDATE tasks SET state = 'waiting', reason = '', run_at = 0, updated_at = ?
WHERE id = ? AND state = 'held' AND handle_name IS NOT NULL;

-- name: release_ready
UPDATE tasks
SET state = 'ready', reason = '', run_at = 0, handle_kind = NULL, handle_name = NULL,
    attempt_id = NULL, updated_at = ?
WHERE id = ? AND state = 'held';

-- ---------------------------------------------------------------------------------- recovery

-- name: leases
SELECT tasks.id, job_id, tasks.account, tasks.model, tasks.handle_kind, tasks.handle_name,
    lease_token, lease_until, attempts.id, attempts.state, unknown_count, rule
FROM tasks JOIN jobs ON jobs.id = job_id
LEFT JOIN attempts ON task_id = tasks.id AND ended_at IS NULL
WHERE lease_until IS NOT NULL;

-- name: doubtful
SELECT tasks.id, job_id, tasks.account, tasks.model, tasks.handle_kind, tasks.handle_name,
    lease_token, lease_until, attempts.id, attempts.state, unknown_count, rule
FROM tasks JOIN jobs ON jobs.id = job_id
LEFT JOIN attempts ON task_id = tasks.id AND ended_at IS NULL
WHERE lease_token = 'doubtful';

-- name: doubt
UPDATE tasks SET lease_token = 'doubtful', lease_until = NULL, updated_at = ?
WHERE id = ? AND lease_token = ?;

-- name: attempt_in_doubt
SELECT task_id, job_id, tasks.account, lease_token FROM attempts JOIN tasks ON tasks.id = task_id
WHERE attempts.id = ? AND ended_at IS NULL AND attempts.state = 'submitting'
AND tasks.state = 'running';

-- name: written_in_future
-- The wall clock was set back: what was put off then is not put off for years.
UPDATE tasks SET run_at = 0 WHERE id IN (
    SELECT id FROM tasks
    WHERE state IN ('ready', 'waiting') AND run_at > 0
    AND run_at > :now AND updated_at > :now + 60
)
RETURNING account;

-- name: retired_in_future
-- The same of a source that is about to leave its inbox; nothing puts that off for a minute.
UPDATE jobs SET retire_at = :now
WHERE settled_at IS NOT NULL AND retired_at IS NULL AND retire_at > :now + 60;

-- name: spool_names
-- A reused result has no attempt: its copy bears a name of its own.
SELECT id FROM attempts WHERE state IN ('submitting', 'accepted', 'unknown')
UNION ALL
SELECT substr(spool_name, 1, instr(spool_name, '.') - 1) FROM outputs
WHERE attempt_id IS NULL AND spool_name <> '';

-- ---------------------------------------------------------------------------------- pruning

-- name: prunable_jobs
-- Not a job whose retry is kept: it knows what is done already. Not a kept source: it would run.
SELECT id FROM jobs
WHERE retired_at IS NOT NULL AND outcome <> 'kept' AND retired_at <= ?1
AND NOT EXISTS (SELECT 1 FROM jobs AS later WHERE later.retry_of = jobs.id)
ORDER BY retired_at LIMIT ?2;

-- name: prune_task_events
DELETE FROM events
WHERE task_id IN (SELECT id FROM tasks WHERE job_id IN (SELECT value FROM json_each(?)));

-- name: prune_job_events
DELETE FROM events WHERE job_id IN (SELECT value FROM json_each(?));

-- name: prune_outputs
DELETE FROM outputs
WHERE task_id IN (SELECT id FROM tasks WHERE job_id IN (SELECT value FROM json_each(?)));

-- name: prune_attempts
DELETE FROM attempts
WHERE task_id IN (SELECT id FROM tasks WHERE job_id IN (SELECT value FROM json_each(?)));

-- name: prune_tasks
DELETE FROM tasks WHERE job_id IN (SELECT value FROM json_each(?));

-- name: prune_members
DELETE FROM members WHERE job_id IN (SELECT value FROM json_each(?));

-- name: prune_jobs
DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?));

-- name: prune_pauses
DELETE FROM pauses WHERE until_at <= ?;

-- ---------------------------------------------------------------------------------- idling

-- name: is_running
SELECT EXISTS (SELECT 1 FROM tasks WHERE state = 'running' AND lease_until IS NOT NULL)
    OR EXISTS (SELECT 1 FROM tasks WHERE lease_token = 'doubtful');

-- name: is_due_at_once
SELECT 1 FROM tasks
WHERE state IN ('ready', 'waiting') AND run_at = 0
AND account NOT IN (SELECT value FROM json_each(:accounts))
AND folder NOT IN (SELECT value FROM json_each(:folders))
AND account || '/' || model NOT IN (SELECT value FROM json_each(:models))
LIMIT 1;

-- name: is_due_by
SELECT 1 FROM tasks
WHERE state IN ('ready', 'waiting') AND run_at > 0 AND run_at <= :by
AND account NOT IN (SELECT value FROM json_each(:accounts))
AND folder NOT IN (SELECT value FROM json_each(:folders))
AND account || '/' || model NOT IN (SELECT value FROM json_each(:models))
LIMIT 1;

-- name: is_retiring_by
SELECT 1 FROM jobs
WHERE settled_at IS NOT NULL AND retired_at IS NULL AND retire_at <= :by
AND folder NOT IN (SELECT value FROM json_each(:folders))
LIMIT 1;

-- name: open_folders
SELECT folder FROM tasks WHERE state IN ('ready', 'running', 'waiting', 'held') GROUP BY folder
UNION SELECT folder FROM jobs WHERE settled_at IS NOT NULL AND retired_at IS NULL;

-- name: open_accounts
SELECT account FROM tasks WHERE state IN ('ready', 'running', 'waiting', 'held') GROUP BY account;

-- name: last_event
SELECT ifnull(max(id), 0) FROM events;

-- name: open_count
SELECT count(*) FROM tasks WHERE state IN ('ready', 'running', 'waiting', 'held');

-- name: failed_since
SELECT count(*) FROM events WHERE id > ? AND to_state = 'failed';

-- name: paused_models
SELECT name FROM pauses WHERE scope = 'model' AND state = 'model';

-- ---------------------------------------------------------------------------------- reading
-- For the command line: paged by id, each page a short transaction.

-- name: task_page
-- By rowid alone: pages go on where the last one ended, so that all of them read each row once.
SELECT tasks.id, job_id, n, state, reason, tasks.folder, account, generation, jobs.path,
    jobs.sha256, handle_name, expected_outputs, cost_micros, currency, error_class,
    error_message, error_advice, created_at, updated_at, run_at, outcome, retired_path,
    (SELECT count(*) FROM attempts WHERE task_id = tasks.id AND attempts.state <> 'not_sent'),
    handle_kind IS 'remote',
    ifnull((
        SELECT max(cost_basis) FROM attempts
        WHERE task_id = tasks.id AND cost_micros IS NOT NULL
    ), '')
FROM tasks NOT INDEXED JOIN jobs ON jobs.id = job_id
WHERE tasks.id > :after
AND (:state IS NULL OR state = :state) AND (:folder IS NULL OR tasks.folder = :folder)
ORDER BY tasks.id LIMIT :count;

-- name: stopped_task_page
-- The same for the few that were stopped among many that are done.
SELECT tasks.id, job_id, n, state, reason, tasks.folder, account, generation, jobs.path,
    jobs.sha256, handle_name, expected_outputs, cost_micros, currency, error_class,
    error_message, error_advice, created_at, updated_at, run_at, outcome, retired_path,
    (SELECT count(*) FROM attempts WHERE task_id = tasks.id AND attempts.state <> 'not_sent'),
    handle_kind IS 'remote',
    ifnull((
        SELECT max(cost_basis) FROM attempts
        WHERE task_id = tasks.id AND cost_micros IS NOT NULL
    ), '')
FROM tasks INDEXED BY tasks_stopped CROSS JOIN jobs ON jobs.id = job_id
WHERE tasks.id > :after
AND state = :state AND state IN ('held', 'failed', 'cancelled')
AND (:folder IS NULL OR tasks.folder = :folder)
ORDER BY tasks.id LIMIT :count;

-- name: task_attempts
SELECT id, state, seed, request_sha256, bound_micros, bound_currency, handle_kind, handle_name,
    request_id, cost_micros, currency, cost_basis, error_class, error_message, started_at,
    accepted_at, ended_at
FROM attempts WHERE task_id = ? ORDER BY n;

-- name: task_events
SELECT at, name, from_state, to_state, reason, fields FROM events WHERE task_id = ? ORDER BY id;

-- name: open_counts
SELECT folder, state, count(*) FROM tasks
WHERE state IN ('ready', 'running', 'waiting', 'held') GROUP BY folder, state;

-- name: final_counts
SELECT folder, state, task_count FROM final_counts WHERE task_count > 0;

-- name: folder_reports
SELECT name, inbox, watch, state, message, waiting_count, ignored FROM folders
WHERE is_reported = 1 ORDER BY name;

-- name: pause_rows
SELECT scope, name, state, message, since_at, until_at FROM pauses
WHERE (until_at IS NULL OR until_at > :now) AND since_at <= :now + 60
ORDER BY scope, name, state;

-- name: running_counts
SELECT account, count(*) FROM tasks
WHERE state IN ('ready', 'running', 'waiting', 'held') AND state = 'running' GROUP BY account;

-- name: remote_counts
SELECT account, count(*) FROM tasks
WHERE state IN ('ready', 'running', 'waiting', 'held')
AND state = 'waiting' AND handle_kind = 'remote' GROUP BY account;

-- name: lately_done
-- Of the last events only: the answer must be cheap.
SELECT count(*) FILTER (WHERE name = 'task.completed' AND at >= :since), count(*), min(at)
FROM (SELECT at, name FROM events ORDER BY id DESC LIMIT :most);

-- name: spent
SELECT account, currency,
    ifnull(sum(micros) FILTER (WHERE kind = 'charged' AND started_at >= :day), 0),
    ifnull(sum(micros) FILTER (WHERE kind = 'charged'), 0),
    ifnull(sum(micros) FILTER (WHERE kind = 'uncertain'), 0)
FROM ledger INDEXED BY ledger_started
WHERE started_at >= :month AND micros IS NOT NULL GROUP BY account, currency;

-- name: reserved
SELECT account, currency, sum(micros) FROM reserved
WHERE micros IS NOT NULL GROUP BY account, currency;

-- name: failed_sources
-- Sources in failed/ that were not tried again.
SELECT id, folder, path, retired_path, retired_at FROM jobs INDEXED BY jobs_failed
WHERE outcome = 'failed' AND retired_path <> ''
AND (:folder IS NULL OR folder = :folder)
AND NOT EXISTS (SELECT 1 FROM jobs AS later WHERE later.retry_of = jobs.id)
ORDER BY id;

-- name: jobs_of_tasks
SELECT DISTINCT job_id FROM json_each(?) AS wanted JOIN tasks ON tasks.id = wanted.value;

-- name: held_tasks
SELECT id FROM tasks INDEXED BY tasks_stopped
WHERE state = 'held' AND state IN ('held', 'failed', 'cancelled')
AND (:folder IS NULL OR folder = :folder) ORDER BY id;

-- ---------------------------------------------------------------------------------- auditing
-- Whole tables, read once: `audit` compares every row with the files.

-- name: audit_jobs
SELECT id, folder, path, kind, sha256, retry_of, task_count, settled_at IS NOT NULL, outcome,
    retired_path
FROM jobs ORDER BY id;

-- name: audit_members
SELECT job_id, path, byte_count, mtime_ns, ino, sha256, role FROM members ORDER BY job_id, n;

-- name: audit_tasks
SELECT id, job_id, folder, state, reason, reuse_of IS NOT NULL, attempt_id, handle_kind,
    handle_name, cost_micros
FROM tasks ORDER BY id;

-- name: audit_attempts
SELECT task_id, id, state, ended_at IS NOT NULL, cost_micros, currency
FROM attempts ORDER BY task_id, n;

-- name: audit_ledger
SELECT attempt_id, kind, task_id, micros, currency, is_bound FROM ledger;

-- name: audit_outputs
SELECT task_id, n, folder, path, spool_name, sha256, byte_count, error, is_delivered
FROM outputs ORDER BY task_id, n;

-- name: audit_moves
SELECT task_id, from_state, to_state FROM events
WHERE task_id IS NOT NULL AND to_state IS NOT NULL ORDER BY task_id, id;

-- name: audit_retirements
SELECT job_id, reason FROM events WHERE name = 'job.retired' AND job_id IS NOT NULL;

-- name: audit_removed_sources
SELECT job_id FROM events WHERE name = 'source.removed' AND job_id IS NOT NULL;

-- name: audit_removed
SELECT task_id, fields ->> 'n' FROM events WHERE name = 'output.removed' AND task_id IS NOT NULL;

-- name: audit_folders
SELECT name, marker_id IS NOT NULL, state, waiting_count, json_extract(value, '$[0]')
FROM folders LEFT JOIN json_each(ignored);

-- name: identical_counts
-- The condition is that of the index jobs_source, which has all that is asked for.
SELECT folder, count(*) - count(DISTINCT sha256) FROM jobs
WHERE retired_at IS NULL OR outcome = 'kept'
GROUP BY folder;

-- name: meta
SELECT name, value FROM meta;

-- name: set_meta
INSERT INTO meta (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: unset_meta
DELETE FROM meta WHERE name = ?;

-- name: events_backwards
SELECT name, fields FROM events WHERE task_id = ? ORDER BY id DESC LIMIT 20;

-- name: suspects
SELECT id, account FROM tasks
WHERE state IN ('ready', 'waiting') AND run_at > 0 AND reason = 'suspect'
ORDER BY priority DESC, id;

-- name: pick_one
SELECT id, job_id, n, key, generation, attempt_count, unknown_count, expected_outputs,
    handle_kind, handle_name, attempt_id, reuse_of, created_at
FROM tasks
WHERE id = :task AND state IN ('ready', 'waiting') AND reason = 'suspect'
AND NOT EXISTS (
    SELECT 1 FROM pauses WHERE (until_at IS NULL OR until_at > :now) AND (scope, name) IN (
        VALUES ('account', account), ('folder', folder), ('model', account || '/' || model)
    )
);
