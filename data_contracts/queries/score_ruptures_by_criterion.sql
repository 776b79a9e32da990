-- How many indirect ruptures and gains does each published criterion find in the alliance scores, and how many are regained?
-- Criteria disagree a lot: report the one that was chosen beforehand. spread mad uses the median absolute deviation, so
-- that one large drop cannot widen the limit it is held against. Compare rows of one spread, never add the two up.
SELECT measure, form, timing, subscale, criterion, spread, kind, count(*) AS times,
       count(DISTINCT client_id) AS clients,
       count(regained_session_id) AS regained,
       round(median(sessions_to_regain), 1) AS median_sessions_to_regain,
       round(avg(change), 2) AS mean_change, round(avg(threshold), 2) AS mean_threshold
FROM score_ruptures
GROUP BY ALL
ORDER BY ALL;
