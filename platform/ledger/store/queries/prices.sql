-- price_book (house-wide) --
-- The newest version of every price, the catalogue's and each project's own.
SELECT
    project_id, price_id, version, provider, model, pattern, valid_from, valid_to,
    input, cache_read, cache_write, cache_write_1h, output, input_audio, output_audio, input_image, output_image, request,
    tiers, source
FROM prices
ORDER BY project_id, price_id, version DESC, published DESC
LIMIT 1 BY project_id, price_id

-- book_edition (house-wide) --
-- When the book was last added to, as a number that grows; 0 while it is empty.
SELECT max(published) AS edition FROM prices
