"""How good tags are against what people coded: figures by turn, with intervals over sessions.

Every turn of the right speaker is a case, coded or not, so that silence counts. Codes in dispute between two coders
are left out of both sides, which flatters every system a little; the coder pair itself is measured with them.
Intervals are 95 % percentiles over sessions drawn anew (Efron & Tibshirani 1993): turns of one session are alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.certainty import Bin, wilson
from pipeline.codes import RUPTURE, family_of
from pipeline.labelled import LabelledSession
from pipeline.session import Speaker

# One turn's verdict: by code, or by family where a system knows no codes, its probability and whether it is `likely`.
Verdict = Mapping[str, tuple[float, bool]]

FAMILIES = ("withdrawal", "confrontation", "repair", "rupture")
JUDGE, ENGINE = "trained judge", "cues and measures, untrained"  # what this program offers, by name
DRAWS = 1000
BINS = 10  # of probability, for calibration
RATED_HIGH = 3  # coders' mean impact from which ruptures marked a session


@dataclass(frozen=True)
class Cases:
    """The cases of one name over all sessions, in order: whose session, how probable, is it tagged, is it coded."""

    session: np.ndarray
    p: np.ndarray
    likely: np.ndarray
    coded: np.ndarray


def families_of(name: str) -> set[str]:
    """A code's or family's family, and `rupture` where it is one; empty for what is not judged turn by turn."""
    family = family_of(name) or name
    return {family, "rupture"} & set(FAMILIES) if family in RUPTURE else {family} & set(FAMILIES)


def can_carry(name: str, speaker: Speaker) -> bool:
    """May a turn of this speaker carry the code, or a code of the family?"""
    if name == "repair":
        return True
    return (speaker is Speaker.CLIENT) == ("rupture" in families_of(name) or name == "rp_client_reengage")


def cases_of(
    sessions: Sequence[LabelledSession], verdicts: Sequence[Sequence[Verdict]], names: Sequence[str]
) -> dict[str, Cases]:
    """By name (codes, families, `rupture`) the cases of all sessions; verdicts have one entry a session and turn."""
    rows: dict[str, list[tuple[int, float, bool, bool]]] = {name: [] for name in names}
    for number, (session, verdict) in enumerate(zip(sessions, verdicts, strict=True)):
        for turn, said, codes, contested in zip(session.turns, verdict, session.codes, session.contested, strict=True):
            for name in names:
                coded, unsure = _belongs(name, codes), _belongs(name, contested)
                if not can_carry(name, turn.speaker) or (unsure and not coded):
                    continue
                own = [v for k, v in said.items() if k == name or name in families_of(k)]
                p, likely = max((p for p, _ in own), default=0.0), any(x for _, x in own)
                rows[name].append((number, p, likely, bool(coded)))
    return {name: _cases(found) for name, found in rows.items()}


def _belongs(name: str, codes: frozenset[str]) -> bool:
    return any(c == name or name in families_of(c) for c in codes)


def _cases(rows: Sequence[tuple[int, float, bool, bool]]) -> Cases:
    session, p, likely, coded = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Cases(np.array(session, int), np.array(p, float), np.array(likely, bool), np.array(coded, bool))


def draws_of(sessions: int, *, draws: int = DRAWS, seed: int = 7) -> np.ndarray:
    """How often each session is in each draw; the first row is the sessions as they are, each once."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(sessions, np.full(sessions, 1 / sessions), size=draws)
    return np.vstack([np.ones((1, sessions)), drawn])


def figures(cases: Cases, draws: np.ndarray) -> dict[str, object]:
    """Counts; precision, recall, F1 (which is the agreement on the code being there), agreement on its absence, kappa
    and average precision, each with 95 % limits; None where it is not defined.
    """
    n = draws.shape[1]

    def of(which: np.ndarray) -> np.ndarray:
        return draws @ np.bincount(cases.session[which], minlength=n)

    hit, missed = of(cases.likely & cases.coded), of(~cases.likely & cases.coded)
    false, rest = of(cases.likely & ~cases.coded), of(~cases.likely & ~cases.coded)
    return {
        "cases": len(cases.p),
        "coded": int(cases.coded.sum()),
        "likely": int(cases.likely.sum()),
        "precision": with_limits(_share(hit, hit + false)),
        "recall": with_limits(_share(hit, hit + missed)),
        "f1": with_limits(_share(2 * hit, 2 * hit + missed + false)),
        "negative_agreement": with_limits(_share(2 * rest, 2 * rest + missed + false)),
        "kappa": with_limits(_kappa(hit, missed, false, rest)),
        "average_precision": with_limits(average_precisions(cases, draws)),
    }


