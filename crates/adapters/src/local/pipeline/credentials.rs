//! Credentials in a command line that only their option gives away: `-u user:password`, `-ppassword`.
//!
//! A name that says so (`--password`, `TOKEN=…`) and known forms of secrets are the redactor's; here is what looks like any other
//! word. What is hidden in vain costs a person a look at the command; so a doubtful one is hidden.

/// What stands for a password, in the redactor's own form.
const HIDDEN: &str = "<secret:assigned>";

/// The options whose value is `user:password`, as curl, wget and docker have them.
const OF_USERS: [&str; 4] = ["-u", "-U", "--user", "--proxy-user"];

/// Programs whose `-p` is always a password.
const OF_PASSWORDS: [&str; 3] = ["mysql", "mariadb", "sshpass"];

/// Fewer characters are a switch and its argument.
const SHORTEST_DOUBTFUL: usize = 6;

/// Goes through the words of one command line, in order.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    next: Next,
    p_is_password: bool,
}

/// What the option before says of a word.
#[derive(Debug, Default, Clone, Copy)]
enum Next {
    #[default]
    Anything,
    User,
    Password,
}

impl Credentials {
    /// `word` without its credentials. One word may be a script, with words of its own.
    pub(super) fn hidden_in(&mut self, word: &str) -> String {
        let pieces = word.split_inclusive(char::is_whitespace);
        pieces.map(|piece| self.piece(piece)).collect()
    }

    fn piece(&mut self, piece: &str) -> String {
        let bare = piece.trim_matches(|c: char| c.is_whitespace() || "\"'`();".contains(c));
        if bare.is_empty() {
            return piece.to_owned();
        }
        match self.hidden(bare) {
            Some(hidden) => piece.replacen(bare, &hidden, 1),
            None => piece.to_owned(),
        }
    }

    /// `None` if there is nothing to hide.
    fn hidden(&mut self, word: &str) -> Option<String> {
        match std::mem::take(&mut self.next) {
            Next::User => return user(word),
            Next::Password if self.p_is_password || is_doubtful(word) => return Some(HIDDEN.to_owned()),
            Next::Password | Next::Anything => {}
        }
        let program = word.rsplit('/').next().unwrap_or(word);
        self.p_is_password |= OF_PASSWORDS.iter().any(|name| program.starts_with(name));
        if OF_USERS.contains(&word) {
            self.next = Next::User;
            return None;
        }
        if word == "-p" {
            self.next = Next::Password;
            return None;
        }
        self.attached(word)
    }

    /// An option with its value in one word.
    fn attached(&self, word: &str) -> Option<String> {
        if let Some(password) = word.strip_prefix("-p").filter(|password| !password.is_empty()) {
            return (self.p_is_password || is_doubtful(password)).then(|| format!("-p{HIDDEN}"));
        }
        OF_USERS.iter().find_map(|option| {
            let value = word.strip_prefix(option)?;
            let value = if option.starts_with("--") { value.strip_prefix('=')? } else { value };
            Some(format!("{}{}", &word[..word.len() - value.len()], user(value)?))
        })
    }
}

/// `name:password` without the password; numbers are ids of a user and a group.
fn user(word: &str) -> Option<String> {
    let (name, password) = word.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_harmless = password.is_empty() || password.starts_with("//") || is_number(name) && is_number(password);
    (!is_harmless).then(|| format!("{name}:{HIDDEN}"))
}

/// Whether it looks more like a password than like a path, a port, a version or the rest of a longer switch.
fn is_doubtful(word: &str) -> bool {
    let has = |kind: fn(char) -> bool| word.chars().any(kind);
    let is_path = word.starts_with(['/', '.', '~', '$']) || word.contains("//");
    let is_setting =
        word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    let mixed = has(|c| c.is_ascii_digit()) && has(char::is_alphabetic) || has(|c| "!@#%^&*?+".contains(c));
    word.len() >= SHORTEST_DOUBTFUL && mixed && !is_path && !is_setting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(words: &[&str]) -> String {
        let mut credentials = Credentials::default();
        words.iter().map(|word| credentials.hidden_in(word)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_password_that_only_its_option_gives_away_is_hidden() {
        for (words, expected) in [
            (&["curl", "-u", "bob:Zx9kQ", "https://x"][..], "curl -u bob:<secret:assigned> https://x"),
            (&["curl", "-ubob:pw", "x"], "curl -ubob:<secret:assigned> x"),
            (&["curl", "--proxy-user=bob:pw"], "curl --proxy-user=bob:<secret:assigned>"),
            (&["sh", "-c", "curl -u \"bob:pw\" x; true"], "sh -c curl -u \"bob:<secret:assigned>\" x; true"),
            (&["tool", "-pZx9kQw2"], "tool -p<secret:assigned>"),
            (&["docker", "login", "-p", "hunter2!"], "docker login -p <secret:assigned>"),
            (&["sh", "-c", "/usr/bin/mysqldump -psecret db"], "sh -c /usr/bin/mysqldump -p<secret:assigned> db"),
            (&["sshpass", "-p", "secret", "ssh", "host"], "sshpass -p <secret:assigned> ssh host"),
        ] {
            assert_eq!(hidden(words), expected);
        }
    }

    #[test]
    fn other_words_stay() {
        for words in [
            &["docker", "run", "-u", "1000:1000", "-p", "8080:80", "-p127.0.0.1:80:80"][..],
            &["find", ".", "-path", "./x", "-print"],
            &["mvn", "-pl", "module1", "-Pprofile", "-project=foo1"],
            &["cargo", "test", "-p", "selfheal", "-u", "name"],
            &["mkdir", "-p", "/a/b1/c", "&&", "cp", "-u", "a", "b"],
            &["sort", "-u", "https://example.org"],
        ] {
            assert_eq!(hidden(words), words.join(" "));
        }
    }
}
