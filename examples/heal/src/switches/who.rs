//! Who throws a switch: by the key that is enrolled, or else the user of this machine, whose store it is.

use crate::people::{Enrolled, EnrolledOptions};
use crate::run::Refusal;
use crate::store::Place;

/// The name by which this user's key is enrolled, or `user:NAME`.
pub(super) fn who(place: &Place) -> Result<String, Refusal> {
    let document = Enrolled::find(&EnrolledOptions::default(), place).read()?;
    Ok(match document.own_name()? {
        Some(name) => name,
        None => user(),
    })
}

/// Variables can be set by anybody, the user's number can't.
fn user() -> String {
    let number = rustix::process::getuid().as_raw();
    match crate::people::user() {
        Some(name) => format!("user:{name} ({number})"),
        None => format!("user:{number}"),
    }
}
