//! The contract of the ports: what each method answers, and how it refuses.
//!
//! The cases are written against a [`fixture::Fixture`] and hold for the demo world and for the real
//! adapters alike; only what both can promise is asserted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, clippy::missing_panics_doc)]

#[path = "../testbed/mod.rs"]
mod testbed;

mod fixture;
mod helm;
mod host;
mod iam;
mod identity;
mod kms;
mod kube;
mod look;
mod objects;
mod pod_identity;
mod s3;
mod spaces;
mod velero;

/// All cases, by subject, given to a macro. Where they share a world they run in this order.
macro_rules! cases {
    ($given_to:ident) => {
        $given_to! {
            host { the_clock_goes_on_with_sleep, random_bytes_are_as_many_as_asked }
            iam {
                the_caller_is_the_account,
                the_region_and_its_cluster_are_listed,
                a_cluster_says_how_it_is_reached,
                no_cluster_is_none,
                an_addon_says_its_status,
                no_addon_is_none,
                a_cluster_token_expires_later,
                a_provider_comes_and_goes,
                providers_are_listed_by_arn,
                a_second_provider_exists,
                a_providers_audiences_change,
                a_role_is_read_as_it_was_made,
                a_second_role_exists,
                no_role_is_none,
                a_roles_parts_change,
                inline_policies_come_and_go,
                managed_policies_are_attached_and_detached,
                a_policy_that_is_not_there_is_not_attached,
                a_role_with_policies_is_not_deleted,
                a_trust_policy_that_is_no_json_is_invalid,
                a_trust_policy_over_2048_characters_is_over_quota,
                roles_trusting_a_provider_are_found,
            }
            identity {
                a_token_is_exchanged,
                another_service_account_is_denied,
                f02_an_audience_that_the_provider_lacks_is_invalid,
                f01_without_a_provider_the_token_is_invalid,
                a_wrong_token_is_no_token,
                a_session_may_do_what_the_role_may,
                a_session_may_not_leave_its_prefix,
                f19_a_boundary_bounds_the_session_and_is_named,
                f19_a_bucket_policys_deny_is_named,
                f33_a_key_that_the_role_may_not_use_denies_the_put,
            }
            pod_identity {
                an_association_comes_changes_and_goes,
                a_second_association_of_a_service_account_exists,
                a_repeated_token_makes_no_second_association,
                a_role_that_is_not_there_is_not_associated,
                associations_are_found_by_their_service_accounts,
                an_addon_comes_and_goes,
                the_versions_of_an_addon_have_one_default,
                the_simulator_says_what_a_role_may_do,
                the_simulator_is_asked_once_for_many_resources,
            }
            kms {
                a_key_is_found_by_id_arn_and_alias,
                no_key_is_none,
                aliases_are_listed_with_the_keys_that_they_name,
                a_second_alias_exists,
                rotation_is_turned_on_and_off,
                a_rotation_of_ten_days_is_invalid,
                a_key_policy_is_read_back,
            }
            s3 {
                a_bucket_comes_and_goes,
                a16_buckets_are_listed_with_their_regions,
                a_foreign_bucket_is_foreign_and_taken,
                a_bucket_has_the_defaults_of_aws,
                documents_are_put_read_and_deleted,
                tags_come_with_the_create_call,
                versioning_is_suspended_not_deleted,
                object_lock_cannot_be_removed,
                a_document_that_is_no_json_is_invalid,
                a_bucket_policy_that_is_no_json_is_invalid,
                a_bucket_that_is_not_there_is_not_found,
            }
            objects {
                versions_and_delete_markers_are_listed,
                without_versioning_the_version_is_null,
                a_bucket_with_versions_is_not_deleted,
                the_top_level_has_folders_and_names,
                a_missing_object_is_not_found,
                an_objects_size_is_known,
            }
            kube {
                // Before anything installs the types.
                types_that_are_not_served_are_empty,
                a_type_that_is_not_served_is_followed_as_an_empty_list,
                the_server_says_its_version,
                an_object_is_created_read_listed_and_deleted,
                a_second_create_exists,
                absent_objects_are_none,
                a_namespace_must_be_there,
                labels_select,
                a_patch_sets_and_removes,
                apply_owns_what_it_sets,
                a_strategic_patch_changes_one_variable_and_names_no_other,
                apply_takes_over_what_was_created,
                apply_conflicts_with_another_manager,
                delete_spares_an_object_with_another_uid,
                a_namespace_takes_its_content_along,
                a_change_is_waited_for,
                a_wait_ends_without_a_change,
                tokens_are_minted_for_accounts_that_are_there,
                a_list_is_followed,
                a_log_needs_its_pod,
                what_the_caller_may_do_is_reviewed,
            }
            look { a_cluster_is_found_in_its_region, a26_all_of_a_cluster_that_can_be_read_is_known }
            helm {
                the_version_is_new_enough,
                no_release_is_none,
                a_release_is_installed_upgraded_rolled_back_and_removed,
                the_chart_adopts_a_service_account_with_helms_marks,
                a_service_account_without_helms_marks_is_taken,
                unknown_values_are_invalid,
                f23_untouched_locations_are_invalid,
                a_namespace_that_is_not_there_is_not_found,
            }
            velero { from_nothing_to_a_proven_restore }
        }
    };
}

/// Runs each case against the demo world, as a test of its own.
macro_rules! against_the_demo {
    ($($subject:ident { $($case:ident),* $(,)? })*) => {
        mod demo {
            $(mod $subject {
                $(#[tokio::test]
                async fn $case() {
                    crate::$subject::$case(&crate::fixture::demo(stringify!($case))).await;
                })*
            })*
        }
    };
}

cases!(against_the_demo);

mod demo_pod_identity;
mod failures;
mod rancher;
mod real;
mod world;
