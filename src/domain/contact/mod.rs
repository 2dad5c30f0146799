//! E-mail addresses and phone numbers, by which people are recognised.

mod email;
mod invisible;
mod phone;

pub use crate::domain::contact::email::{Email, EmailError, suggested_address};
pub use crate::domain::contact::phone::{Phone, PhoneError, Phones, parse_phones};
