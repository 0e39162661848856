-- prices_classes --
-- Sound and pictures have rates of their own, and some providers charge each call: USD for one, whatever its tokens.
ALTER TABLE prices
    ADD COLUMN IF NOT EXISTS input_audio Nullable(Decimal(18, 10)) AFTER output,
    ADD COLUMN IF NOT EXISTS output_audio Nullable(Decimal(18, 10)) AFTER input_audio,
    ADD COLUMN IF NOT EXISTS input_image Nullable(Decimal(18, 10)) AFTER output_audio,
    ADD COLUMN IF NOT EXISTS output_image Nullable(Decimal(18, 10)) AFTER input_image,
    ADD COLUMN IF NOT EXISTS request Nullable(Decimal(18, 10)) AFTER output_image;

-- settling_tariffs --
-- What the batch's models cost and from when to when: USD per token of each class. Of a tariff's tiers the last that
-- holds for a call counts: its service, the minute of its day (`minutes` long from `begins` on), its length of context.
CREATE TABLE IF NOT EXISTS settling_tariffs
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    provider String,
    model String,
    begins DateTime64(6, 'UTC'),
    ends DateTime64(6, 'UTC'),
    price_id String,
    price_version UInt32,
    tiers Array(Tuple(
        service String,
        begins Int32,
        minutes Int32,
        above Int64,
        input Nullable(Decimal(38, 16)),
        cache_read Nullable(Decimal(38, 16)),
        cache_write Nullable(Decimal(38, 16)),
        cache_write_1h Nullable(Decimal(38, 16)),
        output Nullable(Decimal(38, 16)),
        input_audio Nullable(Decimal(38, 16)),
        output_audio Nullable(Decimal(38, 16)),
        input_image Nullable(Decimal(38, 16)),
        output_image Nullable(Decimal(38, 16)),
        request Decimal(38, 16))),
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, provider, model, begins)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;
