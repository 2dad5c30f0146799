//! The forms in which a shop's database is handed over, each read into an [`crate::extract::intake::Intake`].

pub(crate) mod form;
#[cfg(feature = "mysql")]
pub(crate) mod live;
mod phpmyadmin_csv;
mod phpmyadmin_json;
mod rest_json;
pub(crate) mod row;
mod sql_dump;
mod sql_tokens;
mod tsv;
mod unpacked;
mod window;
