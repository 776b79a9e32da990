-- How far do two coders agree on each code?
-- Segments that two or more coders decided on, every pair of coders once. A coder's latest decision is theirs. They
-- agree when both stand for the same code or both reject. positive_agreement is 2 x both / (2 x both + one alone),
-- low and high are Wilson limits (95 %) of percent, scotts_pi corrects for chance and is empty where a code never varies.
-- Only segments somebody marked can be decided on, so agreement on what nobody marked is not in here.
WITH words AS (
    SELECT segment_id, coder, CASE WHEN decision = 'reject' THEN NULL ELSE code END AS stands_for,
           code AS named
    FROM decisions
    QUALIFY row_number() OVER (PARTITION BY segment_id, coder ORDER BY decided_at DESC, decision_id DESC) = 1
), pairs AS (
    SELECT a.segment_id, a.coder AS coder_one, b.coder AS coder_other, a.stands_for AS one, b.stands_for AS other,
           a.named AS named_one, b.named AS named_other
    FROM words AS a JOIN words AS b ON a.segment_id = b.segment_id AND a.coder < b.coder
), asked AS (
    SELECT DISTINCT segment_id, coder_one, coder_other, one, other, code
    FROM (SELECT *, unnest([named_one, named_other]) AS code FROM pairs) WHERE code IS NOT NULL
), judged AS (
    SELECT code, coalesce(one = code, false) AS one_says, coalesce(other = code, false) AS other_says FROM asked
), counted AS (
    SELECT code, count(*) AS pairs, count(*) FILTER (one_says AND other_says) AS both_yes,
           count(*) FILTER (one_says <> other_says) AS one_alone,
           count(*) FILTER (one_says = other_says) / count(*) AS observed,
           (count(*) FILTER (one_says) + count(*) FILTER (other_says)) / (2.0 * count(*)) AS share
    FROM judged GROUP BY code
)
SELECT code, pairs, both_yes, one_alone, round(100.0 * observed, 1) AS percent,
       round(100 * (observed + 1.9208 / pairs - 1.96 * sqrt((observed * (1 - observed) + 0.9604 / pairs) / pairs))
             / (1 + 3.8416 / pairs), 1) AS low,
       round(100 * (observed + 1.9208 / pairs + 1.96 * sqrt((observed * (1 - observed) + 0.9604 / pairs) / pairs))
             / (1 + 3.8416 / pairs), 1) AS high,
       round(2.0 * both_yes / nullif(2.0 * both_yes + one_alone, 0), 3) AS positive_agreement,
       round((observed - (share ** 2 + (1 - share) ** 2)) / nullif(1 - (share ** 2 + (1 - share) ** 2), 0), 3)
           AS scotts_pi
FROM counted
ORDER BY code;
