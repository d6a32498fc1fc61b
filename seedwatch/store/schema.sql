-- The queue of one state directory, version 2.
--
-- States and row rules are CHECKs, so that no writer, not even a person with a SQLite shell, can
-- make a row that the product would not understand. The states are those of lifecycle.py.
-- Money is integer micro-units of its currency. Times are seconds since 1970 (UTC).
-- Paths are text relative to a root, escaped by text.py. Nothing here holds a key.

PRAGMA application_id = 1397048644;  -- "SEED"
PRAGMA user_version = 2;

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Resolved rules, kept as they were when their jobs opened; never updated, never deleted.
CREATE TABLE rules (
    revision TEXT PRIMARY KEY,
    snapshot TEXT NOT NULL CHECK (json_valid(snapshot))
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- an id that a person has seen never names another job
    folder TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'set', 'text')),
    sha256 TEXT NOT NULL,
    rule TEXT NOT NULL REFERENCES rules (revision),
    retry_of INTEGER REFERENCES jobs (id),
    task_count INTEGER NOT NULL,
    opened_at REAL NOT NULL,
    settled_at REAL,       -- all tasks are final
    retire_at REAL,        -- when its source is due to leave the inbox
    retire_note TEXT NOT NULL DEFAULT '',
    retired_at REAL,
    outcome TEXT CHECK (outcome IN ('done', 'failed', 'kept', 'gone', 'changed')),
    retired_path TEXT NOT NULL DEFAULT '',
    CHECK ((settled_at IS NULL) = (retire_at IS NULL)),
    CHECK ((retired_at IS NULL) = (outcome IS NULL)),
    CHECK (retired_at IS NULL OR settled_at IS NOT NULL)
) STRICT;

-- One open job per source; a source that was kept in its inbox counts as known, too.
CREATE UNIQUE INDEX jobs_source ON jobs (folder, path, sha256)
WHERE retired_at IS NULL OR outcome = 'kept';
CREATE INDEX jobs_path ON jobs (folder, path);
CREATE INDEX jobs_opened ON jobs (folder, opened_at);
CREATE INDEX jobs_due ON jobs (retire_at) WHERE settled_at IS NOT NULL AND retired_at IS NULL;
CREATE INDEX jobs_retired ON jobs (retired_at) WHERE retired_at IS NOT NULL AND outcome <> 'kept';
CREATE INDEX jobs_failed ON jobs (folder) WHERE outcome = 'failed';
CREATE INDEX jobs_retries ON jobs (retry_of) WHERE retry_of IS NOT NULL;

CREATE TABLE members (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    n INTEGER NOT NULL,
    path TEXT NOT NULL,
    byte_count INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ino TEXT NOT NULL,  -- up to 128 bits on some file systems
    sha256 TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('picture', 'prompt', 'lines')),
    PRIMARY KEY (job_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    n INTEGER NOT NULL,
    key TEXT NOT NULL,
    folder TEXT NOT NULL,
    account TEXT NOT NULL,
    model TEXT NOT NULL,
    priority INTEGER NOT NULL,
    expected_outputs INTEGER NOT NULL CHECK (expected_outputs >= 0),
    reuse_of INTEGER,
    state TEXT NOT NULL CHECK (
        state IN ('ready', 'running', 'waiting', 'done', 'failed', 'held', 'cancelled')
    ),
    final_state TEXT,  -- the state once more when it is final, for the triggers
    reason TEXT NOT NULL DEFAULT '',
    run_at REAL NOT NULL DEFAULT 0,  -- 0: at once; claimable when its time has come
    lease_token TEXT,
    lease_until REAL,
    attempt_id TEXT,
    handle_kind TEXT CHECK (handle_kind IN ('remote', 'answer', 'doubt')),
    handle_name TEXT,
    attempt_count INTEGER NOT NULL DEFAULT 0,
    unknown_count INTEGER NOT NULL DEFAULT 0,
    cost_micros INTEGER,
    currency TEXT,
    error_class TEXT,
    error_message TEXT,
    error_advice TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    generation TEXT NOT NULL,  -- last: a long prompt must not slow down reading the rest
    UNIQUE (job_id, n),
    CHECK (final_state IS CASE WHEN state IN ('done', 'failed', 'cancelled') THEN state END),
    CHECK ((state = 'running') = (lease_token IS NOT NULL)),
    -- A doubtful task runs without a worker: its lease never ends by itself.
    CHECK ((lease_until IS NULL) = (lease_token IS NULL OR lease_token = 'doubtful')),
    CHECK (state <> 'waiting' OR handle_name IS NOT NULL),
    CHECK (state <> 'ready' OR (handle_name IS NULL AND attempt_id IS NULL)),
    CHECK (state <> 'failed' OR error_class IS NOT NULL),
    CHECK (
        state <> 'held' OR reason IN (
            'unsure', 'budget', 'burst', 'cold-start', 'seen-before', 'price-unknown',
            'unreadable', 'expired', 'internal', 'quarantine'
        )
    ),
    CHECK ((handle_kind IS NULL) = (handle_name IS NULL)),
    CHECK (handle_name IS NULL OR attempt_id IS NOT NULL),
    -- What became of a submit can be asked for: its name is that of the attempt in question.
    CHECK (handle_kind IS NOT 'doubt' OR handle_name = attempt_id),
    CHECK ((cost_micros IS NULL) = (currency IS NULL))
) STRICT;

