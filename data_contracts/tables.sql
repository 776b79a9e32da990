-- The research database, table by table: types, keys, CHECKs and what each column means.
-- This file is the only place where they are declared; the column table of the README is generated from it.
-- No foreign keys: DuckDB cannot delete child and parent rows in one transaction. What crosses rows and tables is
-- checked by expectations/*.json before anything is written. The list of codes belongs to lexicons/.

CREATE TABLE sessions (
    session_id        VARCHAR PRIMARY KEY,
    client_id         VARCHAR NOT NULL,
    therapist_id      VARCHAR NOT NULL,
    session_no        INTEGER NOT NULL CHECK (session_no >= 0),
    phase             VARCHAR CHECK (phase IN ('early', 'middle', 'late')),
    day               INTEGER,
    status            VARCHAR NOT NULL CHECK (status IN ('held', 'late_cancelled', 'cancelled', 'no_show')),
    minutes_late      DOUBLE,
    transcript_source VARCHAR NOT NULL CHECK (transcript_source IN ('human', 'asr')),
    n_turns           INTEGER NOT NULL CHECK (n_turns >= 0),
    duration_s        DOUBLE CHECK (duration_s >= 0),
    run_id            VARCHAR NOT NULL
);
COMMENT ON TABLE sessions IS 'One row per session of a consenting client, held or missed.';
COMMENT ON COLUMN sessions.session_id IS 'The study''s own id of the session.';
COMMENT ON COLUMN sessions.client_id IS 'The study''s own id of the client; no name.';
COMMENT ON COLUMN sessions.therapist_id IS 'The study''s own id of the therapist; no name.';
COMMENT ON COLUMN sessions.session_no IS 'Running number of the session within the treatment.';
COMMENT ON COLUMN sessions.phase IS 'early, middle or late third of the planned sessions; empty where the plan is unknown.';
COMMENT ON COLUMN sessions.day IS 'Days since the client''s first session; calendar dates are not stored.';
COMMENT ON COLUMN sessions.status IS 'held, late_cancelled, cancelled or no_show.';
COMMENT ON COLUMN sessions.minutes_late IS 'Minutes from scheduled to actual start; negative when early, empty when unknown.';
COMMENT ON COLUMN sessions.transcript_source IS 'human or asr. Speech recognition drops words, so short turns and low probabilities mean less there.';
COMMENT ON COLUMN sessions.n_turns IS 'Number of turns in the transcript, back-channels counted; 0 when the session was not held.';
COMMENT ON COLUMN sessions.duration_s IS 'Seconds from the first to the last known time of the transcript; empty without times.';
COMMENT ON COLUMN sessions.run_id IS 'The run that last wrote this session. A run that finds the session unchanged leaves it as it is.';

CREATE TABLE turns (
    session_id     VARCHAR NOT NULL,
    turn_no        INTEGER NOT NULL CHECK (turn_no >= 0),
    speaker        VARCHAR NOT NULL CHECK (speaker IN ('client', 'therapist')),
    start_s        DOUBLE CHECK (start_s >= 0),
    end_s          DOUBLE CHECK (end_s >= start_s),
    text           VARCHAR NOT NULL,
    n_words        INTEGER NOT NULL CHECK (n_words >= 0),
    is_backchannel BOOLEAN NOT NULL,
    latency_s      DOUBLE,
    PRIMARY KEY (session_id, turn_no)
);
COMMENT ON TABLE turns IS 'One row per de-identified turn: all consecutive words of one speaker.';
COMMENT ON COLUMN turns.session_id IS 'The session the turn belongs to.';
COMMENT ON COLUMN turns.turn_no IS 'Running number of the turn as it came in, from 0, back-channels counted.';
COMMENT ON COLUMN turns.speaker IS 'client or therapist.';
COMMENT ON COLUMN turns.start_s IS 'Start in seconds from the start of the recording; empty without times.';
COMMENT ON COLUMN turns.end_s IS 'End in seconds from the start of the recording; empty without times.';
COMMENT ON COLUMN turns.text IS 'De-identified words, with pseudonyms such as [NAME_1]. Not anonymous: handle as patient data.';
COMMENT ON COLUMN turns.n_words IS 'Number of words in text.';
COMMENT ON COLUMN turns.is_backchannel IS 'True for "mm", "right" and the like said while the other holds the floor.';
COMMENT ON COLUMN turns.latency_s IS 'Seconds of silence since the turn before ended; negative where speakers overlap.';

CREATE TABLE coded_segments (
    segment_id      VARCHAR PRIMARY KEY,
    session_id      VARCHAR NOT NULL,
    turn_no         INTEGER CHECK (turn_no >= 0),
    char_start      INTEGER CHECK (char_start >= 0),
    char_end        INTEGER CHECK (char_end > char_start),
    code            VARCHAR NOT NULL,
    family          VARCHAR NOT NULL CHECK (family IN ('withdrawal', 'confrontation', 'repair', 'attendance')),
    status          VARCHAR NOT NULL CHECK (status IN ('likely', 'possible')),
    probability     DOUBLE NOT NULL CHECK (probability BETWEEN 0 AND 1),
    cue             VARCHAR NOT NULL,
    measures        JSON NOT NULL,
    source          VARCHAR NOT NULL CHECK (source = 'auto'),
    lexicon_version VARCHAR NOT NULL,
    model_version   VARCHAR NOT NULL,
    run_id          VARCHAR NOT NULL,
    CHECK ((family = 'attendance') = (turn_no IS NULL)),
    CHECK ((turn_no IS NULL) = (char_start IS NULL)),
    CHECK ((char_start IS NULL) = (char_end IS NULL))
);
COMMENT ON TABLE coded_segments IS 'What the program tagged. People''s decisions stand beside it in decisions; final_codes joins the two.';
COMMENT ON COLUMN coded_segments.segment_id IS 'Made from session, turn and code, so a re-run of the same session gives the same id.';
COMMENT ON COLUMN coded_segments.session_id IS 'The session the tag belongs to.';
COMMENT ON COLUMN coded_segments.turn_no IS 'The tagged turn; empty for attendance codes, which belong to the whole session.';
COMMENT ON COLUMN coded_segments.char_start IS 'First code point of the evidence in turns.text, from 0.';
COMMENT ON COLUMN coded_segments.char_end IS 'Code point after the evidence in turns.text.';
COMMENT ON COLUMN coded_segments.code IS 'Code of the lexicon, such as wd_minimal_response. See the table codes.';
COMMENT ON COLUMN coded_segments.family IS 'withdrawal, confrontation, repair or attendance.';
COMMENT ON COLUMN coded_segments.status IS 'likely or possible. No row means "not tagged", never "no rupture".';
COMMENT ON COLUMN coded_segments.probability IS 'Probability of the code, 0 to 1.';
COMMENT ON COLUMN coded_segments.cue IS 'Id of the cue in the lexicon that nominated the turn.';
COMMENT ON COLUMN coded_segments.measures IS 'The numbers behind the tag, as JSON text: {"feature": value}. "because …" is what that adds in log-odds.';
COMMENT ON COLUMN coded_segments.source IS 'Always auto: people''s codes are in decisions.';
COMMENT ON COLUMN coded_segments.lexicon_version IS 'Version of the codebook the tag was made with.';
COMMENT ON COLUMN coded_segments.model_version IS 'The trained judge the tag was made with; the sentence model where there is none.';
COMMENT ON COLUMN coded_segments.run_id IS 'The run that wrote the tag.';

CREATE TABLE episodes (
    episode_id  VARCHAR PRIMARY KEY,
    session_id  VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL CHECK (kind IN ('withdrawal', 'confrontation', 'mixed', 'named')),
    first_turn  INTEGER NOT NULL CHECK (first_turn >= 0),
    last_turn   INTEGER NOT NULL CHECK (last_turn >= first_turn),
    repair_turn INTEGER CHECK (repair_turn >= first_turn),
    latency_s   DOUBLE,
    outcome     VARCHAR NOT NULL CHECK (outcome IN ('resolved', 'attempted', 'unaddressed')),
    order_flag  VARCHAR NOT NULL CHECK (order_flag IN
                ('not_applicable', 'ok', 'same_turn', 'explore_before_accountability', 'indeterminate')),
    CHECK ((repair_turn IS NULL) = (outcome = 'unaddressed'))
);
COMMENT ON TABLE episodes IS 'Rupture markers close together, the repair that followed and how it ended.';
COMMENT ON COLUMN episodes.episode_id IS 'Made from session and first turn, so a re-run of the same session gives the same id.';
COMMENT ON COLUMN episodes.session_id IS 'The session the episode belongs to.';
COMMENT ON COLUMN episodes.kind IS 'withdrawal, confrontation, mixed, or named (opened by the therapist''s naming alone).';
COMMENT ON COLUMN episodes.first_turn IS 'Turn of the first marker.';
COMMENT ON COLUMN episodes.last_turn IS 'Last turn that belongs to the episode.';
COMMENT ON COLUMN episodes.repair_turn IS 'Turn of the first repair move; empty where there was none.';
COMMENT ON COLUMN episodes.latency_s IS 'Seconds from the end of the last marker before the first repair move to that move; empty without times.';
COMMENT ON COLUMN episodes.outcome IS 'resolved (the client re-engaged after a repair move), attempted, or unaddressed.';
COMMENT ON COLUMN episodes.order_flag IS 'Was the client''s part explored before the therapist owned theirs? A flag, never a fault.';

CREATE TABLE alliance_scores (
    client_id    VARCHAR NOT NULL,
    session_id   VARCHAR NOT NULL,
    measure      VARCHAR NOT NULL,
    form         VARCHAR NOT NULL CHECK (form IN ('client', 'therapist', 'observer')),
    timing       VARCHAR NOT NULL CHECK (timing IN ('pre', 'post')),
    subscale     VARCHAR NOT NULL,
    score        DOUBLE,
    n_items      INTEGER CHECK (n_items >= 1),
    n_missing    INTEGER CHECK (n_missing BETWEEN 0 AND n_items),
    scale_min    DOUBLE,
    scale_max    DOUBLE CHECK (scale_max > scale_min),
    key_verified BOOLEAN NOT NULL,
    key_version  VARCHAR NOT NULL,
    PRIMARY KEY (client_id, session_id, measure, form, timing, subscale)
);
COMMENT ON TABLE alliance_scores IS 'One row per subscale of one questionnaire filled in at one session. Forms and timings are separate series.';
COMMENT ON COLUMN alliance_scores.client_id IS 'The client the score is about.';
COMMENT ON COLUMN alliance_scores.session_id IS 'The session the questionnaire belongs to.';
COMMENT ON COLUMN alliance_scores.measure IS 'Questionnaire, such as WAI-SR or SRS.';
COMMENT ON COLUMN alliance_scores.form IS 'Who filled it in: client, therapist or observer.';
COMMENT ON COLUMN alliance_scores.timing IS 'pre or post session. Alliance falls between sessions and rises within them: never mix the two.';
COMMENT ON COLUMN alliance_scores.subscale IS 'Subscale, such as task, goal, bond or total.';
COMMENT ON COLUMN alliance_scores.score IS 'Person mean or sum as the key says, reversed items turned; empty with under 75 % of items answered.';
COMMENT ON COLUMN alliance_scores.n_items IS 'Items of the subscale; empty where the score came ready-made.';
COMMENT ON COLUMN alliance_scores.n_missing IS 'Items of the subscale without an answer; empty where the score came ready-made.';
COMMENT ON COLUMN alliance_scores.scale_min IS 'Lowest answer an item allowed in this administration; empty where the score came ready-made without it.';
COMMENT ON COLUMN alliance_scores.scale_max IS 'Highest answer an item allowed in this administration: 1-5 and 1-7 are both in use.';
COMMENT ON COLUMN alliance_scores.key_verified IS 'True when the scoring key was checked against its published source.';
COMMENT ON COLUMN alliance_scores.key_version IS 'Version of the scoring key; as_given where the score came ready-made.';

CREATE TABLE score_ruptures (
    client_id           VARCHAR NOT NULL,
    measure             VARCHAR NOT NULL,
    form                VARCHAR NOT NULL CHECK (form IN ('client', 'therapist', 'observer')),
    timing              VARCHAR NOT NULL CHECK (timing IN ('pre', 'post')),
    subscale            VARCHAR NOT NULL,
    criterion           VARCHAR NOT NULL,
    spread              VARCHAR NOT NULL CHECK (spread IN ('sd', 'mad')),
    kind                VARCHAR NOT NULL CHECK (kind IN ('indirect_rupture', 'indirect_gain')),
    session_id          VARCHAR NOT NULL,
    before_session_id   VARCHAR NOT NULL CHECK (before_session_id <> session_id),
    level_before        DOUBLE NOT NULL,
    change              DOUBLE NOT NULL,
    threshold           DOUBLE NOT NULL CHECK (threshold > 0),
    regained_session_id VARCHAR,
    sessions_to_regain  INTEGER CHECK (sessions_to_regain >= 0),
    parameters          VARCHAR NOT NULL,
    PRIMARY KEY (client_id, measure, form, timing, subscale, criterion, spread, session_id),
    CHECK ((kind = 'indirect_gain') = (change > 0)),
    CHECK ((regained_session_id IS NULL) = (sessions_to_regain IS NULL))
);
COMMENT ON TABLE score_ruptures IS 'Drops and sudden changes in alliance scores alone. Indirect: nobody looked into the session. Read beside episodes, never as the same thing.';
COMMENT ON COLUMN score_ruptures.client_id IS 'The client whose series it is.';
COMMENT ON COLUMN score_ruptures.measure IS 'Questionnaire.';
COMMENT ON COLUMN score_ruptures.form IS 'Who filled it in: client, therapist or observer.';
COMMENT ON COLUMN score_ruptures.timing IS 'pre or post session.';
COMMENT ON COLUMN score_ruptures.subscale IS 'Subscale.';
COMMENT ON COLUMN score_ruptures.criterion IS 'strauss_like, stiles_like, gumz_1, gumz_2, xmr, sudden_loss, sudden_gain or rci; pipeline/alliance_ruptures.py has formulas and sources.';
COMMENT ON COLUMN score_ruptures.spread IS 'sd, or mad (median absolute deviation, which a single large drop cannot widen). Compare within one; never add the two up.';
COMMENT ON COLUMN score_ruptures.kind IS 'indirect_rupture or indirect_gain.';
COMMENT ON COLUMN score_ruptures.session_id IS 'The session whose score changed.';
COMMENT ON COLUMN score_ruptures.before_session_id IS 'The last scored session before it.';
COMMENT ON COLUMN score_ruptures.level_before IS 'The score it changed from; for xmr the centre of the sessions before.';
COMMENT ON COLUMN score_ruptures.change IS 'Score minus level_before, in points of the scale; a drop is negative.';
COMMENT ON COLUMN score_ruptures.threshold IS 'The size of change the criterion asked for, in points of the scale.';
COMMENT ON COLUMN score_ruptures.regained_session_id IS 'First session soon after that was back at level_before (stiles_like: rose by the threshold); empty where none was.';
COMMENT ON COLUMN score_ruptures.sessions_to_regain IS 'Session numbers from the drop to that session.';
COMMENT ON COLUMN score_ruptures.parameters IS 'The parameters of the criterion, as name=value words.';

CREATE TABLE decisions (
    decision_id      VARCHAR PRIMARY KEY,
    segment_id       VARCHAR NOT NULL,
    session_id       VARCHAR NOT NULL,
    turn_no          INTEGER CHECK (turn_no >= 0),
    char_start       INTEGER CHECK (char_start >= 0),
    char_end         INTEGER CHECK (char_end > char_start),
    coder            VARCHAR NOT NULL,
    decision         VARCHAR NOT NULL CHECK (decision IN ('accept', 'reject', 'relabel', 'move', 'add')),
    code             VARCHAR,
    decided_at       TIMESTAMP NOT NULL,
    codebook_version VARCHAR NOT NULL
);
COMMENT ON TABLE decisions IS 'What people said. Appended, never changed and never overwritten by a run.';
COMMENT ON COLUMN decisions.decision_id IS 'Made from the decision itself, so that merging it twice adds it once.';
COMMENT ON COLUMN decisions.segment_id IS 'The auto-tag decided on, or the id of a segment a person added.';
COMMENT ON COLUMN decisions.session_id IS 'The session decided on.';
COMMENT ON COLUMN decisions.turn_no IS 'Turn decided on, as it stood when the decision was merged.';
COMMENT ON COLUMN decisions.char_start IS 'First code point of the evidence the person stands for.';
COMMENT ON COLUMN decisions.char_end IS 'Code point after the evidence the person stands for.';
COMMENT ON COLUMN decisions.coder IS 'Coder''s id in the study.';
COMMENT ON COLUMN decisions.decision IS 'accept, reject, relabel, move (other words, same code) or add.';
COMMENT ON COLUMN decisions.code IS 'The code the person stands for; for reject, the code refused.';
COMMENT ON COLUMN decisions.decided_at IS 'When, in UTC.';
COMMENT ON COLUMN decisions.codebook_version IS 'Codebook the person worked with.';

CREATE TABLE codes (
    code    VARCHAR PRIMARY KEY,
    family  VARCHAR NOT NULL CHECK (family IN ('withdrawal', 'confrontation', 'repair', 'attendance')),
    label   VARCHAR NOT NULL,
    speaker VARCHAR CHECK (speaker IN ('client', 'therapist'))
);
COMMENT ON TABLE codes IS 'The codes of the lexicon the database was written with; retired ones stay.';
COMMENT ON COLUMN codes.code IS 'Id of the code.';
COMMENT ON COLUMN codes.family IS 'withdrawal, confrontation, repair or attendance.';
COMMENT ON COLUMN codes.label IS 'Name of the code in plain words.';
COMMENT ON COLUMN codes.speaker IS 'Whose turns carry the code; empty for attendance codes.';

CREATE TABLE refusals (
    session_id VARCHAR PRIMARY KEY,
    stage      VARCHAR NOT NULL CHECK (stage IN ('consent', 'quarantine')),
    reason     VARCHAR NOT NULL,
    advice     VARCHAR NOT NULL,
    run_id     VARCHAR NOT NULL
);
COMMENT ON TABLE refusals IS 'Sessions that the last run did not let in (an earlier version of one may still be in the database), and why. Ids and reasons, never words.';
COMMENT ON COLUMN refusals.session_id IS 'The session refused.';
COMMENT ON COLUMN refusals.stage IS 'consent (the transcript was never opened) or quarantine (opened and refused).';
COMMENT ON COLUMN refusals.reason IS 'One word a program can decide on, such as expired or wrong_encoding.';
COMMENT ON COLUMN refusals.advice IS 'What to do next.';
COMMENT ON COLUMN refusals.run_id IS 'The first run that refused it for this reason.';

CREATE TABLE session_inputs (
    session_id  VARCHAR PRIMARY KEY,
    fingerprint VARCHAR NOT NULL
);
COMMENT ON TABLE session_inputs IS 'What each session was made from; a run leaves sessions with an unchanged fingerprint as they are.';
COMMENT ON COLUMN session_inputs.session_id IS 'The session.';
COMMENT ON COLUMN session_inputs.fingerprint IS 'Keyed or plain hash of transcript, study rows, settings, codebook and models.';

CREATE TABLE runs (
    run_id        VARCHAR PRIMARY KEY,
    started       TIMESTAMP NOT NULL,
    finished      TIMESTAMP CHECK (finished >= started),
    code_version  VARCHAR NOT NULL,
    lexicon_hash  VARCHAR NOT NULL,
    model_hashes  JSON NOT NULL,
    settings_hash VARCHAR NOT NULL,
    counts        JSON
);
COMMENT ON TABLE runs IS 'One row per run of the program.';
COMMENT ON COLUMN runs.run_id IS 'Id of the run.';
COMMENT ON COLUMN runs.started IS 'Start, UTC.';
COMMENT ON COLUMN runs.finished IS 'End, UTC; empty where the run was cut off.';
COMMENT ON COLUMN runs.code_version IS 'Version of this program.';
COMMENT ON COLUMN runs.lexicon_hash IS 'Hash of the codebook files.';
COMMENT ON COLUMN runs.model_hashes IS 'Language models and their checksums, as JSON text.';
COMMENT ON COLUMN runs.settings_hash IS 'Hash of the settings in force.';
COMMENT ON COLUMN runs.counts IS 'What went in and what came out, as JSON text.';
