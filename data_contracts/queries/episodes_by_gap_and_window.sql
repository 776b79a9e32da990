-- How do the numbers of episodes and repairs move with the two settings that make episodes?
-- gap is the largest distance in turns between two markers of one episode, window the turns from its first marker in
-- which a repair move is looked for, as in study.toml. Likely markers only. A repair move counts for the latest episode
-- that began before it. Episodes opened by the therapist's naming alone are not in here.
WITH markers AS (
    SELECT DISTINCT session_id, turn_no FROM final_codes
    WHERE family IN ('withdrawal', 'confrontation') AND status = 'likely' AND turn_no IS NOT NULL
), moves AS (
    SELECT DISTINCT session_id, turn_no FROM final_codes
    WHERE family = 'repair' AND status = 'likely' AND code NOT IN ('rp_defensive', 'rp_client_reengage')
), distances AS (
    SELECT session_id, turn_no, turn_no - lag(turn_no) OVER (PARTITION BY session_id ORDER BY turn_no) AS distance
    FROM markers
), starts AS (
    SELECT gap, session_id, turn_no AS first_turn,
           lead(turn_no) OVER (PARTITION BY gap, session_id ORDER BY turn_no) AS next_first
    FROM distances CROSS JOIN (SELECT unnest([2, 4, 6, 8, 10]) AS gap)
    WHERE distance IS NULL OR distance > gap
), repaired AS (
    SELECT s.gap, s.session_id, s.first_turn, min(m.turn_no) - s.first_turn AS turns_to_repair
    FROM starts AS s
    LEFT JOIN moves AS m ON m.session_id = s.session_id AND m.turn_no >= s.first_turn
          AND m.turn_no < coalesce(s.next_first, 2147483647)
    GROUP BY s.gap, s.session_id, s.first_turn
)
SELECT gap, win AS "window", count(*) AS episodes, count(*) FILTER (turns_to_repair <= win) AS with_repair_move,
       round(100.0 * count(*) FILTER (turns_to_repair <= win) / count(*), 1) AS repair_percent
FROM repaired CROSS JOIN (SELECT unnest([10, 20, 40, 60]) AS win)
GROUP BY gap, win
ORDER BY gap, win;