-- Partial indexes over what is open only: a million finished rows cost a claim nothing.
CREATE INDEX tasks_due ON tasks (account, priority DESC, id, folder, model)
WHERE state IN ('ready', 'waiting') AND run_at = 0;
CREATE INDEX tasks_timed ON tasks (account, run_at)
WHERE state IN ('ready', 'waiting') AND run_at > 0;
CREATE INDEX tasks_leased ON tasks (account, lease_until, handle_kind) WHERE lease_until IS NOT NULL;
CREATE INDEX tasks_doubtful ON tasks (id) WHERE lease_token = 'doubtful';
CREATE INDEX tasks_open ON tasks (job_id) WHERE state IN ('ready', 'running', 'waiting', 'held');
CREATE INDEX tasks_stopped ON tasks (state, id) WHERE state IN ('held', 'failed', 'cancelled');

-- One row per submit of a task: begun before its first byte leaves, never reopened.
CREATE TABLE attempts (
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    n INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE CHECK (id <> ''),
    account TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('submitting', 'accepted', 'not_sent', 'refused', 'failed', 'unknown')
    ),
    seed INTEGER,
    request_sha256 TEXT NOT NULL,
    bound_micros INTEGER,
    bound_currency TEXT,
    sent TEXT NOT NULL CHECK (json_valid(sent)),  -- what the sidecar tells of the request
    handle_kind TEXT CHECK (handle_kind IN ('remote', 'answer')),
    handle_name TEXT,
    request_id TEXT NOT NULL DEFAULT '',
    cost_micros INTEGER,
    currency TEXT,
    error_class TEXT,
    error_message TEXT,
    started_at REAL NOT NULL,
    accepted_at REAL,
    ended_at REAL,
    cost_basis TEXT NOT NULL DEFAULT '' CHECK (cost_basis IN ('', 'charged', 'estimate')),
    PRIMARY KEY (task_id, n),
    CHECK ((handle_kind IS NULL) = (handle_name IS NULL)),
    CHECK ((bound_micros IS NULL) = (bound_currency IS NULL)),
    CHECK ((cost_micros IS NULL) = (currency IS NULL)),
    CHECK ((ended_at IS NOT NULL) OR state IN ('submitting', 'accepted')),
    CHECK (state <> 'submitting' OR ended_at IS NULL),
    CHECK (handle_name IS NULL OR accepted_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX attempts_live ON attempts (task_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX attempts_handle ON attempts (account, handle_name)
WHERE handle_kind = 'remote';

CREATE TABLE outputs (
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    n INTEGER NOT NULL,
    attempt_id TEXT,
    spool_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    byte_count INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    folder TEXT NOT NULL,
    path TEXT NOT NULL DEFAULT '',
    is_delivered INTEGER NOT NULL DEFAULT 0 CHECK (is_delivered IN (0, 1)),
    PRIMARY KEY (task_id, n),
    CHECK (is_delivered = 0 OR path <> '')
) STRICT, WITHOUT ROWID;

-- A name is promised until its result is delivered; from then on the file itself guards it.
CREATE UNIQUE INDEX outputs_path ON outputs (folder, path) WHERE path <> '' AND is_delivered = 0;

-- What was, or may have been, paid: one row per such attempt, written when it is known.
CREATE TABLE ledger (
    attempt_id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('charged', 'uncertain')),
    task_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    folder TEXT NOT NULL,
    source TEXT NOT NULL,
    model TEXT NOT NULL,
    handle_name TEXT,
    request_id TEXT NOT NULL,
    started_at REAL NOT NULL,
    micros INTEGER,
    currency TEXT,
    is_bound INTEGER NOT NULL CHECK (is_bound IN (0, 1)),  -- the price bound, not the real cost
    CHECK ((micros IS NULL) = (currency IS NULL))
) STRICT, WITHOUT ROWID;

-- A charge counts on the day of its submit. The sums of a budget read one of the last two alone.
CREATE INDEX ledger_started ON ledger (started_at);
CREATE INDEX ledger_task ON ledger (task_id);
CREATE INDEX ledger_account ON ledger (account, started_at, currency, micros);
CREATE INDEX ledger_folder ON ledger (folder, started_at, currency, micros);
CREATE INDEX ledger_doubts ON ledger (started_at) WHERE kind = 'uncertain' OR micros IS NULL;

-- Submits under way: what they may cost is spoken for until it is known.
CREATE VIEW reserved AS
SELECT attempts.id AS attempt_id, attempts.account, tasks.folder, started_at,
    bound_micros AS micros, bound_currency AS currency
FROM attempts INDEXED BY attempts_live JOIN tasks ON tasks.id = attempts.task_id
WHERE ended_at IS NULL
AND NOT EXISTS (SELECT 1 FROM ledger WHERE ledger.attempt_id = attempts.id);

-- Every state change is one row here, in the same commit; the rows replay to the state.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    name TEXT NOT NULL,
    job_id INTEGER REFERENCES jobs (id),  -- of what happened to the job, not to its tasks
    task_id INTEGER REFERENCES tasks (id),
    from_state TEXT,
    to_state TEXT,
    reason TEXT NOT NULL DEFAULT '',
    fields TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fields))
) STRICT;

