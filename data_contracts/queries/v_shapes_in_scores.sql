-- Where did an alliance score fall and come back within a few sessions?
-- V shapes by every criterion that looks for a drop, one row each. stiles_like asks for a V by itself. Session numbers
-- are those of the treatment, so missed sessions count in sessions_to_regain.
SELECT r.client_id, r.measure, r.form, r.timing, r.subscale, r.criterion, r.spread,
       before.session_no AS from_session_no, low.session_no AS low_session_no, back.session_no AS back_session_no,
       r.session_id AS low_session_id, round(r.level_before, 2) AS level_before, round(r.change, 2) AS change,
       round(r.threshold, 2) AS threshold, r.sessions_to_regain
FROM score_ruptures AS r
JOIN sessions AS low ON low.session_id = r.session_id
LEFT JOIN sessions AS before ON before.session_id = r.before_session_id
LEFT JOIN sessions AS back ON back.session_id = r.regained_session_id
WHERE r.kind = 'indirect_rupture' AND r.regained_session_id IS NOT NULL
ORDER BY r.client_id, r.measure, r.form, r.timing, r.subscale, low_session_no, r.criterion, r.spread;
