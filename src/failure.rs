//! Why the provider could not be asked; made in one place from the HTTP library's error.
