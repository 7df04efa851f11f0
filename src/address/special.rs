//! The ranges that the IANA special-purpose registries call not globally reachable.
