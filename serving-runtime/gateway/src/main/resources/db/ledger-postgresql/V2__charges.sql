CREATE TABLE usage_line (
  seq               BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id                TEXT     NOT NULL UNIQUE,
  request_id        TEXT     NOT NULL,
  at_micros         BIGINT   NOT NULL,
  model             TEXT     NOT NULL,
  namespace         TEXT     NOT NULL,
  deployment        TEXT     NOT NULL,
  variant           TEXT     NOT NULL,
  replica           TEXT     NOT NULL,
  payer             TEXT,
  feature           TEXT,
  class             TEXT     NOT NULL,
  stream            SMALLINT NOT NULL,
  outcome           TEXT     NOT NULL,
  status            INTEGER  NOT NULL,
  finish_reason     TEXT,
  prompt_tokens     BIGINT   NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens     BIGINT   NOT NULL CHECK (cached_tokens BETWEEN 0 AND prompt_tokens),
  completion_tokens BIGINT   NOT NULL CHECK (completion_tokens >= 0),
  estimated         SMALLINT NOT NULL,
  price_version     BIGINT,
  charge_micros     BIGINT   CHECK (charge_micros >= 0),
  tariff_percent    INTEGER  NOT NULL DEFAULT 100 CHECK (tariff_percent >= 0),
  gpu_ns            BIGINT   CHECK (gpu_ns >= 0),
  millis            BIGINT   NOT NULL
);
CREATE INDEX usage_line_by_time ON usage_line (at_micros);

CREATE TABLE ledger_entry (
  seq           BIGINT  PRIMARY KEY,
  kind          TEXT    NOT NULL,
  at_micros     BIGINT  NOT NULL,
  gateway       TEXT    NOT NULL,
  hold          BIGINT  NOT NULL,
  micros        BIGINT  NOT NULL,
  key           TEXT,
  bounds        TEXT,
  text          TEXT,
  price_version BIGINT,
  lifetime_ms   BIGINT,
  line          TEXT,
  line_digest   BYTEA,
  ending        BIGINT,
  refunding     BIGINT,
  hash          BYTEA   NOT NULL
);

-- A key reserves (or corrects) once, a hold ends once and is refunded once, whatever else fails: `ending` and
-- `refunding` are the hold where the entry is of that kind.
CREATE UNIQUE INDEX ledger_entry_key ON ledger_entry (key, kind) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX ledger_entry_ending ON ledger_entry (ending) WHERE ending IS NOT NULL;
CREATE UNIQUE INDEX ledger_entry_refund ON ledger_entry (refunding) WHERE refunding IS NOT NULL;

CREATE FUNCTION ledger_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'entries of the ledger are never changed or removed'; END $$;
CREATE TRIGGER ledger_entry_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_is_final();

-- Derived from the entries, written with them; verification rebuilds and compares it.
CREATE TABLE ledger_account (
  account       TEXT    PRIMARY KEY,
  period_micros BIGINT  NOT NULL,
  spent         BIGINT  NOT NULL,
  held          BIGINT  NOT NULL CHECK (held >= 0),
  limit_micros  BIGINT  CHECK (limit_micros >= 0)
) WITH (fillfactor = 50);
CREATE INDEX ledger_account_period ON ledger_account (period_micros);

-- The last entry, the oldest entry that open holds need. Whoever writes holds this row's lock.
CREATE TABLE ledger_head (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  seq       BIGINT  NOT NULL,
  hash      BYTEA   NOT NULL,
  open_from BIGINT  NOT NULL,
  old_lines BIGINT  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ledger_head VALUES (1, 0, decode(repeat('00', 32), 'hex'), 1, 0);
