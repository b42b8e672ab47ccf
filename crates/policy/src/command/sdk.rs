//! Calls of a service's library, as they appear in programs and consoles: `gateway.subscription.cancel('id')`.

use super::assessment::DestructionKind::{self, Payments, Service};
use super::findings::Judgement;

/// Methods that end or remove what the object stands for.
const METHODS: &[&str] = &[
    "delete",
    "destroy",
    "cancel",
    "cancelImmediately",
    "cancel_immediately",
    "del",
    "remove",
    "void",
    "refund",
    "purge",
    "drop",
    "deleteMany",
    "deleteAll",
    "delete_all",
    "destroy_all",
    "deactivate",
    "terminate",
    "revoke",
    "archive",
    "dropDatabase",
    "truncate",
    "flushall",
    "flushdb",
    "delete_object",
    "delete_bucket",
    "delete_objects",
    "terminate_instances",
    "delete_stack",
    "delete_table",
    "delete_topic",
    "delete_index",
    "delete_collection",
    "drop_collection",
    "detach",
    "disable",
    "close",
    "expire",
    "unsubscribe",
    "clear",
];

/// Objects of payment services.
const PAYMENT: &[&str] = &[
    "customer",
    "subscription",
    "payment",
    "charge",
    "refund",
    "transaction",
    "invoice",
    "card",
    "plan",
    "gateway",
    "stripe",
    "braintree",
    "square",
    "paypal",
    "merchant",
    "payout",
    "dispute",
    "address",
    "coupon",
];

/// A call that stands alone where a shell command should; `None` if it loses nothing.
pub(super) fn bare_call(script: &str) -> Option<Judgement> {
    let script = script.trim();
    if script.contains(char::is_whitespace)
        && !script.contains("= ")
        && script.find('(').is_none_or(|open| script[..open].contains(' '))
    {
        return None;
    }
    judged(script)
}

/// A call among the lines of a program.
pub(super) fn call_in(code: &str) -> Option<Judgement> {
    const MOST_LINES: usize = 200;
    let services = [
        "stripe",
        "braintree",
        "square",
        "boto3",
        "gateway.",
        "client.",
        "twilio",
        "algolia",
        "sendgrid",
        "launchdarkly",
        "MongoClient",
        "redis",
    ];
    if !services.iter().any(|service| code.contains(service)) {
        return None;
    }
    code.split([';', '\n']).take(MOST_LINES).find_map(|line| judged(line.trim()))
}

fn judged(statement: &str) -> Option<Judgement> {
    let (chain, arguments) = statement.split_once('(')?;
    let chain = chain.rsplit(['=', ' ']).next().unwrap_or(chain).trim_start_matches("await ");
    let (object, method) = chain
        .rsplit_once(['.', ':'])
        .map(|(object, method)| (object.trim_end_matches([':', '-']), method.trim_start_matches('>')))?;
    let named = METHODS.iter().any(|known| {
        method.strip_prefix(known).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('_') || rest.starts_with(|c: char| c.is_ascii_uppercase())
        })
    });
    let plain = !object.is_empty()
        && object.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | ':' | '$' | '-' | '>' | '\\'));
    if !named || !plain {
        return None;
    }
    let lower = object.to_ascii_lowercase();
    let kind: DestructionKind = if PAYMENT.iter().any(|name| lower.contains(name)) { Payments } else { Service };
    let argument = arguments.trim_end_matches([')', ';', ' ']);
    Some(Judgement::loss(kind, format!("calls {method} on {object} {argument}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart_by_method() {
        assert!(bare_call("gateway.subscription.cancel('sub_1')").is_some());
        assert!(bare_call("stripe.Customer.delete(\"cus_1\")").is_some());
        assert!(bare_call("Braintree::Customer.delete('x')").is_some());
        assert!(bare_call("braintree.Customer.find('cust_1')").is_none());
        assert!(bare_call("echo a.delete(b)").is_none());
    }
}
