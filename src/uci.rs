//! UCI text -> sections with line numbers, as strictly as libuci reads it.
