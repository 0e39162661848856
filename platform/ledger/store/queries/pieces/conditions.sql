-- tag --
-- The value of a tag.
tags[{tag_$number:String}]

-- equal --
-- The column is the value; an empty value means that nothing was said.
$column = {$bound:String}

-- unequal --
-- The column is anything but the value.
$column != {$bound:String}

-- among --
-- The column is one of the values.
has({$bound:Array(String)}, toString($column))

-- containing --
-- The value is a part of the column, upper and lower case told apart.
position($column, {$bound:String}) > 0

-- above --
-- The quantity is known, and more.
ifNull(toFloat64($column) > {$bound:Float64}, 0)

-- below --
-- The quantity is known, and less.
ifNull(toFloat64($column) < {$bound:Float64}, 0)

-- duration_ms --
-- How long it took.
duration_us / 1000

-- scored_above --
-- Somebody gave the trace a score of that name, and more.
trace_id IN (
    SELECT trace_id FROM marks
    WHERE project_id = {project:UUID} AND timestamp >= fromUnixTimestamp64Micro({near_since:Int64}, 'UTC')
      AND name = {${bound}_name:String} AND value > {$bound:Float64}
)

-- scored_below --
-- Somebody gave the trace a score of that name, and less.
trace_id IN (
    SELECT trace_id FROM marks
    WHERE project_id = {project:UUID} AND timestamp >= fromUnixTimestamp64Micro({near_since:Int64}, 'UTC')
      AND name = {${bound}_name:String} AND value < {$bound:Float64}
)

-- of_step --
-- What a step of a trace says.
tupleElement(s, '$column')

-- is_call --
-- The step is a model call.
tupleElement(s, 'kind') IN ('generation', 'embedding')

-- has_step --
-- The trace has a step that fits.
arrayExists(s -> $condition, steps)

-- steps --
-- The trace's steps that fit, as far as they are told apart.
arrayDistinct(arrayMap(s -> tuple($columns), arrayFilter(s -> $condition, steps)))
