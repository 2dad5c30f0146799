//! A statement as Diesel has it, and as the server knows it.

use std::sync::Arc;

use diesel::pg::{
    FailedToLookupTypeError, Pg, PgMetadataCacheKey, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata,
};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{QueryBuilder as _, QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend::{self, BindError};

use super::row::{ResultColumn, columns};
use super::wire::unsendable;
use crate::store::engines::error::Result;

/// The text of a statement and the types of its parameters.
pub(super) type StatementKey = (String, Vec<u32>);

/// The parameters of a statement in their binary form; none for NULL.
pub(super) type Binds = Vec<Option<Vec<u8>>>;

/// A statement as the server knows it.
#[derive(Clone, Default)]
pub(super) struct PreparedStatement {
    /// Without a name it is forgotten with the next one.
    pub(super) name: String,
    /// Whether the server has taken it in.
    pub(super) is_known: bool,
    /// What its rows have; nothing before it ran for the first time.
    pub(super) columns: Option<Arc<[ResultColumn]>>,
}

impl PreparedStatement {
    /// Takes in what the server says of the statement; whatever else it says is handed on.
    pub(super) fn learn(
        &mut self,
        message: Message,
        on: &mut impl FnMut(&Arc<[ResultColumn]>, Message) -> Result<()>,
    ) -> Result<()> {
        match message {
            Message::ParseComplete => self.is_known = true,
            Message::RowDescription(said) => self.columns = Some(columns(&said)?),
            Message::NoData => self.columns = Some(Arc::new([])),
            message => return self.columns.as_ref().map_or(Ok(()), |columns| on(columns, message)),
        }
        Ok(())
    }
}

/// A statement as Diesel has it: its text with the types of its parameters, the parameters, and whether the server may
/// keep it by a name.
pub(super) fn described<T>(source: &T) -> QueryResult<(StatementKey, Binds, bool)>
where
    T: QueryFragment<Pg> + QueryId,
{
    let mut builder = PgQueryBuilder::default();
    source.to_sql(&mut builder, &Pg)?;
    let mut binds = RawBytesBindCollector::<Pg>::new();
    source.collect_binds(&mut binds, &mut BuiltInTypes, &Pg)?;
    let types: std::result::Result<Vec<u32>, _> = binds.metadata.iter().map(PgTypeMetadata::oid).collect();
    let types = types.map_err(|error| Error::SerializationError(Box::new(error)))?;
    Ok(((builder.finish(), types), binds.binds, source.is_safe_to_cache_prepared(&Pg)?))
}

/// Parameters and results all travel in their binary form.
pub(super) fn bind(statement: &str, binds: &[Option<Vec<u8>>], out: &mut bytes::BytesMut) -> Result<()> {
    let push = |value: &Option<Vec<u8>>, out: &mut bytes::BytesMut| {
        Ok(match value {
            Some(value) => {
                out.extend_from_slice(value);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    };
    frontend::bind("", statement, [1], binds, push, [1], out).map_err(|error| match error {
        BindError::Conversion(error) => unsendable(error),
        BindError::Serialization(error) => unsendable(error),
    })
}

/// How many rows a statement has touched, which the end of its tag says.
pub(super) fn rows_of(message: &Message) -> usize {
    let Message::CommandComplete(said) = message else { return 0 };
    let tag = said.tag().unwrap_or_default();
    tag.rsplit(' ').next().and_then(|rows| rows.parse().ok()).unwrap_or(0)
}

/// Only types of PostgreSQL's own are bound, and Diesel knows their numbers.
struct BuiltInTypes;

impl PgMetadataLookup for BuiltInTypes {
    fn lookup_type(&mut self, name: &str, schema: Option<&str>) -> PgTypeMetadata {
        let key =
            PgMetadataCacheKey::new(schema.map(|schema| schema.to_owned().into()), name.to_owned().into());
        PgTypeMetadata::from_result(Err(FailedToLookupTypeError::new(key)))
    }
}
