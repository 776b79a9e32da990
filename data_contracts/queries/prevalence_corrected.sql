-- How many turns carry each code, once what the program misses and what it tags wrongly is taken into account?
-- Likely tags against what people decided, in sessions that people read: all tags of the session decided on. From these
-- come sensitivity and specificity, and from the share tagged in the whole study the share there is in truth (Rogan &
-- Gladen 1978), with 95 % limits by the delta method. Turns of a session are alike, so the limits are too narrow.
-- Left empty where fewer than 10 turns with the code were read, where the tags are no better than chance, and for all
-- codes where nobody ever added one: then nobody looked for what was missed. Read whole sessions drawn at random: a
-- session without a tag counts as read only when something was added to it, so a share can still come out too low.
WITH asked AS (
    SELECT code AS name, code, speaker FROM codes WHERE speaker IS NOT NULL
    UNION ALL
    SELECT 'any rupture marker', code, 'client' FROM codes WHERE family IN ('withdrawal', 'confrontation')
), decided AS (
    SELECT segment_id, session_id, decision FROM decisions
), undecided AS (
    SELECT DISTINCT session_id FROM coded_segments
    WHERE turn_no IS NOT NULL AND segment_id NOT IN (SELECT segment_id FROM decided)
), people_read AS (
    SELECT session_id FROM decided WHERE session_id NOT IN (SELECT session_id FROM undecided) GROUP BY session_id
), looked AS (
    SELECT count(*) > 0 AS for_misses
    FROM decided WHERE decision = 'add' AND session_id IN (SELECT session_id FROM people_read)
), speech AS (
    SELECT t.session_id, t.turn_no, t.speaker, r.session_id IS NOT NULL AS was_read
    FROM turns AS t LEFT JOIN people_read AS r ON r.session_id = t.session_id
    WHERE NOT t.is_backchannel
), tagged AS (
    SELECT DISTINCT a.name, c.session_id, c.turn_no
    FROM coded_segments AS c JOIN asked AS a ON a.code = c.code WHERE c.status = 'likely' AND c.turn_no IS NOT NULL
), there AS (
    SELECT DISTINCT a.name, c.session_id, c.turn_no
    FROM final_codes AS c JOIN asked AS a ON a.code = c.code
    JOIN people_read AS r ON r.session_id = c.session_id
    WHERE c.decided_by = 'human' AND c.turn_no IS NOT NULL
), marks AS (
    SELECT coalesce(t.name, h.name) AS name, coalesce(t.session_id, h.session_id) AS session_id,
           coalesce(t.turn_no, h.turn_no) AS turn_no, t.name IS NOT NULL AS is_tagged, h.name IS NOT NULL AS is_there
    FROM tagged AS t FULL JOIN there AS h
      ON h.name = t.name AND h.session_id = t.session_id AND h.turn_no = t.turn_no
), spoken AS (
    SELECT speaker, count(*) AS turns, count(*) FILTER (was_read) AS turns_read FROM speech GROUP BY speaker
), counted AS (
    SELECT m.name, count(*) FILTER (is_tagged) AS n_tagged,
           count(*) FILTER (was_read AND is_tagged AND is_there) AS found,
           count(*) FILTER (was_read AND is_tagged AND NOT is_there) AS wrong,
           count(*) FILTER (was_read AND NOT is_tagged AND is_there) AS missed
    FROM marks AS m JOIN speech AS s ON s.session_id = m.session_id AND s.turn_no = m.turn_no
    GROUP BY m.name
), rates AS (
    SELECT c.*, s.turns, s.turns_read, n_tagged / s.turns AS p, found + missed AS n_there,
           s.turns_read - found - missed AS n_not_there,
           CASE WHEN found + missed >= 10 AND for_misses THEN found / (found + missed) END AS sensitivity,
           CASE WHEN s.turns_read > found + missed
                THEN 1 - wrong / (s.turns_read - found - missed) END AS specificity
    FROM counted AS c
    JOIN (SELECT DISTINCT name, speaker FROM asked) AS a USING (name)
    JOIN spoken AS s USING (speaker)
    CROSS JOIN looked
), corrected AS (
    SELECT *, sensitivity + specificity - 1 AS informative,
           CASE WHEN sensitivity + specificity > 1
                THEN least(greatest((p + specificity - 1) / (sensitivity + specificity - 1), 0), 1) END AS share
    FROM rates
), limited AS (
    SELECT *, 1.96 * sqrt(p * (1 - p) / turns + share ** 2 * sensitivity * (1 - sensitivity) / n_there
                          + (1 - share) ** 2 * specificity * (1 - specificity) / n_not_there) / informative AS width
    FROM corrected
)
SELECT name AS code, turns, n_tagged AS tagged, round(100 * p, 2) AS tagged_percent, turns_read, n_there AS there_in_read,
       found, missed, wrong, round(sensitivity, 3) AS sensitivity, round(specificity, 4) AS specificity,
       round(100 * share, 2) AS corrected_percent,
       CASE WHEN width IS NOT NULL THEN round(100 * greatest(share - width, 0), 2) END AS low,
       CASE WHEN width IS NOT NULL THEN round(100 * least(share + width, 1), 2) END AS high
FROM limited
ORDER BY name;
