ALTER TABLE usage_line ADD COLUMN payer TEXT;
ALTER TABLE usage_line ADD COLUMN tariff_percent INTEGER NOT NULL DEFAULT 100 CHECK (tariff_percent >= 0);
ALTER TABLE usage_line ADD COLUMN gpu_ns INTEGER CHECK (gpu_ns >= 0);
