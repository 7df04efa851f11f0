//! The customer's account as it is when the lab starts.

/// Keys, rights and zones of the account.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// Names the application.
    pub application_key: String,
    /// What it signs with.
    pub application_secret: String,
    /// A consumer key that is validated already; empty for none.
    pub consumer_key: String,
    /// The service account.
    pub client_id: String,
    /// Proves the service account.
    pub client_secret: String,
    /// What that consumer key and the service account may do: method and path with `*`.
    pub rights: Vec<(String, String)>,
    /// The zones.
    pub zones: Vec<ZoneOptions>,
    /// More calls than this within a minute get HTTP 429.
    pub calls_a_minute: usize,
}

/// A zone of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneOptions {
    /// Its name, of two labels.
    pub name: String,
    /// Whether the DNS names the provider's servers for it.
    pub on_provider: bool,
}

impl Default for ApiOptions {
    fn default() -> Self {
        let all = ["GET", "POST", "PUT", "DELETE"].map(|method| (method.into(), "/*".into()));
        Self {
            application_key: "lab-application".into(),
            application_secret: "lab-application-secret".into(),
            consumer_key: "lab-consumer".into(),
            client_id: "EU.lab".into(),
            client_secret: "lab-client-secret".into(),
            rights: all.to_vec(),
            zones: vec![ZoneOptions { name: "example.com".into(), on_provider: true }],
            calls_a_minute: 60,
        }
    }
}
