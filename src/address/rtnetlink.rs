//! rtnetlink bytes -> links, addresses and default routes.
