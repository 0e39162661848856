-- followed (house-wide) --
-- Each node of the feed: its end, how far the follower is, and how far the one before it; 0 where one has not begun.
SELECT
    node,
    maxIf(group_seq, who = '') AS ends,
    maxIf(group_seq, who = {follower:String}) AS done,
    maxIf(group_seq, who = {leader:String}) AS led
FROM
(
    SELECT node, group_seq, '' AS who FROM feed_ends
    UNION ALL
    SELECT node, group_seq, follower AS who FROM progress WHERE follower IN ({follower:String}, {leader:String})
)
GROUP BY node
ORDER BY node

-- arrived (house-wide) --
-- What one node announced for some reasons after a group and no later than another, oldest first; never part of a group.
SELECT node, group_seq, project_id, trace_id
FROM arrivals
WHERE node = {node:String} AND group_seq > {after:UInt64} AND group_seq <= {upto:UInt64}
  AND (empty({reasons:Array(String)}) OR reason IN {reasons:Array(String)})
ORDER BY node, group_seq
LIMIT {limit:UInt64} WITH TIES

-- waiting (house-wide) --
-- How far a follower can go in one step from a group of a node, and how many arrivals that is; 0 and 0 if nothing waits.
SELECT max(group_seq) AS upto, count() AS arrivals
FROM
(
    SELECT group_seq
    FROM arrivals
    WHERE node = {node:String} AND group_seq > {after:UInt64}
    ORDER BY node, group_seq
    LIMIT {limit:UInt64} WITH TIES
)
