-- Do ruptures tagged in what was said fall on the sessions whose alliance score dropped?
-- Sessions that were held and have a score and an earlier one of the same series. A score given before a session (pre)
-- tells of the session before it, so it is laid next to that one. phi is the correlation of the two yes-or-no answers,
-- empty where one never varies. Sessions of one client are not independent: no p value is given.
WITH held AS (
    SELECT session_id, n_episodes, n_unaddressed,
           lag(session_id) OVER (PARTITION BY client_id ORDER BY session_no, session_id) AS held_before
    FROM session_summary WHERE status = 'held'
), scored AS (
    SELECT a.client_id, a.session_id, a.measure, a.form, a.timing, a.subscale,
           row_number() OVER (PARTITION BY a.client_id, a.measure, a.form, a.timing, a.subscale
                              ORDER BY s.session_no, s.session_id) AS nth
    FROM alliance_scores AS a JOIN sessions AS s ON s.session_id = a.session_id
    WHERE a.score IS NOT NULL
), criteria AS (
    SELECT DISTINCT measure, form, timing, subscale, criterion, spread
    FROM score_ruptures WHERE kind = 'indirect_rupture'
), laid AS (
    SELECT c.measure, c.form, c.timing, c.subscale, c.criterion, c.spread, x.client_id,
           talk.n_episodes > 0 AS said, talk.n_unaddressed > 0 AS said_unaddressed, r.session_id IS NOT NULL AS fell
    FROM scored AS x
    JOIN criteria AS c USING (measure, form, timing, subscale)
    JOIN held ON held.session_id = x.session_id
    JOIN held AS talk
      ON talk.session_id = CASE WHEN x.timing = 'pre' THEN held.held_before ELSE held.session_id END
    LEFT JOIN score_ruptures AS r
      ON r.client_id = x.client_id AND r.session_id = x.session_id AND r.measure = c.measure AND r.form = c.form
     AND r.timing = c.timing AND r.subscale = c.subscale AND r.criterion = c.criterion AND r.spread = c.spread
    WHERE x.nth > 1
)
SELECT measure, form, timing, subscale, criterion, spread, count(*) AS sessions,
       count(DISTINCT client_id) AS clients,
       count(*) FILTER (said AND fell) AS both_signs,
       count(*) FILTER (said AND NOT fell) AS episodes_only,
       count(*) FILTER (fell AND NOT said) AS drop_only,
       count(*) FILTER (NOT said AND NOT fell) AS neither,
       count(*) FILTER (said_unaddressed AND fell) AS unaddressed_and_drop,
       round(100.0 * count(*) FILTER (said = fell) / count(*), 1) AS agree_percent,
       CASE WHEN count(DISTINCT said) = 2 AND count(DISTINCT fell) = 2
            THEN round(corr(CAST(said AS INTEGER), CAST(fell AS INTEGER)), 3) END AS phi
FROM laid
GROUP BY measure, form, timing, subscale, criterion, spread
ORDER BY ALL;
