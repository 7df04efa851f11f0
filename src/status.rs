//! How the state is shown: table, JSON, Prometheus.
