CREATE TABLE usage_line (
  seq               INTEGER PRIMARY KEY AUTOINCREMENT,
  id                TEXT    NOT NULL UNIQUE,
  request_id        TEXT    NOT NULL,
  at_micros         INTEGER NOT NULL,
  model             TEXT    NOT NULL,
  namespace         TEXT    NOT NULL,
  deployment        TEXT    NOT NULL,
  variant           TEXT    NOT NULL,
  replica           TEXT    NOT NULL,
  feature           TEXT,
  class             TEXT    NOT NULL,
  stream            INTEGER NOT NULL,
  outcome           TEXT    NOT NULL,
  status            INTEGER NOT NULL,
  finish_reason     TEXT,
  prompt_tokens     INTEGER NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens     INTEGER NOT NULL CHECK (cached_tokens BETWEEN 0 AND prompt_tokens),
  completion_tokens INTEGER NOT NULL CHECK (completion_tokens >= 0),
  estimated         INTEGER NOT NULL,
  price_version     INTEGER,
  charge_micros     INTEGER CHECK (charge_micros >= 0),
  millis            INTEGER NOT NULL
) STRICT;

CREATE INDEX usage_line_by_time ON usage_line (at_micros);
