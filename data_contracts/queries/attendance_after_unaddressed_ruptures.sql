-- After a session with an unaddressed rupture, is the next session more often late, cancelled or missed?
-- The session after is the client's next one by session number, held or not. Lateness is in minutes over the next
-- sessions that were held and have both times.
WITH ordered AS (
    SELECT client_id, status, n_episodes, n_unaddressed,
           lead(status) OVER following AS next_status, lead(minutes_late) OVER following AS next_minutes_late
    FROM session_summary
    WINDOW following AS (PARTITION BY client_id ORDER BY session_no, session_id)
)
SELECT CASE WHEN n_unaddressed > 0 THEN '1 an unaddressed rupture'
            WHEN n_episodes > 0 THEN '2 ruptures, all met with a repair move'
            ELSE '3 no rupture tagged' END AS this_session,
       count(*) AS sessions, count(DISTINCT client_id) AS clients,
       count(*) FILTER (next_status IN ('late_cancelled', 'cancelled')) AS next_cancelled,
       count(*) FILTER (next_status = 'no_show') AS next_no_show,
       round(100.0 * count(*) FILTER (next_status <> 'held') / count(*), 1) AS next_not_held_percent,
       round(avg(next_minutes_late) FILTER (next_status = 'held'), 1) AS next_minutes_late
FROM ordered
WHERE status = 'held' AND next_status IS NOT NULL
GROUP BY 1
ORDER BY 1;
