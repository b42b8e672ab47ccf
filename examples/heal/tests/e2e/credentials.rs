//! A refused credential is never tried again.

use crate::common::World;

#[test]
fn a_refused_credential_is_told_and_not_repeated() {
    for output in [
        "npm error code E401\nnpm error 401 Unauthorized - GET https://registry.example.org/left-pad",
        "curl: (22) The requested URL returned error: 401",
        "fatal: Authentication failed for https://git.example.org/team/app.git/",
        "An error occurred (ExpiredToken) when calling the PutObject operation: The provided token has expired.",
    ] {
        let world = World::new();
        let before = world.snapshot();
        let ended = world.heal_json(
            &[],
            &["sh", "-c", "echo start >>\"$OUTSIDE/starts\"; printf '%s\\n' \"$0\" >&2; exit 1", output],
        );
        ended.assert_gist(20, "escalated", "stale_secret", 1);
        assert_eq!(world.starts(), 1);
        assert_eq!(world.snapshot(), before);
    }
}
