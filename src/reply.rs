//! Status and body -> Reply: the one table of words, sentences, remedies.
