-- What does the other person do in the turn after a rupture marker?
-- The next turn is the next one that is not a back-channel. not_coded means that no code was found there, not that
-- nothing happened. One marker can be followed by several codes.
WITH speech AS (
    SELECT session_id, turn_no,
           lead(turn_no) OVER (PARTITION BY session_id ORDER BY turn_no) AS next_turn
    FROM turns WHERE NOT is_backchannel
)
SELECT marker.code AS marker, coalesce(reply.code, 'not_coded') AS followed_by, count(*) AS times,
       count(DISTINCT marker.session_id) AS sessions,
       round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY marker.code), 1) AS percent
FROM final_codes AS marker
JOIN speech ON speech.session_id = marker.session_id AND speech.turn_no = marker.turn_no
LEFT JOIN final_codes AS reply ON reply.session_id = marker.session_id AND reply.turn_no = speech.next_turn
WHERE marker.family IN ('withdrawal', 'confrontation')
GROUP BY marker.code, reply.code
ORDER BY marker, times DESC, followed_by;
