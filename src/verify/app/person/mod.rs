//! One person's whole story, for the support desk on the morning after: what the source said, what stands in the database,
//! and what each page of the app shows. The same reads as those of the checks, of one person.

mod gather;
mod look_up;
mod source_rows;
mod story;

pub(crate) use crate::verify::app::person::gather::tell;
pub(crate) use crate::verify::app::person::look_up::{PersonLookup, look_up};
pub(crate) use crate::verify::app::person::story::{
    AffiliateStory, OrderStory, PersonStory, RejectStory, RunStory, SourceRowStory,
};
