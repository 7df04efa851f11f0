//! An update -> URL and headers.
