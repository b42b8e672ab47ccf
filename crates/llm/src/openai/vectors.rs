//! Reads vectors, and checks that they are what was asked for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use selfheal_core::error::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::{Failure, FailureClass};

/// An answer with vectors.
#[derive(Deserialize)]
pub(super) struct Embedded {
    #[serde(default)]
    data: Vec<Numbered>,
    #[serde(default)]
    usage: Option<Counted>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Numbered {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vector,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vector {
    Floats(Vec<f32>),
    Base64(String),
}

#[derive(Deserialize)]
struct Counted {
    #[serde(default)]
    prompt_tokens: u64,
}

impl Embedded {
    /// Tokens that the server counted.
    pub(super) fn counted(&self) -> Option<u64> {
        self.usage.as_ref().map(|usage| usage.prompt_tokens).filter(|tokens| *tokens > 0)
    }
}

/// One vector for each of `texts` texts, in their order; each with `expected` numbers, or all with the same count.
pub(super) fn vectors(embedded: Embedded, texts: usize, expected: Option<usize>) -> Result<Vec<Vec<f32>>> {
    if embedded.error.is_some() || embedded.data.len() != texts {
        return Err(no_vectors(format!("{} vectors came for {texts} texts", embedded.data.len())));
    }
    let mut ordered: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (position, numbered) in embedded.data.into_iter().enumerate() {
        let at = numbered.index.unwrap_or(position);
        let place = ordered.get_mut(at).filter(|place| place.is_none());
        let place = place.ok_or_else(|| no_vectors(format!("no text has the number {at}, or two vectors have")))?;
        *place = Some(numbered.embedding.floats()?);
    }
    let vectors: Vec<_> = ordered.into_iter().flatten().collect();
    let dimensions = expected.or(vectors.first().map(Vec::len)).unwrap_or(0);
    vectors.iter().try_for_each(|vector| check(vector, dimensions))?;
    Ok(vectors)
}

impl Vector {
    fn floats(self) -> Result<Vec<f32>> {
        let text = match self {
            Self::Floats(floats) => return Ok(floats),
            Self::Base64(text) => text,
        };
        let bytes =
            BASE64_STANDARD.decode(text).map_err(|cause| no_vectors(format!("a vector is no base64: {cause}")))?;
        let (floats, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(no_vectors(format!("a vector has {} bytes, which are no 32-bit floats", bytes.len())));
        }
        Ok(floats.iter().map(|float| f32::from_le_bytes(*float)).collect())
    }
}

fn check(vector: &[f32], dimensions: usize) -> Result<()> {
    if vector.len() != dimensions || vector.is_empty() {
        return Err(no_vectors(format!("a vector has {} numbers; expected {dimensions}", vector.len())));
    }
    if !vector.iter().all(|number| number.is_finite()) {
        return Err(no_vectors("a vector has something in it that is no number".to_owned()));
    }
    Ok(())
}

fn no_vectors(why: String) -> Error {
    Failure::from(FailureClass::NotAnApi).error(format!("what came back can't be used as vectors: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, texts: usize, expected: Option<usize>) -> Result<Vec<Vec<f32>>> {
        vectors(serde_json::from_str(json).unwrap(), texts, expected)
    }

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        let json = r#"{"data": [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2.5]}]}"#;
        assert_eq!(read(json, 2, None).unwrap(), [[1.0, 2.5], [3.0, 4.0]]);
        assert_eq!(read(r#"{"data": [{"embedding": [1]}, {"embedding": [2]}]}"#, 2, Some(1)).unwrap(), [[1.0], [2.0]]);
    }

    #[test]
    fn base64_is_little_endian_floats() {
        let bytes: Vec<u8> = [1.0_f32, -2.0].iter().flat_map(|float| float.to_le_bytes()).collect();
        let json = format!(r#"{{"data": [{{"index": 0, "embedding": "{}"}}]}}"#, BASE64_STANDARD.encode(bytes));
        assert_eq!(read(&json, 1, Some(2)).unwrap(), [[1.0, -2.0]]);
    }

    #[test]
    fn what_was_not_asked_for_is_refused() {
        let cases = [
            (r#"{"data": []}"#, 1, None),
            (r#"{"error": "m"}"#, 0, None),
            (r#"{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}"#, 2, None),
            (r#"{"data": [{"index": 7, "embedding": [1]}]}"#, 1, None),
            (r#"{"data": [{"index": 0, "embedding": []}]}"#, 1, None),
            (r#"{"data": [{"index": 0, "embedding": [1, 2]}]}"#, 1, Some(3)),
            (r#"{"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [1]}]}"#, 2, None),
            (r#"{"data": [{"index": 0, "embedding": [1e40]}]}"#, 1, None),
            (r#"{"data": [{"index": 0, "embedding": "AAA="}]}"#, 1, None),
            (r#"{"data": [{"index": 0, "embedding": "*"}]}"#, 1, None),
        ];
        for (json, texts, expected) in cases {
            assert!(read(json, texts, expected).is_err(), "{json}");
        }
    }
}
