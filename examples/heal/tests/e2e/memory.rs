//! What healed a failure once is tried first when it comes back, and trusted no more than anything else.

use crate::common::{BROKEN, MENDED, Service, edit_line};

#[test]
fn the_second_time_nothing_is_diagnosed_and_everything_is_checked() {
    let service = Service::new();
    service.heal_json(&[]).assert_gist(0, "healed", "missing_configuration", 3);
    service.world.write("service.conf", BROKEN);
    let second = service.heal_json(&[]);
    second.assert_gist(0, "healed", "missing_configuration", 3);
    assert_eq!(second.json()["source"], "memory");
    assert_eq!(service.world.starts(), 6, "first, on the copy, in the directory; twice");
    assert_eq!(service.conf(), MENDED);
}

#[test]
fn a_remembered_fix_that_no_longer_fits_is_set_aside_for_a_diagnosis() {
    let service = Service::new();
    service.heal_json(&[]);
    service.world.write("service.conf", "# another comment\nworkers = 0 \n");
    let trailing_space = edit_line("error: workers must be at least 1", "workers = 0 ", "workers = 4");
    service.world.aside("runbooks/workers.yaml", &trailing_space);
    let second = service.heal_json(&[]);
    assert_eq!((second.status, second.json()["source"].as_str()), (Some(0), Some("runbook")), "{second}");
    assert_eq!(service.conf(), "# another comment\nworkers = 4\n");
}

#[test]
fn a_remembered_fix_that_no_longer_helps_is_taken_back() {
    let service = Service::new();
    service.heal_json(&[]);
    service.world.write("service.conf", BROKEN);
    service.refuse_in_place();
    let before = service.world.snapshot();
    let second = service.heal_json(&[]);
    assert_eq!((second.status, second.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{second}");
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn production_is_not_healed_from_memory() {
    let service = Service::new();
    service.heal_json(&[]);
    service.world.write("service.conf", BROKEN);
    let second = service.heal_json(&["--env", "production"]);
    assert_eq!((second.status, service.conf().as_str()), (Some(22), BROKEN), "{second}");
}
