//! Migrations for Diesel's harness with a guard: a statement runs only if its object is missing or, in a
//! revert, only if the tool added the object.

use std::fmt;

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{
    Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result as MigrationResult,
};

use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::object::{Object, ObjectKind};
use crate::store::schema::script::{Ddl, MigrationScript};

/// A migration in one direction, with only those statements that one database needs.
#[derive(Clone, Debug)]
pub(crate) struct GuardedMigration {
    name: MigrationTitle,
    metadata: Metadata,
    /// The statements that create its objects, or those that drop them.
    pub statements: Vec<Ddl>,
}

impl GuardedMigration {
    /// The script that it comes from.
    pub(crate) fn script(&self) -> &'static MigrationScript {
        self.name.0
    }

    /// The migration that creates what is missing. The app's tables are created all together or not at all.
    pub(crate) fn up(script: &'static MigrationScript, dialect: Dialect, catalogue: &Catalogue) -> Self {
        let missing = |ddl: &Ddl| !ddl.object.exists_in(catalogue);
        let mut statements = script.up_statements();
        if script.of_the_app && !applies_to(script, catalogue) {
            statements.clear();
        }
        statements.retain(missing);
        Self { name: MigrationTitle(script), metadata: Metadata(dialect), statements }
    }

    /// The migration that drops what the tool has added and still exists.
    pub(crate) fn down(
        script: &'static MigrationScript,
        dialect: Dialect,
        catalogue: &Catalogue,
        recorded: &[Object],
    ) -> Self {
        let added = |ddl: Ddl| {
            let object = recorded.iter().find(|object| ddl.object.is_same(object))?.clone();
            object.exists_in(catalogue).then_some(Ddl { object, ..ddl })
        };
        let statements = script.down_statements().into_iter().filter_map(added).collect();
        Self { name: MigrationTitle(script), metadata: Metadata(dialect), statements }
    }

    /// The statements that have to run. An index is not dropped by itself if its table is dropped: MySQL
    /// refuses to drop one that a foreign key needs.
    pub(crate) fn to_run(&self) -> impl Iterator<Item = &Ddl> {
        let goes = |table: &str| {
            let mut drops = self.statements.iter().filter(|ddl| ddl.sql.starts_with("DROP TABLE"));
            drops.any(|ddl| ddl.object.name == table)
        };
        let with_its_table =
            move |ddl: &&Ddl| ddl.object.kind == ObjectKind::Index && goes(&ddl.object.table);
        self.statements.iter().filter(move |ddl| !with_its_table(ddl))
    }
}

/// Whether a migration applies to a database. That of the app's own tables applies only where none of them
/// exists.
pub(crate) fn applies_to(script: &MigrationScript, catalogue: &Catalogue) -> bool {
    !script.of_the_app || !script.up_statements().iter().any(|ddl| catalogue.contains_key(&ddl.object.table))
}

/// A migration's name in Diesel's form.
#[derive(Clone, Copy, Debug)]
struct MigrationTitle(&'static MigrationScript);

impl fmt::Display for MigrationTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl MigrationName for MigrationTitle {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.0.version())
    }
}

/// Whether Diesel runs the migration in a transaction, inside of the caller's: not on MySQL, which commits
/// each change of its schema by itself.
#[derive(Clone, Copy, Debug)]
struct Metadata(Dialect);

impl MigrationMetadata for Metadata {
    fn run_in_transaction(&self) -> bool {
        self.0 != Dialect::Mysql
    }
}

impl GuardedMigration {
    fn execute<DB: Backend>(&self, connection: &mut dyn BoxableConnection<DB>) -> MigrationResult<()> {
        for ddl in self.to_run() {
            connection.batch_execute(&ddl.sql).map_err(|error| format!("{}: {error}", ddl.object))?;
        }
        Ok(())
    }
}

/// Both run [`GuardedMigration::statements`], which are those of the script's up or of its down.
impl<DB: Backend> Migration<DB> for GuardedMigration {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> MigrationResult<()> {
        self.execute(connection)
    }
    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> MigrationResult<()> {
        self.execute(connection)
    }
    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.metadata
    }
    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

/// The migrations that this database needs.
#[derive(Debug)]
pub(crate) struct MigrationPlan<'a>(pub &'a [GuardedMigration]);

impl<DB: Backend> MigrationSource<DB> for MigrationPlan<'_> {
    fn migrations(&self) -> MigrationResult<Vec<Box<dyn Migration<DB>>>> {
        let boxed = |guarded: &GuardedMigration| Box::new(guarded.clone()) as Box<dyn Migration<DB>>;
        Ok(self.0.iter().map(boxed).collect())
    }
}
