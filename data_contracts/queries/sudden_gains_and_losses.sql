-- Which sessions brought a sudden gain or loss of alliance, and what was tagged in the session before?
-- Criteria after Tang & DeRubeis 1999, see pipeline/alliance_ruptures.py. The session before is the one scored before.
SELECT r.client_id, r.measure, r.form, r.timing, r.subscale, r.criterion, r.spread, s.session_no, r.session_id,
       round(r.level_before, 2) AS level_before, round(r.change, 2) AS change, r.sessions_to_regain,
       b.n_episodes AS episodes_before, b.n_resolved AS resolved_before, b.n_unaddressed AS unaddressed_before
FROM score_ruptures AS r
JOIN sessions AS s ON s.session_id = r.session_id
LEFT JOIN session_summary AS b ON b.session_id = r.before_session_id
WHERE r.criterion IN ('sudden_gain', 'sudden_loss')
ORDER BY r.client_id, r.measure, r.form, r.timing, r.subscale, s.session_no, r.criterion, r.spread;
