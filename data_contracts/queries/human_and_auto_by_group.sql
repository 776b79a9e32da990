-- Does the program agree with people equally well in every group of sessions?
-- By who wrote the transcript, phase, and with or without times: of the auto-tags a person decided on, how many they
-- accepted, and how many codes they had to add. Groups with fewer than 10 decided tags are shown without numbers.
WITH last_word AS (
    SELECT * FROM decisions
    QUALIFY row_number() OVER (PARTITION BY segment_id ORDER BY decided_at DESC, decision_id DESC) = 1
), decided AS (
    SELECT s.session_id, s.client_id, d.decision, t.segment_id IS NOT NULL AS was_tagged,
           d.decision = 'accept' OR (d.decision = 'move' AND d.code = t.code) AS agreed,
           unnest([{'what': 'transcript', 'value': s.transcript_source},
                   {'what': 'phase', 'value': coalesce(s.phase, 'unknown')},
                   {'what': 'times', 'value': CASE WHEN s.duration_s IS NULL THEN 'without' ELSE 'with' END}]) AS g
    FROM last_word AS d
    JOIN sessions AS s ON s.session_id = d.session_id
    LEFT JOIN coded_segments AS t ON t.segment_id = d.segment_id
), counted AS (
    SELECT g.what AS grouped_by, g.value AS value, count(*) FILTER (was_tagged) AS n,
           count(*) FILTER (was_tagged AND agreed) AS n_agreed, count(*) FILTER (NOT was_tagged) AS n_added,
           count(DISTINCT client_id) AS n_clients
    FROM decided GROUP BY ALL
)
SELECT grouped_by, value, CASE WHEN n < 10 THEN 'fewer than 10' ELSE CAST(n AS VARCHAR) END AS decided,
       CASE WHEN n >= 10 THEN n_clients END AS clients,
       CASE WHEN n >= 10 THEN round(100.0 * n_agreed / n, 1) END AS accepted_percent,
       CASE WHEN n >= 10 THEN round(100.0 * n_added / (n_added + n_agreed), 1) END AS missed_percent
FROM counted
ORDER BY grouped_by, value;
