//! The report as a page: one model in two languages, and a renderer for each format. Nothing is computed here that
//! `report` and `reconciliation` have not computed.

mod build;
mod chart;
pub(crate) mod csv_files;
pub(crate) mod html;
pub(in crate::cli::render) mod labels;
pub(crate) mod markdown;
mod model;
pub(crate) mod sample;
mod sections;
mod style;
pub(crate) mod text;
pub(crate) mod words;
pub(crate) mod workbook;

pub(crate) use crate::cli::render::page::build::build;
pub(crate) use crate::cli::render::page::model::ReportPage;
