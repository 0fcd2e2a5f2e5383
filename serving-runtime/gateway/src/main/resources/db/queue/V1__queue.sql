CREATE TABLE file (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE,
  namespace  TEXT    NOT NULL,
  feature    TEXT    NOT NULL,
  filename   TEXT    NOT NULL,
  purpose    TEXT    NOT NULL,
  bytes      INTEGER NOT NULL CHECK (bytes >= 0),
  lines      INTEGER NOT NULL CHECK (lines >= 0),
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER,
  deleted    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX file_by_owner ON file (namespace, feature, seq) WHERE deleted = 0;

CREATE TABLE batch (
  seq               INTEGER PRIMARY KEY AUTOINCREMENT,
  id                TEXT    NOT NULL UNIQUE,
  namespace         TEXT    NOT NULL,
  feature           TEXT    NOT NULL,
  endpoint          TEXT    NOT NULL,
  input_file        TEXT    NOT NULL,
  completion_window TEXT    NOT NULL,
  metadata          TEXT,
  errors            TEXT,
  state             TEXT    NOT NULL,
  target            TEXT,
  created_ms        INTEGER NOT NULL,
  deadline_ms       INTEGER NOT NULL CHECK (deadline_ms > created_ms),
  in_progress_ms    INTEGER,
  finalizing_ms     INTEGER,
  completed_ms      INTEGER,
  failed_ms         INTEGER,
  expired_ms        INTEGER,
  cancelling_ms     INTEGER,
  cancelled_ms      INTEGER,
  output_seconds    INTEGER,
  output_file       TEXT,
  error_file        TEXT,
  kept              INTEGER NOT NULL,
  reason            TEXT    NOT NULL,
  estimated_ms      INTEGER,
  tariff_percent    INTEGER NOT NULL CHECK (tariff_percent BETWEEN 0 AND 100),
  total             INTEGER NOT NULL DEFAULT 0,
  completed         INTEGER NOT NULL DEFAULT 0,
  failed            INTEGER NOT NULL DEFAULT 0,
  expired           INTEGER NOT NULL DEFAULT 0,
  cancelled         INTEGER NOT NULL DEFAULT 0,
  unbilled          INTEGER NOT NULL DEFAULT 0 CHECK (unbilled >= 0),
  prompt_tokens     INTEGER NOT NULL DEFAULT 0,
  cached_tokens     INTEGER NOT NULL DEFAULT 0,
  completion_tokens INTEGER NOT NULL DEFAULT 0,
  charged_micros    INTEGER NOT NULL DEFAULT 0,
  full_micros       INTEGER NOT NULL DEFAULT 0,
  CHECK (completed + failed + expired + cancelled <= total)
) STRICT;

CREATE INDEX batch_by_owner ON batch (namespace, feature, seq);
CREATE INDEX batch_live ON batch (state)
  WHERE state NOT IN ('completed', 'failed', 'expired', 'cancelled');

-- The price that each variant of a deployment had when the batch was submitted.
CREATE TABLE pin (
  batch               INTEGER NOT NULL REFERENCES batch (seq),
  model               TEXT    NOT NULL,
  variant             TEXT    NOT NULL,
  version             INTEGER NOT NULL,
  source              TEXT    NOT NULL,
  input_micros        INTEGER NOT NULL,
  cached_input_micros INTEGER NOT NULL,
  output_micros       INTEGER NOT NULL,
  PRIMARY KEY (batch, model, variant)
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
  seq               INTEGER PRIMARY KEY,
  batch             INTEGER NOT NULL REFERENCES batch (seq),
  line              INTEGER NOT NULL,
  custom_id         TEXT,
  start             INTEGER NOT NULL,
  length            INTEGER NOT NULL,
  model             TEXT    NOT NULL,
  payer             TEXT    NOT NULL,
  deadline_ms       INTEGER NOT NULL,
  tokens            INTEGER NOT NULL,
  state             TEXT    NOT NULL,
  attempt           INTEGER NOT NULL DEFAULT 0,
  crashes           INTEGER NOT NULL DEFAULT 0,
  not_before_ms     INTEGER NOT NULL DEFAULT 0,
  lease_ms          INTEGER,
  hold              INTEGER,
  gpu_ns            INTEGER,
  result            TEXT,
  variant           TEXT,
  replica           TEXT,
  finished_ms       INTEGER,
  millis            INTEGER,
  prompt_tokens     INTEGER NOT NULL DEFAULT 0,
  cached_tokens     INTEGER NOT NULL DEFAULT 0,
  completion_tokens INTEGER NOT NULL DEFAULT 0,
  estimated         INTEGER NOT NULL DEFAULT 0,
  price_version     INTEGER,
  charge_micros     INTEGER,
  full_micros       INTEGER,
  UNIQUE (batch, line)
) STRICT;

CREATE INDEX item_turn ON item (model, deadline_ms, batch, line) WHERE state = 'queued';
CREATE INDEX item_running ON item (lease_ms) WHERE state = 'running';
CREATE INDEX item_unbilled ON item (seq) WHERE state = 'answered';

-- What the dispatcher measured: output per slot while it was busy, and how many slots were idle.
CREATE TABLE pace (
  model       TEXT    PRIMARY KEY,
  tokens      INTEGER NOT NULL,
  busy_millis INTEGER NOT NULL,
  slots_milli INTEGER NOT NULL
) STRICT;

-- What the tariff saved, over all time.
CREATE TABLE saving (
  payer          TEXT    NOT NULL,
  model          TEXT    NOT NULL,
  items          INTEGER NOT NULL,
  charged_micros INTEGER NOT NULL,
  full_micros    INTEGER NOT NULL,
  PRIMARY KEY (payer, model)
) STRICT, WITHOUT ROWID;
