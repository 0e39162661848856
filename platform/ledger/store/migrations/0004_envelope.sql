-- envelope --
-- What the wire said of a span beside its attributes: name, status, kind, trace state, the instrumentor's version.
ALTER TABLE bodies ADD COLUMN IF NOT EXISTS envelope String CODEC(ZSTD(3));
