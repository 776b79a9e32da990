-- How do withdrawal, confrontation and mixed episodes end?
-- Percentages are of the episodes of a kind. Episodes of one client are not independent: read clients beside them.
SELECT kind, count(*) AS episodes, count(DISTINCT client_id) AS clients,
       count(*) FILTER (outcome = 'resolved') AS resolved,
       count(*) FILTER (outcome = 'attempted') AS attempted,
       count(*) FILTER (outcome = 'unaddressed') AS unaddressed,
       round(100.0 * count(*) FILTER (outcome = 'resolved') / count(*), 1) AS resolved_percent,
       round(median(latency_s), 1) AS median_latency_s
FROM rupture_repair
GROUP BY kind
ORDER BY kind;
