-- What follows what: which code comes next in a session, more often or less often than by chance?
-- The next coded turn of the same session, at any distance. median_turns says how far it was. expected is what the row
-- and column totals give, z the adjusted residual (Haberman, Allison & Liker 1982): beyond 2 in size is worth a look,
-- and with expected under 5 it is not to be trusted. Turns with several codes count once for each pair.
WITH coded AS (
    SELECT DISTINCT session_id, turn_no, code FROM final_codes WHERE turn_no IS NOT NULL
), turns_coded AS (
    SELECT session_id, turn_no, lead(turn_no) OVER (PARTITION BY session_id ORDER BY turn_no) AS next_turn
    FROM (SELECT DISTINCT session_id, turn_no FROM coded)
), pairs AS (
    SELECT a.code AS from_code, b.code AS to_code, count(*) AS times, count(DISTINCT a.session_id) AS sessions,
           median(t.next_turn - t.turn_no) AS median_turns
    FROM turns_coded AS t
    JOIN coded AS a ON a.session_id = t.session_id AND a.turn_no = t.turn_no
    JOIN coded AS b ON b.session_id = t.session_id AND b.turn_no = t.next_turn
    GROUP BY ALL
), totals AS (
    SELECT *, sum(times) OVER (PARTITION BY from_code) AS row_total, sum(times) OVER (PARTITION BY to_code) AS col_total,
           sum(times) OVER () AS total
    FROM pairs
)
SELECT from_code, to_code, times, sessions, round(100.0 * times / row_total, 1) AS percent,
       round(row_total * col_total / total, 2) AS expected,
       round((times - row_total * col_total / total)
             / nullif(sqrt(row_total * col_total / total * (1 - row_total / total) * (1 - col_total / total)), 0), 2)
           AS z,
       median_turns
FROM totals
ORDER BY from_code, times DESC, to_code;
