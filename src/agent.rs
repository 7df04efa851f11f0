//! decide and record: the whole judgement.
