//! A migration as Diesel's harness wants it, with a guard: a statement runs only where its object
//! is missing (or, on the way back, only where the tool added it).

use std::fmt;

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{
    Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result as MigrationResult,
};

use super::script::{Ddl, Object, Script};
use crate::store::catalogue::Catalogue;

/// A migration with only those statements that this database needs.
#[derive(Clone, Debug)]
pub struct Guarded {
    name: Name,
    /// The statements that run.
    pub statements: Vec<Ddl>,
}

impl Guarded {
    /// The script that it comes from.
    pub fn script(&self) -> &'static Script {
        self.name.0
    }

    /// What is missing here. The app's tables are made all together or not at all.
    pub fn up(script: &'static Script, catalogue: &Catalogue) -> Self {
        let missing = |ddl: &Ddl| !ddl.object.exists_in(catalogue);
        let mut statements = script.made();
        if script.of_the_app && !is_needed(script, catalogue) {
            statements.clear();
        }
        statements.retain(missing);
        Self { name: Name(script), statements }
    }

    /// What the tool added and is still here.
    pub fn down(script: &'static Script, catalogue: &Catalogue, recorded: &[Object]) -> Self {
        let mut statements = script.taken();
        statements.retain(|ddl| {
            ddl.object.exists_in(catalogue) && recorded.iter().any(|object| ddl.object.is(object))
        });
        Self { name: Name(script), statements }
    }
}

/// Whether a migration has anything to do here at all.
pub fn is_needed(script: &Script, catalogue: &Catalogue) -> bool {
    !script.of_the_app || !script.made().iter().any(|ddl| catalogue.contains_key(&ddl.object.table))
}

/// A migration's name, as Diesel wants it.
#[derive(Clone, Copy, Debug)]
struct Name(&'static Script);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.0.version())
    }
}

/// Each migration runs in a transaction, inside the one that [`apply`] and [`revert`] hold.
struct InTransaction;

impl MigrationMetadata for InTransaction {}

impl Guarded {
    fn execute<DB: Backend>(&self, connection: &mut dyn BoxableConnection<DB>) -> MigrationResult<()> {
        for ddl in &self.statements {
            connection.batch_execute(ddl.sql).map_err(|error| format!("{}: {error}", ddl.object))?;
        }
        Ok(())
    }
}

/// In one direction: its statements are those of the script's up or of its down.
impl<DB: Backend> Migration<DB> for Guarded {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> MigrationResult<()> {
        self.execute(connection)
    }
    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> MigrationResult<()> {
        self.execute(connection)
    }
    fn metadata(&self) -> &dyn MigrationMetadata {
        &InTransaction
    }
    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

/// The migrations that this database needs.
#[derive(Debug)]
pub struct Plan<'a>(pub &'a [Guarded]);

impl<DB: Backend> MigrationSource<DB> for Plan<'_> {
    fn migrations(&self) -> MigrationResult<Vec<Box<dyn Migration<DB>>>> {
        let boxed = |guarded: &Guarded| Box::new(guarded.clone()) as Box<dyn Migration<DB>>;
        Ok(self.0.iter().map(boxed).collect())
    }
}
