-- Is a score below what this client's own sessions before would let one expect?
-- An XmR chart: centre and limits at a session are the mean of the client's scores before it and 2.66 times their mean
-- moving range on either side (Shewhart, Eubanks-Carter, Gorman & Muran 2012). Empty until four scores came before.
WITH scored AS (
    SELECT a.client_id, a.session_id, s.session_no, a.measure, a.form, a.timing, a.subscale, a.score,
           abs(a.score - lag(a.score) OVER (PARTITION BY a.client_id, a.measure, a.form, a.timing, a.subscale
                                            ORDER BY s.session_no, s.session_id)) AS moved
    FROM alliance_scores AS a JOIN sessions AS s ON s.session_id = a.session_id
    WHERE a.score IS NOT NULL
), before AS (
    SELECT *, count(score) OVER earlier AS n_before, avg(score) OVER earlier AS centre,
           2.66 * avg(moved) OVER earlier AS width
    FROM scored
    WINDOW earlier AS (PARTITION BY client_id, measure, form, timing, subscale
                       ORDER BY session_no, session_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), chart AS (
    SELECT *, n_before >= 4 AND width > 0 AS usable FROM before
)
SELECT client_id, measure, form, timing, subscale, session_no, session_id, score, n_before,
       CASE WHEN usable THEN centre END AS centre,
       CASE WHEN usable THEN centre - width END AS lower_limit,
       CASE WHEN usable THEN centre + width END AS upper_limit,
       CASE WHEN usable THEN score < centre - width - 1e-9 END AS below
FROM chart
ORDER BY client_id, measure, form, timing, subscale, session_no, session_id;
