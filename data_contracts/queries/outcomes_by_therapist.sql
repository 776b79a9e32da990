-- How do rupture episodes end with each therapist, and whom may one compare?
-- Percentages and ranks are left empty for therapists with fewer than 5 clients with an episode, and ranks where fewer
-- than two therapists remain: with so few, a rank is about clients. Never use it to judge a therapist.
WITH counted AS (
    SELECT therapist_id, count(DISTINCT client_id) AS clients, count(*) AS episodes,
           count(*) FILTER (outcome = 'resolved') AS resolved,
           count(*) FILTER (outcome = 'attempted') AS attempted,
           count(*) FILTER (outcome = 'unaddressed') AS unaddressed,
           count(DISTINCT client_id) >= 5 AS comparable
    FROM rupture_repair GROUP BY therapist_id
)
SELECT therapist_id, clients, episodes,
       CASE WHEN comparable THEN resolved END AS resolved,
       CASE WHEN comparable THEN attempted END AS attempted,
       CASE WHEN comparable THEN unaddressed END AS unaddressed,
       CASE WHEN comparable THEN round(100.0 * resolved / episodes, 1) END AS resolved_percent,
       CASE WHEN comparable AND count(*) FILTER (comparable) OVER () >= 2
            THEN rank() OVER (PARTITION BY comparable ORDER BY resolved / episodes DESC) END AS rank
FROM counted
ORDER BY therapist_id;