def with_limits(values: np.ndarray) -> list[float] | None:
    """Value, lower and upper limit, from the value itself followed by that of every draw."""
    if not np.isfinite(values[0]):
        return None
    known = values[1:][np.isfinite(values[1:])]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (values[0], values[0])
    return [round(float(v), 3) for v in (values[0], low, high)]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _kappa(both: np.ndarray, first: np.ndarray, second: np.ndarray, neither: np.ndarray) -> np.ndarray:
    """Cohen 1960, from the four counts."""
    n = np.maximum(both + first + second + neither, 1)
    a, b = (both + first) / n, (both + second) / n
    chance = a * b + (1 - a) * (1 - b)
    return _share((both + neither) / n - chance, 1 - chance)


def average_precisions(cases: Cases, draws: np.ndarray) -> np.ndarray:
    """Area under precision over recall, one for each draw; equal probabilities share the precision of their rank."""
    if not cases.coded.any():
        return np.full(len(draws), np.nan)
    order = np.argsort(-cases.p, kind="stable")
    weight = draws[:, cases.session[order]]
    last = np.append(np.diff(cases.p[order]) != 0, True)
    hits = np.cumsum(weight * cases.coded[order], axis=1)[:, last]
    seen = np.cumsum(weight, axis=1)[:, last]
    new = np.diff(hits, axis=1, prepend=0)
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    return _share((new * precision).sum(axis=1), hits[:, -1])


def calibration(cases: Cases) -> list[Bin]:
    """Ten equal bins of probability, as the expected calibration error is usually taken, with the share that is coded."""
    which = np.minimum(BINS - 1, (cases.p * BINS).astype(int))
    found = []
    for b in sorted(set(which.tolist())):
        n, coded = int((which == b).sum()), int(cases.coded[which == b].sum())
        found.append(Bin(n, float(cases.p[which == b].mean()), coded / n, *wilson(coded, n)))
    return found


def coder_pair(sessions: Sequence[LabelledSession], names: Sequence[str], draws: np.ndarray) -> dict[str, object]:
    """Agreement of the two coders, by name, from what both gave (`codes`) and what one gave (`contested`).

    Which of the two gave a contested code is not known, so kappa takes their rates as equal. Two coders who gave two
    codes of one family disagree here: the figures by family are lower limits.
    """
    found: dict[str, object] = {}
    for name in names:
        both, one, neither = (np.zeros(len(sessions)) for _ in range(3))
        for i, s in enumerate(sessions):
            for turn, codes, contested in zip(s.turns, s.codes, s.contested, strict=True):
                if not can_carry(name, turn.speaker):
                    continue
                kind = both if _belongs(name, codes) else one if _belongs(name, contested) else neither
                kind[i] += 1
        a, b, c = draws @ both, draws @ one, draws @ neither
        found[name] = {
            "both": int(both.sum()),
            "one": int(one.sum()),
            "positive_agreement": with_limits(_share(2 * a, 2 * a + b)),
            "kappa": with_limits(_kappa(a, b / 2, b / 2, c)),
        }
    return found


def session_auc(
    sessions: Sequence[LabelledSession], verdicts: Sequence[Sequence[Verdict]], draws: np.ndarray
) -> list[float] | None:
    """Do rupture probabilities, summed over a session and divided by its turns, order sessions as raters do?

    The area under the ROC curve of sessions whose rated impact is at least 3 against the others, with limits.
    """
    rated = [i for i, s in enumerate(sessions) if s.impact is not None]
    load = np.array([sum(_ruptures(v) for v in verdicts[i]) / max(1, len(verdicts[i])) for i in rated])
    high = np.array([(sessions[i].impact or 0) >= RATED_HIGH for i in rated], dtype=bool)
    if not high.any() or high.all():
        return None
    above = (load[high][:, None] > load[~high][None, :]) + 0.5 * (load[high][:, None] == load[~high][None, :])
    weight = draws[:, rated]
    hi, lo = weight[:, high], weight[:, ~high]
    return with_limits(_share(np.einsum("dh,hl,dl->d", hi, above, lo), hi.sum(axis=1) * lo.sum(axis=1)))


def _ruptures(verdict: Verdict) -> float:
    return sum(p for name, (p, _) in verdict.items() if "rupture" in families_of(name))
