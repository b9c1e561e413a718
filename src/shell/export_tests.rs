#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("a/out");
    (home, out)
}

fn refused(answer: Answer<Written>) -> String {
    answer.unwrap_err().to_string()
}

#[test]
fn e19_a_missing_folder_is_made_for_its_owner_alone_and_files_are_private() {
    let (_home, out) = folder();
    assert_eq!(export(&out, &[("iam/x/trust.json", "{}\n"), ("commands.sh", "#\n")], false), Ok(Written::All(2, 0)));
    let mode = |path: &str| out.join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("iam"), mode("iam/x"), mode("iam/x/trust.json")), (0o700, 0o700, 0o700, 0o600));
    assert_eq!(mode("commands.sh"), 0o700);
}

#[test]
fn e19_what_differs_is_shown_first_and_nothing_is_written() {
    let (_home, out) = folder();
    export(&out, &[("a.json", "one\n"), ("b.json", "same\n")], false).unwrap();
    let again = [("a.json", "two\n"), ("b.json", "same\n"), ("c.json", "new\n")];
    let Written::Differs(lines) = export(&out, &again, false).unwrap() else { panic!("it was written") };
    let lines: Vec<&str> = lines.iter().map(Shown::as_str).collect();
    assert_eq!(lines, ["a.json", "-one", "+two"]);
    assert_eq!(std::fs::read_to_string(out.join("a.json")).unwrap(), "one\n");
    assert!(!out.join("c.json").exists());
    assert_eq!(export(&out, &again, true), Ok(Written::All(2, 1)));
    assert_eq!(std::fs::read_to_string(out.join("a.json")).unwrap(), "two\n");
    let names: Vec<_> = std::fs::read_dir(&out).unwrap().collect();
    assert_eq!(names.len(), 3, "nothing is left beside: {names:?}");
}

#[test]
fn e19_links_inside_are_refused_before_anything_is_written() {
    for link in ["a.json", "iam"] {
        let (home, out) = folder();
        std::fs::create_dir_all(&out).unwrap();
        std::fs::create_dir(home.path().join("elsewhere")).unwrap();
        symlink(home.path().join("elsewhere"), out.join(link)).unwrap();
        let said = refused(export(&out, &[("iam/t.json", "x"), ("a.json", "x")], true));
        assert!(said.contains("symbolic link") && said.contains(link), "{said}");
        assert_eq!(std::fs::read_dir(home.path().join("elsewhere")).unwrap().count(), 0);
    }
}

#[test]
fn e19_a_folder_that_everybody_may_write_into_is_refused_unless_it_is_sticky() {
    let (_home, out) = folder();
    std::fs::create_dir_all(&out).unwrap();
    let open = |mode| std::fs::set_permissions(&out, std::fs::Permissions::from_mode(mode)).unwrap();
    open(0o777);
    let inner = out.join("inner");
    for folder in [&out, &inner] {
        let said = refused(export(folder, &[("a", "x")], false));
        assert!(said.contains("everybody may write"), "{said}");
    }
    open(0o1777);
    assert_eq!(export(&inner, &[("a", "x")], false), Ok(Written::All(1, 0)));
}

#[test]
fn e19_folders_and_links_of_others_are_refused() {
    let (home, out) = folder();
    std::fs::create_dir_all(&out).unwrap();
    let link = home.path().join("link");
    symlink(&out, &link).unwrap();
    let (dir, link) = (out.metadata().unwrap(), link.symlink_metadata().unwrap());
    let us = dir.uid();
    assert_eq!((safe(&dir, true, us), safe(&link, true, us)), (Ok(()), Ok(())));
    let other = us + 1;
    assert_eq!(safe(&dir, true, other), Err("it belongs to another user"));
    // Folders above are others' in any case; a link of root's is the system's own.
    assert_eq!(safe(&dir, false, other), Ok(()));
    let foreign = if us == 0 { Ok(()) } else { Err("it is a symbolic link of another user") };
    assert_eq!(safe(&link, false, other), foreign);
}

#[test]
fn e19_a_file_a_folder_or_a_long_name_in_the_way_is_said() {
    let (home, out) = folder();
    std::fs::write(home.path().join("a"), "a file").unwrap();
    assert!(refused(export(&out, &[("x", "x")], true)).contains("it is a file"));
    let out = home.path().join("b");
    std::fs::create_dir_all(out.join("x")).unwrap();
    assert!(refused(export(&out, &[("x", "x")], true)).contains("no file"));
    let long = "x".repeat(256);
    assert!(refused(export(&out, &[(&long, "x")], true)).contains("longer than 255 bytes"));
    for path in ["../x", "/x", "a/../../x", ""] {
        assert!(refused(export(&out, &[(path, "x")], true)).contains("out of the folder"), "{path:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn e19_a_folder_that_takes_no_file_is_said() {
    // The kernel's own folder, as a disk without space: the new file cannot be made.
    let said = refused(export(Path::new("/proc/self"), &[("x", "x")], true));
    assert!(said.contains("/proc/self/x cannot be written"), "{said}");
}

#[test]
fn e19_a_tilde_is_the_home() {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    assert_eq!(expanded("~/backups"), home.join("backups"));
    assert_eq!(expanded("~"), home);
    assert_eq!(expanded("~other/x"), PathBuf::from("~other/x"));
    assert_eq!(expanded("a/~"), PathBuf::from("a/~"));
}
