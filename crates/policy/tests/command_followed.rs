//! What the follower can't follow exactly leaves a doubt: nothing of these scripts may run with nobody asked.
#![cfg(feature = "commands")]

use selfheal_policy::command::assess;

fn none_only_reads(scripts: &[&str]) {
    for script in scripts {
        assert!(!assess(script).is_read_only(), "{script}");
    }
}

fn each_only_reads(scripts: &[&str]) {
    for script in scripts {
        assert!(assess(script).is_read_only(), "{script}: {:?}", assess(script));
    }
}

#[test]
fn a_name_means_the_systems_program_only_in_the_systems_directories() {
    none_only_reads(&["./ls", "bin/test -f x", "/tmp/cat notes.txt", "/usr/bin/../../tmp/ls", "../head -n1 a"]);
    each_only_reads(&["/bin/ls -l", "/usr/bin/head -n1 notes.txt"]);
}

#[test]
fn an_expansion_runs_what_stands_in_it() {
    none_only_reads(&[
        ": ${PWD^^$(halt)}",
        ": ${PWD,,`halt`}",
        ": ${a[$(halt)]^}",
        ": \"${x:-'$(halt)'}\"",
        ": \"${x:+'`halt`'}\"",
        ": ${x:=halt}; $x",
        ": ${#a[$(halt)]}",
        "cat <<END\n${x-'$(halt)'}\nEND",
        "x=$(<job); $x",
    ]);
}

#[test]
fn arithmetic_evaluates_names_and_subscripts() {
    none_only_reads(&[
        "declare 'v[$(halt)]=1'",
        "v=([$(halt)]=1)",
        "printf -v 'v[$(halt)]' 1",
        "printf -v'v[$(halt)]' 1",
        "read 'v[$(halt)]' <<< 1",
        "mapfile 'v[$(halt)]' <<< 1",
        "n='v[$(halt)]'; test -v n",
        "n='v[$(halt)]'; m=n; (( m ))",
        "n='v[$(halt)]'; [[ n -eq 1 ]]",
        "n='v[$(halt)]'; let n",
        "((halt) )",
    ]);
    each_only_reads(&["n=3; true $((n * 2))", "(( (1 + 2) * 3 )); ls"]);
}

#[test]
fn every_way_to_set_a_variable_is_judged() {
    none_only_reads(&[
        "for LD_PRELOAD in ./e.so; do ls; done",
        "for PATH in /tmp/p; do ls; done",
        ": ${BASH_ENV:=./e.sh}; ls",
        "export $(cat vars.txt); ls",
        "declare \"$N\"; ls",
        "read -r \"$N\" < vars.txt; ls",
        "IFS=x; ls",
        "hash -p /tmp/ls ls; ls",
        "hash -rp /tmp/ls ls; ls",
    ]);
}

#[test]
fn a_status_is_known_of_a_literal_alone() {
    none_only_reads(&[
        "read v < /dev/null || halt",
        "true < missing || halt",
        "{ true; } < missing || halt",
        "v=$(false) || halt",
        "shift || halt",
        "if true; then ls; else halt; fi",
        "if read -r v < f; then ls; elif true; then ls; else halt; fi",
    ]);
}

#[test]
fn a_program_that_is_started_knows_no_function_and_no_variable() {
    for script in [
        "rm() { :; }; sh -c 'rm -rf /srv'",
        "rm() { :; }; echo 'rm -rf /srv' | bash",
        "rm() { :; }; sudo rm -rf /srv",
        "rm() { :; }; su -c 'rm -rf /srv'",
        "g() { rm -rf /srv; }; export -f g; bash -c g",
    ] {
        assert!(assess(script).is_destructive(), "{script}: {:?}", assess(script));
    }
    none_only_reads(&["v=true; bash -c '${v:-halt}'", "v=ls; v=true | $v", "v=ls; for i in $none; do v=id; done; $v"]);
}

#[test]
fn a_trap_runs_later() {
    none_only_reads(&["trap -- halt EXIT; ls", "v=ls; trap 'v=halt' DEBUG; $v", "trap 'ls() { halt; }' DEBUG; ls"]);
}

#[test]
fn what_is_read_is_on_a_list() {
    none_only_reads(&[
        "cat *",
        "cat .e?v",
        "head -n5 .[e]nv",
        "grep -rn x .",
        "grep --recur x .",
        "diff -r a b",
        "cd ~/.aws && cat config",
        "cd /proc/1; cat environ",
        "cat ~/.m2/settings.xml",
        "cat prod.tfvars",
        "cat < .envrc",
        "jq -n 'import \"x\" as $d; $d'",
        "jq . --slurpfile v /run/v",
        "set",
        "export | grep T",
        "declare",
    ]);
    each_only_reads(&[
        "cat build.log",
        "grep -n error logs/build.log",
        "tail -n 50 /var/log/syslog",
        "cd src && wc -l a.c",
    ]);
}

#[test]
fn what_writes_by_an_option_or_by_a_device_does_not_only_read() {
    none_only_reads(&[
        "tree -oout",
        "tree -ao out",
        "base64 -i a -o b",
        "base64 --outp=b a",
        "ls > /dev/fd/../../../etc/motd",
        "ls 2> /dev/fd/x",
    ]);
    each_only_reads(&["ls > /dev/null 2>&1", "ls 2> /dev/fd/2"]);
}
