//! Who throws a switch: by the key that is enrolled, or else the user of this machine, whose store it is.

use selfheal_core::time::Timestamp;

use crate::exit;
use crate::people::{Document, Enrolled, EnrolledOptions};
use crate::run::Refusal;
use crate::store::Place;

/// The role of those who may let healers do more. Where nobody has it, all who are enrolled may.
const OPERATOR: &str = "operator";

/// Which way a switch turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Healers may do less than before: anybody may ask for that.
    Tighter,
    /// They may do more.
    Looser,
}

/// The name by which this user's key is enrolled, or `user:NAME`.
///
/// # Errors
/// Where people are enrolled, whoever isn't one of them may not turn a switch the loose way: the account that heals can write to
/// the store, and would grant itself what it likes.
pub(super) fn who(place: &Place, turn: Turn, now: Timestamp) -> Result<String, Refusal> {
    let document = Enrolled::find(&EnrolledOptions::default(), place).read()?;
    let name = document.own_name()?;
    if turn == Turn::Looser && document.count() > 0 {
        return operator(&document, name, now);
    }
    Ok(name.unwrap_or_else(user))
}

fn operator(document: &Document, name: Option<String>, now: Timestamp) -> Result<String, Refusal> {
    let role = document.has_role(OPERATOR).then_some(OPERATOR);
    let whom = role.map_or_else(String::new, |role| format!(" of role {role}"));
    let refused = |is: String| {
        let message =
            format!("this lets healers do more: expected a person{whom} whom {} enrols, {is}", document.place());
        Refusal { status: exit::REFUSED, message }
    };
    let Some(name) = name else { return Err(refused("and you have no key that it enrols".to_owned())) };
    let person = document.people().person(&name).unwrap_or_default();
    if person.has_expired(now) {
        return Err(refused(format!("and {name} counts no more")));
    }
    match role.is_none_or(|role| person.roles.contains(role)) {
        true => Ok(name),
        false => Err(refused(format!("and {name} is not"))),
    }
}

/// Variables can be set by anybody, the user's number can't.
fn user() -> String {
    let number = rustix::process::getuid().as_raw();
    match crate::people::user() {
        Some(name) => format!("user:{name} ({number})"),
        None => format!("user:{number}"),
    }
}
