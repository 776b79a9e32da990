-- How dense are markers and repair moves early, in the middle and late in treatment, per 1,000 client words?
-- Markers are likely and possible tags together, density_likely keeps the likely ones. Sessions without a planned
-- length have no phase and stand in a row of their own. Only held sessions with words count.
WITH held AS (
    SELECT phase, client_id, client_words, n_withdrawal, n_confrontation, n_repair,
           n_withdrawal_likely + n_confrontation_likely AS n_likely
    FROM session_summary WHERE status = 'held' AND client_words > 0
)
SELECT coalesce(phase, 'unknown') AS phase, count(*) AS sessions, count(DISTINCT client_id) AS clients,
       CAST(sum(client_words) AS BIGINT) AS client_words,
       round(1000.0 * sum(n_withdrawal) / sum(client_words), 2) AS withdrawal_density,
       round(1000.0 * sum(n_confrontation) / sum(client_words), 2) AS confrontation_density,
       round(1000.0 * sum(n_likely) / sum(client_words), 2) AS density_likely,
       round(1000.0 * sum(n_repair) / sum(client_words), 2) AS repair_density
FROM held
GROUP BY phase
ORDER BY CASE phase WHEN 'early' THEN 1 WHEN 'middle' THEN 2 WHEN 'late' THEN 3 ELSE 4 END;
