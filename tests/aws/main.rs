//! The AWS adapter against a canned AWS on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::format_push_string)]

mod answers;
mod credentials;
mod faults;
mod found;
mod pages;
mod pod_identity;
mod s3;
mod server;
mod tls;
