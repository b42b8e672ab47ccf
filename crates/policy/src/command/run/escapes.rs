//! Backslash escapes of `$'…'`, `echo -e` and `printf`.

/// Undoes the escapes of `$'…'`; one that isn't known stays as it is.
pub(in crate::command) fn ansi_c(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let used = decode(escape, &mut result);
        rest = &escape[used..];
    }
    result.push_str(rest);
    result
}

/// Appends what the escape at the start of `escape` stands for; returns its length.
fn decode(escape: &str, result: &mut String) -> usize {
    let Some(first) = escape.chars().next() else {
        result.push('\\');
        return 0;
    };
    let simple = match first {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'v' => Some('\u{b}'),
        'e' | 'E' => Some('\u{1b}'),
        '\\' | '\'' | '"' | '?' => Some(first),
        _ => None,
    };
    if let Some(character) = simple {
        result.push(character);
        return 1;
    }
    match first {
        'x' => numeric(escape, 1, 2, 16, result),
        'u' => numeric(escape, 1, 4, 16, result),
        'U' => numeric(escape, 1, 8, 16, result),
        // `echo -e` writes octal as `\0nnn`.
        '0' => numeric(escape, 0, 4, 8, result),
        '1'..='7' => numeric(escape, 0, 3, 8, result),
        _ => {
            result.push('\\');
            0
        }
    }
}

fn numeric(escape: &str, skip: usize, most: usize, radix: u32, result: &mut String) -> usize {
    let digits: String = escape.chars().skip(skip).take(most).take_while(|c| c.is_digit(radix)).collect();
    let value = u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32);
    let Some(character) = value else {
        result.push('\\');
        return 0;
    };
    result.push(character);
    skip + digits.len()
}

#[cfg(test)]
mod tests {
    use super::ansi_c;

    #[test]
    fn every_form_is_undone() {
        assert_eq!(ansi_c(r"\x72\155 \u002d\162\146\n"), "rm -rf\n");
        assert_eq!(ansi_c(r"\0162m \q \x"), r"rm \q \x");
        assert_eq!(ansi_c("plain"), "plain");
        assert_eq!(ansi_c("\\"), "\\");
    }
}
