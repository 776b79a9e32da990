-- Do silences point at the same sessions as the tagged withdrawals do?
-- Silence between two therapist turns (back-channels in between do not count) is the best published sign of minimal
-- response (Kuensch 2023). A slow answer took the client 3 s or more and longer than 90 % of their own answers. Only
-- sessions with times. Silences in a transcript made by speech recognition may be cutting errors.
WITH floor AS (
    SELECT session_id, turn_no, speaker, start_s, end_s,
           lag(speaker) OVER spoken AS speaker_before, start_s - lag(end_s) OVER spoken AS silence_s
    FROM turns WHERE NOT is_backchannel
    WINDOW spoken AS (PARTITION BY session_id ORDER BY turn_no)
), answers AS (
    SELECT f.session_id, f.turn_no, f.silence_s, s.client_id
    FROM floor AS f JOIN sessions AS s ON s.session_id = f.session_id
    WHERE f.speaker = 'client' AND f.speaker_before = 'therapist' AND f.silence_s IS NOT NULL
), usual AS (
    SELECT client_id, quantile_cont(silence_s, 0.9) AS slow_s FROM answers GROUP BY client_id
), by_session AS (
    SELECT a.session_id, count(*) AS answers, median(a.silence_s) AS median_silence_s,
           count(*) FILTER (a.silence_s >= greatest(3, u.slow_s)) AS slow_answers,
           count(*) FILTER (a.silence_s >= greatest(3, u.slow_s) AND w.turn_no IS NOT NULL) AS slow_and_tagged,
           count(w.turn_no) AS tagged_answers
    FROM answers AS a
    JOIN usual AS u ON u.client_id = a.client_id
    LEFT JOIN (SELECT DISTINCT session_id, turn_no FROM final_codes WHERE family = 'withdrawal') AS w
           ON w.session_id = a.session_id AND w.turn_no = a.turn_no
    GROUP BY a.session_id
), pauses AS (
    SELECT session_id, count(*) AS therapist_pauses
    FROM floor WHERE speaker = 'therapist' AND speaker_before = 'therapist' AND silence_s >= 3
    GROUP BY session_id
)
SELECT s.client_id, s.session_no, s.session_id, s.transcript_source,
       coalesce(p.therapist_pauses, 0) AS therapist_pauses, b.answers,
       round(b.median_silence_s, 2) AS median_silence_s, b.slow_answers, b.tagged_answers, b.slow_and_tagged,
       round(100.0 * b.slow_and_tagged / nullif(b.tagged_answers, 0), 1) AS tagged_that_were_slow_percent
FROM by_session AS b
JOIN sessions AS s ON s.session_id = b.session_id
LEFT JOIN pauses AS p ON p.session_id = b.session_id
ORDER BY s.client_id, s.session_no, s.session_id;
