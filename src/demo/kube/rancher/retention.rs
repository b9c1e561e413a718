//! What is too old goes, after the upload: its error fails the whole run, which then uploads again (F16).

use super::storage::{Client, words};
use crate::demo::aws;
use crate::demo::state::Account;

/// Deletes all but the newest `keep` files of a backup, one by one.
pub(super) fn run(account: &mut Account, client: &Client, folder: &str, start: &str, keep: u64) -> Result<(), String> {
    // The list's prefix is the folder without its slash: `F` also lists `F2/` (F29).
    let keys = aws::list_as(account, &client.who, &client.bucket, folder).map_err(|trouble| words(&trouble))?;
    let file = |key: &String| key.contains(start) && (key.ends_with(".tar.gz") || key.ends_with(".tar.gz.enc"));
    let mut files: Vec<String> = keys.into_iter().filter(file).collect();
    if folder.is_empty() {
        files.retain(|key| !key.contains('/'));
    }
    // The name ends in the time.
    files.sort_by(|one, other| other.cmp(one));
    for key in files.into_iter().skip(usize::try_from(keep).unwrap_or(usize::MAX)) {
        aws::delete_as(account, &client.who, &client.bucket, &key).map_err(|trouble| words(&trouble))?;
    }
    Ok(())
}
