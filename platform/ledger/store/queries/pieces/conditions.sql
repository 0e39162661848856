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

-- is_counted_call --
-- A model call, at the one report of it that counts.
counted

-- is_step --
-- A counted model call, an agent's run or a tool's.
(counted OR kind IN ('agent', 'tool'))
