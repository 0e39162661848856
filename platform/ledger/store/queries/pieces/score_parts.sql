-- score_sum --
-- What the scores of a name come to.
sumIf(m.mark_value * toFloat64(m.share), m.mark_name = {score_$number:String})

-- score_weight --
-- How many calls or traces they stand for.
sumIf(toFloat64(m.share), m.mark_name = {score_$number:String})

-- score_count --
-- How many were given.
toDecimal128(countIf(m.mark_name = {score_$number:String}), 6)
