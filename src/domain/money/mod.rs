//! Amounts of money and commission rates, exact to the sen (1/100 rupiah); no floating point anywhere.

mod amount;
mod hundredths;
mod parse;
mod rate;

pub use crate::domain::money::amount::Money;
pub use crate::domain::money::parse::{MoneyError, MoneyStyle, parse, parse_rate};
pub use crate::domain::money::rate::Rate;
