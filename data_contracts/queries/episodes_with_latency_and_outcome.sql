-- Which rupture episodes were there, how long until a repair move, and how did each end?
-- latency_s counts from the end of the last marker before the first repair move. Empty means no repair move or no
-- times. For a latency curve take waited_s, which is censored where the outcome is unaddressed: from the last marker
-- until the session ended or another episode began. left_in_session_s counts from the episode's first turn.
SELECT client_id, session_no, session_id, kind, first_turn, last_turn, markers, repair_turn, repair_moves,
       round(latency_s, 1) AS latency_s, round(left_in_session_s, 1) AS left_in_session_s,
       round(waited_s, 1) AS waited_s, outcome, order_flag
FROM rupture_repair
ORDER BY client_id, session_no, session_id, first_turn;
