-- Do episodes end differently where the client's part was explored before the therapist owned theirs?
-- order_flag is a flag, never a fault. Only episodes with a repair move can differ in order.
SELECT order_flag, count(*) AS episodes, count(DISTINCT client_id) AS clients,
       count(DISTINCT therapist_id) AS therapists,
       count(*) FILTER (outcome = 'resolved') AS resolved,
       count(*) FILTER (outcome = 'attempted') AS attempted,
       round(100.0 * count(*) FILTER (outcome = 'resolved') / count(*), 1) AS resolved_percent
FROM rupture_repair
WHERE repair_turn IS NOT NULL
GROUP BY order_flag
ORDER BY order_flag;
