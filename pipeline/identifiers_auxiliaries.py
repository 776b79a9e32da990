"""Names that are auxiliary verbs first: is "will" or "may" somebody here?"""

from __future__ import annotations

from pipeline.identifiers_frames import about_somebody
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_spot import WEIGHTS, Spot


def auxiliary(spot: Spot, lists: Lists) -> float:
    """ "will", "may" and "can" are names only where no verb can follow them: "will hes got", "and will said"."""
    has, before, after = lists.has, spot.before, spot.after
    if has("names.after_auxiliary_name", after) or (
        has("names.person_verbs", after) and has("names.never_base", after)
    ):
        return 1.5
    if has("talk.verb_follow", after) and after not in ("as", "well"):
        return WEIGHTS["auxiliary"]
    if has("names.contact", before) and (has("names.prepositions", after) or after in ("if", "to", "and", "what")):
        return 0.5
    if about_somebody(spot, lists) or before in ("with", "about", "than", "except", "without", "beside"):
        return 0.5
    addressed = has("talk.toward", before) or has("talk.greetings", before)
    if has("talk.greetings", before) and has("names.question", after) and spot.i <= 2:
        return 1.0
    if has("talk.acts", after) and not has("names.weak_acts", after) and after not in ("come", "left", "run", "put"):
        return 0.5 if has("names.clause", before) or before == "and" or spot.token.opens else WEIGHTS["auxiliary"]
    named = has("talk.naming", before) or has("talk.titles", before)
    return 0.0 if named or (spot.closes and addressed) else WEIGHTS["auxiliary"]