CREATE INDEX events_task ON events (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX events_job ON events (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE folders (
    name TEXT PRIMARY KEY,
    marker_id TEXT,  -- null: never adopted
    is_complete INTEGER NOT NULL DEFAULT 0 CHECK (is_complete IN (0, 1)),
    inbox TEXT NOT NULL DEFAULT '',
    watch TEXT NOT NULL DEFAULT 'poll' CHECK (watch IN ('events', 'poll')),
    state TEXT NOT NULL DEFAULT 'ok' CHECK (
        state IN ('ok', 'paused', 'unavailable', 'foreign', 'read-only', 'rule-error')
    ),
    message TEXT NOT NULL DEFAULT '',
    waiting_count INTEGER NOT NULL DEFAULT 0,
    ignored TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(ignored)),
    is_reported INTEGER NOT NULL DEFAULT 0 CHECK (is_reported IN (0, 1)),
    updated_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pauses (
    scope TEXT NOT NULL CHECK (scope IN ('account', 'folder', 'model')),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('paused', 'auth', 'quota', 'limited', 'model')),
    message TEXT NOT NULL,
    since_at REAL NOT NULL,
    until_at REAL,  -- null: a person resumes
    PRIMARY KEY (scope, name, state)
) STRICT, WITHOUT ROWID;

-- The rate of each account: theoretical arrival time of its next request (GCRA).
CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    arrival_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- How many final tasks are kept, so that `status` does not read a million rows.
CREATE TABLE final_counts (
    folder TEXT NOT NULL,
    state TEXT NOT NULL,
    task_count INTEGER NOT NULL,
    PRIMARY KEY (folder, state)
) STRICT, WITHOUT ROWID;

-- The triggers on tasks watch final_state, so that the moves before the end do not pay for them.
CREATE TRIGGER tasks_final AFTER UPDATE OF final_state ON tasks
WHEN new.final_state IS NOT old.final_state
BEGIN
    SELECT raise(ABORT, 'a final state is never left') WHERE old.final_state IS NOT NULL;
    SELECT raise(ABORT, 'a task is not done before all its outputs are delivered')
    WHERE new.final_state = 'done' AND EXISTS (
        SELECT 1 FROM outputs WHERE task_id = new.id AND is_delivered = 0 AND error = ''
    );
    INSERT INTO final_counts (folder, state, task_count) VALUES (new.folder, new.state, 1)
    ON CONFLICT (folder, state) DO UPDATE SET task_count = task_count + 1;
END;

CREATE TRIGGER tasks_opened_final AFTER INSERT ON tasks
WHEN new.final_state IS NOT NULL
BEGIN
    INSERT INTO final_counts (folder, state, task_count) VALUES (new.folder, new.state, 1)
    ON CONFLICT (folder, state) DO UPDATE SET task_count = task_count + 1;
END;

CREATE TRIGGER tasks_deleted AFTER DELETE ON tasks
BEGIN
    UPDATE final_counts SET task_count = task_count - 1
    WHERE folder = old.folder AND state = old.state;
END;

CREATE TRIGGER tasks_kept BEFORE DELETE ON tasks
WHEN old.final_state IS NULL
BEGIN
    SELECT raise(ABORT, 'an open task is never deleted');
END;

CREATE TRIGGER attempts_ended BEFORE UPDATE ON attempts
WHEN old.ended_at IS NOT NULL
BEGIN
    SELECT raise(ABORT, 'an attempt that ended does not change');
END;

CREATE TRIGGER attempts_accounted BEFORE UPDATE OF ended_at ON attempts
WHEN 'accepted' IN (old.state, new.state)
AND new.ended_at IS NOT NULL AND new.error_class IS NULL
AND NOT EXISTS (SELECT 1 FROM outputs WHERE task_id = new.task_id AND attempt_id = new.id)
BEGIN
    SELECT raise(ABORT, 'an accepted attempt ends with an output or with what went wrong');
END;

CREATE TRIGGER attempts_kept BEFORE DELETE ON attempts
WHEN old.state IN ('submitting', 'accepted', 'unknown')
AND NOT EXISTS (SELECT 1 FROM ledger WHERE attempt_id = old.id)
BEGIN
    SELECT raise(ABORT, 'an attempt that may have cost something is kept');
END;

CREATE TRIGGER ledger_never_updated BEFORE UPDATE ON ledger
BEGIN
    SELECT raise(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_never_deleted BEFORE DELETE ON ledger
BEGIN
    SELECT raise(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER events_never_updated BEFORE UPDATE ON events
BEGIN
    SELECT raise(ABORT, 'events are append-only');
END;
