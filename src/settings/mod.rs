//! Where the options of a command line come from that nobody has typed: a file, the environment, the app's `.env`.
//!
//! An option that was typed goes before all of them; then the environment, the `.env`, the file's profile, the file, and
//! at last the option's own default. What comes from here is given to clap as a default, so that it is read by the
//! option's own rules, counts as no choice of the person who types, and gives way to an option that excludes it.

pub(crate) mod app_env;
pub(crate) mod file;
pub(crate) mod nearest;
pub(crate) mod option;
pub(crate) mod resolve;
pub(crate) mod template;

pub(crate) use resolve::{Origin, Settings, SettingsStart};
