-- followed (house-wide) --
-- Each writer's node, and the last of its groups that the follower is through with; 0 where it has not begun.
SELECT node, max(done) AS done
FROM
(
    SELECT node, max(group_seq) AS done FROM progress WHERE follower = {follower:String} GROUP BY node
    UNION ALL
    SELECT DISTINCT node, 0 AS done
    FROM arrivals
    WHERE node NOT IN (SELECT node FROM progress WHERE follower = {follower:String})
)
GROUP BY node
ORDER BY node

-- arrived (house-wide) --
-- What one node wrote after a group and no later than another, oldest first; never part of a group.
SELECT node, group_seq, project_id, trace_id
FROM arrivals
WHERE node = {node:String} AND group_seq > {after:UInt64} AND group_seq <= {upto:UInt64}
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
