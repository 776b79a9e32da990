-- Views over the tables. Codes are counted from final_codes: what a person decided where a person did, else the auto-tag.

CREATE OR REPLACE VIEW final_codes AS
WITH last_word AS (
    -- An adjudicator decides after the coders, so the latest decision on a segment stands.
    SELECT * FROM decisions
    QUALIFY row_number() OVER (PARTITION BY segment_id ORDER BY decided_at DESC, decision_id DESC) = 1
)
SELECT auto.segment_id, auto.session_id, auto.turn_no, auto.char_start, auto.char_end, auto.code, auto.family,
       auto.status, auto.probability, 'auto' AS decided_by, CAST(NULL AS VARCHAR) AS coder
FROM coded_segments AS auto
WHERE auto.segment_id NOT IN (SELECT segment_id FROM last_word)
UNION ALL
SELECT human.segment_id, human.session_id, human.turn_no, human.char_start, human.char_end, human.code,
       coalesce(codes.family, auto.family) AS family,
       'likely' AS status, auto.probability, 'human' AS decided_by, human.coder
FROM last_word AS human
JOIN sessions USING (session_id)
LEFT JOIN coded_segments AS auto ON auto.segment_id = human.segment_id
LEFT JOIN codes ON codes.code = human.code
WHERE human.decision <> 'reject';
COMMENT ON VIEW final_codes IS 'One row per code that stands: the latest human decision where there is one, else the auto-tag.';

CREATE OR REPLACE VIEW session_summary AS
WITH words AS (
    SELECT session_id,
           coalesce(sum(n_words) FILTER (speaker = 'client'), 0) AS client_words,
           coalesce(sum(n_words) FILTER (speaker = 'therapist'), 0) AS therapist_words
    FROM turns GROUP BY session_id
), counted AS (
    SELECT session_id,
           count(*) FILTER (family = 'withdrawal') AS n_withdrawal,
           count(*) FILTER (family = 'withdrawal' AND status = 'likely') AS n_withdrawal_likely,
           count(*) FILTER (family = 'confrontation') AS n_confrontation,
           count(*) FILTER (family = 'confrontation' AND status = 'likely') AS n_confrontation_likely,
           count(*) FILTER (family = 'repair') AS n_repair,
           count(*) FILTER (family = 'repair' AND status = 'likely') AS n_repair_likely,
           count(*) FILTER (family = 'attendance') AS n_attendance
    FROM final_codes GROUP BY session_id
), ended AS (
    SELECT session_id, count(*) AS n_episodes,
           count(*) FILTER (outcome = 'resolved') AS n_resolved,
           count(*) FILTER (outcome = 'attempted') AS n_attempted,
           count(*) FILTER (outcome = 'unaddressed') AS n_unaddressed,
           median(latency_s) AS median_latency_s
    FROM episodes GROUP BY session_id
)
SELECT sessions.session_id, client_id, therapist_id, session_no, phase, day, sessions.status, minutes_late,
       transcript_source, n_turns, duration_s,
       CAST(coalesce(client_words, 0) AS BIGINT) AS client_words,
       CAST(coalesce(therapist_words, 0) AS BIGINT) AS therapist_words,
       coalesce(n_withdrawal, 0) AS n_withdrawal, coalesce(n_withdrawal_likely, 0) AS n_withdrawal_likely,
       coalesce(n_confrontation, 0) AS n_confrontation, coalesce(n_confrontation_likely, 0) AS n_confrontation_likely,
       coalesce(n_repair, 0) AS n_repair, coalesce(n_repair_likely, 0) AS n_repair_likely,
       coalesce(n_attendance, 0) AS n_attendance,
       coalesce(n_episodes, 0) AS n_episodes, coalesce(n_resolved, 0) AS n_resolved,
       coalesce(n_attempted, 0) AS n_attempted, coalesce(n_unaddressed, 0) AS n_unaddressed, median_latency_s
FROM sessions
LEFT JOIN words ON words.session_id = sessions.session_id
LEFT JOIN counted ON counted.session_id = sessions.session_id
LEFT JOIN ended ON ended.session_id = sessions.session_id;
COMMENT ON VIEW session_summary IS 'One row per session: words, codes by family (likely and possible together, and likely alone), episodes by outcome.';

