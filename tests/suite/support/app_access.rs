//! The app's database with what opens groups, courses and payouts.

pub use super::access_schema::Strictness;

use super::access_schema::{Dialect, access_schema};
use super::{AppDatabase, Engine};

impl Engine {
    /// Whose SQL the schema is written in.
    fn dialect(self) -> Dialect {
        match self {
            Engine::Sqlite => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Engine::Postgres => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Engine::Mysql => Dialect::Mysql,
        }
    }
}

impl AppDatabase {
    /// The app's tables with those of groups, courses, links and payouts, empty.
    pub fn with_access(engine: Engine) -> Self {
        Self::with_access_but(engine, Strictness::Strict, &[])
    }

    /// The same in another form, and without some of these tables.
    pub fn with_access_but(engine: Engine, strictness: Strictness, without: &[&str]) -> Self {
        let db = Self::new(engine);
        db.sql(&access_schema(engine.dialect(), strictness, without));
        db
    }
}
