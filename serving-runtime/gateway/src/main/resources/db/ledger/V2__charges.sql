ALTER TABLE usage_line ADD COLUMN payer TEXT;
ALTER TABLE usage_line ADD COLUMN tariff_percent INTEGER NOT NULL DEFAULT 100 CHECK (tariff_percent >= 0);
ALTER TABLE usage_line ADD COLUMN gpu_ns INTEGER CHECK (gpu_ns >= 0);

CREATE TABLE ledger_entry (
  seq           INTEGER PRIMARY KEY,
  kind          TEXT    NOT NULL,
  at_micros     INTEGER NOT NULL,
  gateway       TEXT    NOT NULL,
  hold          INTEGER NOT NULL,
  micros        INTEGER NOT NULL,
  key           TEXT,
  bounds        TEXT,
  text          TEXT,
  price_version INTEGER,
  lifetime_ms   INTEGER,
  line          TEXT,
  line_digest   BLOB,
  ending        INTEGER,
  refunding     INTEGER,
  hash          BLOB    NOT NULL
) STRICT;

-- A key reserves (or corrects) once, a hold ends once and is refunded once, whatever else fails: `ending` and
-- `refunding` are the hold where the entry is of that kind.
CREATE UNIQUE INDEX ledger_entry_key ON ledger_entry (key, kind) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX ledger_entry_ending ON ledger_entry (ending) WHERE ending IS NOT NULL;
CREATE UNIQUE INDEX ledger_entry_refund ON ledger_entry (refunding) WHERE refunding IS NOT NULL;

CREATE TRIGGER ledger_entry_is_never_changed BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never changed'); END;
CREATE TRIGGER ledger_entry_is_never_removed BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never removed'); END;

-- Derived from the entries, written with them; verification rebuilds and compares it.
CREATE TABLE ledger_account (
  account       TEXT    PRIMARY KEY,
  period_micros INTEGER NOT NULL,
  spent         INTEGER NOT NULL,
  held          INTEGER NOT NULL CHECK (held >= 0),
  limit_micros  INTEGER CHECK (limit_micros >= 0)
) STRICT;
CREATE INDEX ledger_account_period ON ledger_account (period_micros);

-- The last entry, the oldest entry that open holds need, and how many lines are older than the entries.
CREATE TABLE ledger_head (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  seq       INTEGER NOT NULL,
  hash      BLOB    NOT NULL,
  open_from INTEGER NOT NULL,
  old_lines INTEGER NOT NULL
) STRICT;
INSERT INTO ledger_head SELECT 1, 0, zeroblob(32), 1, count(*) FROM usage_line;
