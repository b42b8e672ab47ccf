//! Paths as they are written in JSON: text where they are text, and otherwise their bytes. A path of this system may hold any.
//!
//! For `#[serde(with = "…")]`.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Bytes(Vec<u8>),
}

pub(in crate::local) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => text.serialize(to),
        None => path.as_os_str().as_bytes().serialize(to),
    }
}

pub(in crate::local) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    Ok(match Written::deserialize(from)? {
        Written::Text(text) => text.into(),
        Written::Bytes(bytes) => OsString::from_vec(bytes).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(transparent)]
    struct Of(#[serde(with = "super")] PathBuf);

    #[test]
    fn any_path_comes_back_and_text_stays_text() {
        for bytes in [&b"a/b"[..], "größe".as_bytes(), b"n\xffot/text", b""] {
            let path = Of(OsString::from_vec(bytes.to_vec()).into());
            let written = serde_json::to_string(&path).unwrap();
            assert_eq!(written.starts_with('"'), std::str::from_utf8(bytes).is_ok(), "{written}");
            assert_eq!(serde_json::from_str::<Of>(&written).unwrap(), path);
        }
    }
}
