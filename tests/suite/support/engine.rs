//! The database engines, and tests that are one function for all of them: what is promised is promised on each.

/// The engines that the tool serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// The server of `SEJOLI_TEST_POSTGRES`.
    #[cfg(feature = "postgres")]
    Postgres,
    /// The server of `SEJOLI_TEST_MYSQL`.
    #[cfg(feature = "mysql")]
    Mysql,
}

impl Engine {
    /// Whether it is PostgreSQL; a build may leave that out.
    pub fn is_postgres(self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Engine::Postgres => true,
            _ => false,
        }
    }
}

/// Makes tests of a function, one for each engine of a list.
macro_rules! on_engines {
    ($name:ident: $($(#[$condition:meta])* $test:ident $engine:ident),+) => {
        mod $name {
            use crate::support::Engine;

            $(
                $(#[$condition])*
                #[test]
                fn $test() {
                    super::$name(Engine::$engine);
                }
            )+
        }
    };
}

pub(crate) use on_engines;

/// Makes a test of a function, one for each engine: a server that is not there fails it.
macro_rules! on_each_engine {
    ($($name:ident),+ $(,)?) => {$(
        crate::support::on_engines!($name:
            sqlite Sqlite,
            #[cfg(feature = "postgres")] postgres Postgres,
            #[cfg(feature = "mysql")] mysql Mysql
        );
    )+};
}

pub(crate) use on_each_engine;

/// Makes a test of a function, one for each engine that has a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! on_each_server {
    ($($name:ident),+ $(,)?) => {$(
        crate::support::on_engines!($name:
            #[cfg(feature = "postgres")] postgres Postgres,
            #[cfg(feature = "mysql")] mysql Mysql
        );
    )+};
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use on_each_server;

/// The statement that drops an index: MySQL's are named within their table.
pub fn drop_index(engine: Engine, table: &str, index: &str) -> String {
    match engine {
        #[cfg(feature = "mysql")]
        Engine::Mysql => format!("DROP INDEX \"{index}\" ON \"{table}\""),
        _ => {
            let _ = table;
            format!("DROP INDEX \"{index}\"")
        }
    }
}
