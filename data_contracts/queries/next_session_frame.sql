-- Does what happened in this session go with the alliance at the next one? A frame ready for a mixed model.
-- One row per session and score series with a next score in the session that follows. _within is the session's
-- distance from the client's own mean, _between the client's mean from the mean of clients: enter both. A score given
-- before a session (timing pre) and one given after it are separate series: fit them apart. score_before is the last
-- score given before what happened in this session: the baseline to hold constant. A score given after the session
-- (timing post) carries what happened in it already, and holding that one constant takes away what is asked for.
WITH frame AS (
    SELECT client_id, therapist_id, session_id, session_no, phase, transcript_source, measure, form, timing, subscale,
           key_verified, score, CASE timing WHEN 'pre' THEN score ELSE previous_score END AS score_before, next_score,
           1000.0 * (n_withdrawal + n_confrontation) / client_words AS markers,
           1000.0 * n_repair / client_words AS repairs,
           n_unaddressed AS unaddressed
    FROM session_alliance
    WHERE status = 'held' AND client_words > 0 AND next_score IS NOT NULL AND sessions_to_next_score = 1
), client_means AS (
    SELECT client_id, measure, form, timing, subscale, count(*) AS n_sessions,
           avg(score) AS score_mean, avg(score_before) AS before_mean,
           avg(markers) AS markers_mean, avg(repairs) AS repairs_mean,
           avg(unaddressed) AS unaddressed_mean
    FROM frame GROUP BY ALL
), centred AS (
    SELECT *,
           score_mean - avg(score_mean) OVER series AS score_between,
           before_mean - avg(before_mean) OVER series AS before_between,
           markers_mean - avg(markers_mean) OVER series AS markers_between,
           repairs_mean - avg(repairs_mean) OVER series AS repairs_between,
           unaddressed_mean - avg(unaddressed_mean) OVER series AS unaddressed_between
    FROM client_means WINDOW series AS (PARTITION BY measure, form, timing, subscale)
)
SELECT f.client_id, f.therapist_id, f.session_id, f.session_no, f.phase, f.transcript_source, f.measure, f.form,
       f.timing, f.subscale, f.key_verified, c.n_sessions, f.next_score, f.score,
       f.score - c.score_mean AS score_within, c.score_between,
       f.score_before, f.score_before - c.before_mean AS score_before_within, c.before_between AS score_before_between,
       f.markers AS markers_per_1000, f.markers - c.markers_mean AS markers_within, c.markers_between,
       f.repairs AS repairs_per_1000, f.repairs - c.repairs_mean AS repairs_within, c.repairs_between,
       f.unaddressed, f.unaddressed - c.unaddressed_mean AS unaddressed_within, c.unaddressed_between
FROM frame AS f
JOIN centred AS c USING (client_id, measure, form, timing, subscale)
ORDER BY f.measure, f.form, f.timing, f.subscale, f.client_id, f.session_no;
