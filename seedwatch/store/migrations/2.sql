-- Budgets: sums by the day of the submit, of an account or a folder; what a cost is based on.

ALTER TABLE attempts
ADD COLUMN cost_basis TEXT NOT NULL DEFAULT '' CHECK (cost_basis IN ('', 'charged', 'estimate'));

DROP INDEX ledger_at;
CREATE INDEX ledger_started ON ledger (started_at);
CREATE INDEX ledger_account ON ledger (account, started_at, currency, micros);
CREATE INDEX ledger_folder ON ledger (folder, started_at, currency, micros);
CREATE INDEX ledger_doubts ON ledger (started_at) WHERE kind = 'uncertain' OR micros IS NULL;

DROP VIEW reserved;
CREATE VIEW reserved AS
SELECT attempts.id AS attempt_id, attempts.account, tasks.folder, started_at,
    bound_micros AS micros, bound_currency AS currency
FROM attempts INDEXED BY attempts_live JOIN tasks ON tasks.id = attempts.task_id
WHERE ended_at IS NULL
AND NOT EXISTS (SELECT 1 FROM ledger WHERE ledger.attempt_id = attempts.id);
