//! Removes what a terminal would act on and a reader would not see.
//!
//! Escape sequences follow ECMA-48: CSI (`ESC [`), the string controls OSC, DCS, SOS, PM and APC, and the short `ESC x`
//! forms. A carriage return is an overwrite, as progress bars use it: what follows replaces what stood on the line.

use std::borrow::Cow;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;

/// The text as it stands on the screen in the end: no escape sequences, no overwritten progress, no backspaces.
///
/// `\r\n` becomes `\n`. Borrows when there is nothing to remove. Idempotent, and linear in the length of the text.
#[must_use]
pub fn strip(text: &str) -> Cow<'_, str> {
    match strip_bytes(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

/// [`strip`] for bytes that may not be UTF-8; invalid bytes pass through.
#[must_use]
pub fn strip_bytes(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = bytes.iter().position(|&byte| is_control(byte)) else {
        return Cow::Borrowed(bytes);
    };
    let mut screen = Screen::with_capacity(bytes.len());
    screen.write(&bytes[..first]);
    let mut rest = &bytes[first..];
    while let Some(&byte) = rest.first() {
        let used = match byte {
            ESC => screen.escape(rest),
            _ if is_control(byte) => screen.control(byte),
            _ => screen.plain(rest),
        };
        rest = &rest[used..];
    }
    Cow::Owned(screen.out)
}

/// How many bytes at the start of `bytes` one escape sequence takes, 0 when it starts with none.
///
/// An unterminated string control takes only its introducer, so that hostile text cannot hide what follows.
pub(crate) fn escape_len(bytes: &[u8]) -> usize {
    match bytes {
        [ESC, b'[', rest @ ..] => 2 + csi_len(rest),
        [ESC, b']' | b'P' | b'X' | b'^' | b'_', rest @ ..] => 2 + string_len(rest),
        [ESC, 0x20..=0x2f, 0x30..=0x7e, ..] => 3,
        [ESC, 0x30..=0x7e, ..] => 2,
        [ESC, ..] => 1,
        _ => 0,
    }
}

fn csi_len(rest: &[u8]) -> usize {
    let parameters = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    match rest.get(parameters) {
        Some(0x40..=0x7e) => parameters + 1,
        _ => parameters,
    }
}

fn string_len(rest: &[u8]) -> usize {
    match rest.iter().position(|byte| matches!(*byte, BEL | ESC | b'\n')) {
        Some(end) if rest[end] == BEL => end + 1,
        Some(end) if rest[end..].starts_with(b"\x1b\\") => end + 2,
        _ => 0,
    }
}

/// Tab and newline are text; the other C0 controls and DEL act or show nothing.
fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t' && byte != b'\n') || byte == 0x7f
}

/// The output so far, with the little cursor state that overwriting needs.
struct Screen {
    out: Vec<u8>,
    line_start: usize,
    at_column_zero: bool,
}

impl Screen {
    fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), line_start: 0, at_column_zero: false }
    }

    fn plain(&mut self, rest: &[u8]) -> usize {
        let end = rest.iter().position(|&byte| is_control(byte)).unwrap_or(rest.len());
        self.write(&rest[..end]);
        end
    }

    fn write(&mut self, text: &[u8]) {
        if self.at_column_zero && text.first().is_some_and(|&byte| byte != b'\n') {
            self.out.truncate(self.line_start);
        }
        self.at_column_zero &= text.is_empty();
        self.out.extend_from_slice(text);
        if let Some(newline) = memchr::memrchr(b'\n', text) {
            self.line_start = self.out.len() - (text.len() - newline - 1);
        }
    }

    fn control(&mut self, byte: u8) -> usize {
        match byte {
            b'\r' => self.at_column_zero = true,
            BACKSPACE => self.erase_last_char(),
            _ => {}
        }
        1
    }

    fn escape(&mut self, rest: &[u8]) -> usize {
        let len = escape_len(rest);
        match &rest[..len] {
            [ESC, b'[', b'G'] | [ESC, b'[', b'1', b'G'] => self.at_column_zero = true,
            [ESC, b'[', b'2', b'K'] => self.out.truncate(self.line_start),
            [ESC, b'[', b'K'] | [ESC, b'[', b'0', b'K'] if self.at_column_zero => self.out.truncate(self.line_start),
            _ => {}
        }
        len
    }

    fn erase_last_char(&mut self) {
        while self.out.len() > self.line_start {
            let is_continuation = self.out.pop().is_some_and(|byte| byte & 0xc0 == 0x80);
            if !is_continuation {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(strip("error: \u{2716} nope\n\tat x"), Cow::Borrowed(_)));
    }

    #[test]
    fn colours_titles_and_charsets_go() {
        assert_eq!(
            strip("\x1b[31;1merror\x1b[0m: \x1b]0;title\x07x\x1b(By\x1b]8;;http://a\x1b\\link"),
            "error: xylink"
        );
    }

    #[test]
    fn the_last_progress_state_stays() {
        assert_eq!(strip("10%\r20%\r\ndone\r\n"), "20%\ndone\n");
        assert_eq!(strip("fold:start\r\x1b[0K$ make\r"), "$ make");
        assert_eq!(strip("time:end\r\x1b[0K\r\n"), "\n");
        assert_eq!(strip("spin |\x1b[2K\x1b[1Gready"), "ready");
    }

    #[test]
    fn backspaces_remove_whole_characters_of_their_line() {
        assert_eq!(strip("a\n\u{e9}\x08b\x08\x08\x08c"), "a\nc");
    }

    #[test]
    fn an_unterminated_title_hides_nothing() {
        assert_eq!(strip("\x1b]0;rest of the log\nnext"), "0;rest of the log\nnext");
    }

    #[test]
    fn invalid_utf8_passes_through() {
        assert_eq!(&*strip_bytes(b"\xff\x1b[1m\xfe"), b"\xff\xfe");
    }
}