CREATE OR REPLACE VIEW session_alliance AS
WITH series AS (
    -- A series is one measure, form, timing and subscale of one client: forms and timings are never mixed.
    SELECT a.session_id, a.measure, a.form, a.timing, a.subscale, a.score, a.scale_min, a.scale_max, a.key_verified,
           lag(a.score) OVER follow AS previous_score,
           lead(a.score) OVER follow AS next_score,
           lead(s.session_no) OVER follow AS next_scored_session_no
    FROM alliance_scores AS a JOIN sessions AS s ON s.session_id = a.session_id AND s.client_id = a.client_id
    WHERE a.score IS NOT NULL
    WINDOW follow AS (PARTITION BY a.client_id, a.measure, a.form, a.timing, a.subscale ORDER BY s.session_no, s.session_id)
)
SELECT session_summary.*, series.measure, series.form, series.timing, series.subscale, series.score, series.scale_min,
       series.scale_max, series.key_verified, series.previous_score, series.next_score, series.next_scored_session_no,
       series.next_scored_session_no - session_summary.session_no AS sessions_to_next_score
FROM session_summary LEFT JOIN series ON series.session_id = session_summary.session_id;
COMMENT ON VIEW session_alliance IS 'session_summary beside each alliance score of the session and the scores before and after it in the same series; sessions without a score have one row.';

CREATE OR REPLACE VIEW rupture_repair AS
WITH ends AS (
    SELECT session_id, max(greatest(start_s, end_s)) AS ends_at_s FROM turns GROUP BY session_id
), ordered AS (
    SELECT *, lead(first_turn) OVER (PARTITION BY session_id ORDER BY first_turn, episode_id) AS next_first
    FROM episodes
)
SELECT e.episode_id, e.session_id, s.client_id, s.therapist_id, s.session_no, s.phase, s.transcript_source, e.kind,
       e.first_turn, e.last_turn, e.repair_turn, e.latency_s, e.outcome, e.order_flag,
       opening.start_s AS starts_at_s, ends.ends_at_s - opening.start_s AS left_in_session_s,
       -- without a repair move the last turn is the last marker, where the latency of a repaired one begins as well;
       -- moves made once another episode began count for that one
       CASE WHEN e.outcome <> 'unaddressed' THEN e.latency_s
            WHEN coalesce(closing.end_s, closing.start_s) IS NOT NULL
            THEN greatest(least(ends.ends_at_s, following.start_s) - coalesce(closing.end_s, closing.start_s), 0)
       END AS waited_s,
       count(c.code) FILTER (c.family = 'withdrawal') AS n_withdrawal,
       count(c.code) FILTER (c.family = 'confrontation') AS n_confrontation,
       count(c.code) FILTER (c.family = 'repair') AS n_repair,
       string_agg(DISTINCT c.code, ' ' ORDER BY c.code) FILTER (c.family <> 'repair') AS markers,
       string_agg(DISTINCT c.code, ' ' ORDER BY c.code) FILTER (c.family = 'repair') AS repair_moves
FROM ordered AS e
JOIN sessions AS s ON s.session_id = e.session_id
LEFT JOIN ends ON ends.session_id = e.session_id
LEFT JOIN turns AS opening ON opening.session_id = e.session_id AND opening.turn_no = e.first_turn
LEFT JOIN turns AS closing ON closing.session_id = e.session_id AND closing.turn_no = e.last_turn
LEFT JOIN turns AS following ON following.session_id = e.session_id AND following.turn_no = e.next_first
LEFT JOIN final_codes AS c ON c.session_id = e.session_id
      AND c.turn_no BETWEEN e.first_turn AND greatest(e.last_turn, coalesce(e.repair_turn, e.last_turn))
GROUP BY ALL;
COMMENT ON VIEW rupture_repair IS 'One row per episode with its session, its codes, and when in the session it began.';

CREATE OR REPLACE VIEW client_trajectory AS
WITH series AS (
    SELECT DISTINCT client_id, measure, form, timing, subscale FROM alliance_scores
)
SELECT x.client_id, x.session_id, x.session_no, x.day, x.phase, x.status, x.minutes_late,
       series.measure, series.form, series.timing, series.subscale, a.score, a.scale_min, a.scale_max, a.key_verified,
       a.score - last_value(a.score IGNORE NULLS) OVER earlier AS change,
       avg(a.score) OVER earlier AS mean_before,
       stddev_samp(a.score) OVER earlier AS sd_before,
       count(a.score) OVER earlier AS n_before,
       x.n_withdrawal, x.n_confrontation, x.n_repair, x.n_episodes, x.n_resolved, x.n_attempted, x.n_unaddressed
FROM session_summary AS x
JOIN series ON series.client_id = x.client_id
LEFT JOIN alliance_scores AS a
       ON a.client_id = x.client_id AND a.session_id = x.session_id AND a.measure = series.measure
      AND a.form = series.form AND a.timing = series.timing AND a.subscale = series.subscale
WINDOW earlier AS (PARTITION BY x.client_id, series.measure, series.form, series.timing, series.subscale
                   ORDER BY x.session_no, x.session_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);
COMMENT ON VIEW client_trajectory IS 'Every session of a client in every score series of that client, missed ones too, with what came before and the episodes of the session.';
