-- Do the last three sessions of clients who left early look different from their own sessions before?
-- A client left early when the last held session lies before the last third of the planned sessions, without a plan
-- nobody can tell. A treatment that still goes on looks the same: leave those clients out before you conclude.
-- Clients with three held sessions or fewer have none before the last three: they stand in rows of their own, so that the
-- two other rows of an ending are about the same clients. Densities are per 1,000 client words, n_missed
-- counts missed sessions after the last held one.
WITH ordered AS (
    SELECT *, row_number() OVER back AS from_the_end,
           count(*) OVER (PARTITION BY client_id) AS n_held, first_value(phase) OVER back AS last_phase,
           first_value(session_no) OVER back AS last_held
    FROM session_summary WHERE status = 'held'
    WINDOW back AS (PARTITION BY client_id ORDER BY session_no DESC, session_id DESC)
), missed AS (
    SELECT o.client_id, count(*) AS n_missed
    FROM (SELECT DISTINCT client_id, last_held FROM ordered) AS o
    JOIN sessions AS s ON s.client_id = o.client_id AND s.session_no > o.last_held AND s.status <> 'held'
    GROUP BY o.client_id
), placed AS (
    SELECT CASE WHEN last_phase = 'late' THEN '2 stayed into the last third'
                WHEN last_phase IS NULL THEN '3 no plan known' ELSE '1 left early' END AS ending,
           CASE WHEN n_held <= 3 THEN 'all, three or fewer' WHEN from_the_end <= 3 THEN 'last three' ELSE 'before'
           END AS sessions_looked_at, ordered.*,
           coalesce(n_missed, 0) AS n_missed
    FROM ordered LEFT JOIN missed USING (client_id)
)
SELECT ending, sessions_looked_at, count(*) AS sessions, count(DISTINCT client_id) AS clients,
       round(1000.0 * sum(n_withdrawal) / nullif(sum(client_words), 0), 2) AS withdrawal_density,
       round(1000.0 * sum(n_confrontation) / nullif(sum(client_words), 0), 2) AS confrontation_density,
       round(1000.0 * sum(n_repair) / nullif(sum(client_words), 0), 2) AS repair_density,
       CAST(sum(n_unaddressed) AS BIGINT) AS unaddressed,
       round(avg(n_unaddressed), 2) AS unaddressed_per_session,
       CAST(coalesce(sum(n_missed) FILTER (from_the_end = 1), 0) AS BIGINT) AS n_missed
FROM placed
GROUP BY ending, sessions_looked_at
ORDER BY ending, sessions_looked_at DESC;
