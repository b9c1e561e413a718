//! What an API server may answer (security.md 7.3).

use crate::canned::Canned;
use crate::connected;
use lifeboat::ports::{Kind, Trouble, TroubleKind};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

async fn get_trouble(answer: Canned) -> Trouble {
    let (_api, kube) = connected(vec![answer]).await;
    kube.get(Kind::Secret, "ns", "a").await.unwrap_err()
}

async fn write_trouble(answer: Canned) -> Trouble {
    let (_api, kube) = connected(vec![answer]).await;
    kube.apply(Kind::Deployment, &json!({"metadata": {"namespace": "ns", "name": "a"}})).await.unwrap_err()
}

#[tokio::test]
async fn a02_a_403_names_the_rule_to_add() {
    let text = "secrets \"a\" is forbidden: User \"ada\" cannot get resource \"secrets\" in API group \"\" in the namespace \"ns\"";
    let trouble = get_trouble(Canned::status(403, "Forbidden", text)).await;
    assert_eq!(
        (trouble.kind, trouble.call.as_str(), trouble.resource.as_str()),
        (TroubleKind::Denied, "kubernetes: get Secret", "ns/a")
    );
    let rule = r#"{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}"#;
    assert!(trouble.todo.as_str().contains(rule), "{trouble}");
    assert!(trouble.todo.as_str().contains("Role in the namespace 'ns'"), "{trouble}");
    assert_eq!(trouble.why.as_str(), text);
}

#[tokio::test]
async fn a07_409_already_exists_is_exists() {
    let (_api, kube) = connected(vec![Canned::status(409, "AlreadyExists", "secrets \"a\" already exists")]).await;
    let trouble = kube.create(Kind::Secret, &json!({"metadata": {"namespace": "ns", "name": "a"}})).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Exists);
}

#[tokio::test]
async fn a08_an_apply_conflict_names_fields_and_managers() {
    let body = json!({"kind": "Status", "reason": "Conflict", "code": 409, "message": "Apply failed with 1 conflict", "details": {"causes": [
        {"reason": "FieldManagerConflict", "message": "conflict with \"kubectl\" using apps/v1", "field": ".spec.replicas"}]}});
    let trouble = write_trouble(Canned::new(409, body)).await;
    assert_eq!(trouble.kind, TroubleKind::Busy);
    assert_eq!(trouble.why.as_str(), ".spec.replicas: conflict with \"kubectl\" using apps/v1");
}

#[tokio::test]
async fn an_apply_takes_over_what_lifeboat_itself_created_and_nothing_else() {
    let conflict = |managers: &[&str]| {
        let causes: Vec<_> = managers
            .iter()
            .map(|name| json!({"reason": "FieldManagerConflict", "message": format!("conflict with \"{name}\" using v1"), "field": ".data.a"}))
            .collect();
        Canned::new(
            409,
            json!({"kind": "Status", "reason": "Conflict", "code": 409, "message": "m", "details": {"causes": causes}}),
        )
    };
    let object = json!({"metadata": {"namespace": "ns", "name": "a"}});
    let (api, kube) = connected(vec![conflict(&["lifeboat"]), Canned::new(200, &object)]).await;
    kube.apply(Kind::Secret, &object).await.unwrap();
    assert!(api.asked()[1].path.ends_with("force=true"));
    let (api, kube) = connected(vec![conflict(&["lifeboat", "helm"])]).await;
    assert_eq!(kube.apply(Kind::Secret, &object).await.unwrap_err().kind, TroubleKind::Busy);
    assert_eq!(api.asked().len(), 1);
}

#[tokio::test]
async fn a_422_names_the_fields() {
    let body = json!({"kind": "Status", "reason": "Invalid", "code": 422, "message": "long", "details": {"causes": [
        {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.selector"}]}});
    let trouble = write_trouble(Canned::new(422, body)).await;
    assert_eq!((trouble.kind, trouble.why.as_str()), (TroubleKind::Invalid, "spec.selector: Required value"));
}

#[tokio::test]
async fn a25_a_429_is_repeated_after_retry_after() {
    let (api, kube) = connected(vec![
        Canned::status(429, "TooManyRequests", "slow").with("retry-after", "0"),
        Canned::status(429, "TooManyRequests", "slow").with("retry-after", "0"),
        Canned::new(200, json!({"gitVersion": "v1"})),
    ])
    .await;
    assert_eq!(kube.version().await.unwrap(), "v1");
    assert_eq!(api.asked().len(), 3);
}

#[tokio::test]
async fn a25_a_429_that_asks_for_an_hour_is_not_waited_for() {
    let (api, kube) = connected(vec![Canned::status(429, "TooManyRequests", "slow").with("retry-after", "3600")]).await;
    let trouble = kube.version().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Throttled);
    assert!(trouble.todo.as_str().contains("3600 s"), "{trouble}");
    assert_eq!(api.asked().len(), 1);
}

#[tokio::test]
async fn a25_a_429_without_end_stops() {
    let (api, kube) = connected(vec![Canned::status(429, "TooManyRequests", "slow").with("retry-after", "0")]).await;
    assert_eq!(kube.version().await.unwrap_err().kind, TroubleKind::Throttled);
    assert_eq!(api.asked().len(), 5);
}

#[tokio::test]
async fn a25_a_webhook_that_refuses_is_named() {
    let text = "admission webhook \"policy.example.com\" denied the request: \u{1b}[31mno\r\n";
    let trouble = write_trouble(Canned::status(400, "BadRequest", text)).await;
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Invalid, "AdmissionDenied"));
    assert!(trouble.what.as_str().contains("'policy.example.com'"), "{trouble}");
    let text = "Internal error occurred: failed calling webhook \"down.example.com\": failed to call webhook: connection refused";
    let trouble = write_trouble(Canned::status(500, "InternalError", text)).await;
    assert_eq!(trouble.kind, TroubleKind::Server);
    assert!(trouble.what.as_str().contains("'down.example.com' does not answer"), "{trouble}");
    let text = "deployments.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'limits' with binding 'all' denied request: too many";
    let trouble = write_trouble(Canned::status(403, "Forbidden", text)).await;
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Invalid, "AdmissionDenied"));
    assert!(trouble.what.as_str().contains("'limits'"), "{trouble}");
}

#[tokio::test]
async fn quotas_and_dying_namespaces_are_not_told_as_missing_rights() {
    let quota =
        write_trouble(Canned::status(403, "Forbidden", "x is forbidden: exceeded quota: q, requested: pods=1")).await;
    assert_eq!(quota.kind, TroubleKind::Quota);
    let dying = write_trouble(Canned::status(
        403,
        "Forbidden",
        "unable to create new content in namespace ns because it is being terminated",
    ))
    .await;
    assert_eq!(dying.kind, TroubleKind::Busy);
}

#[tokio::test]
async fn a14_html_is_never_an_answer_whatever_its_status() {
    for status in [200, 403, 404, 500] {
        let trouble = get_trouble(Canned::html(status)).await;
        assert_eq!(trouble.kind, TroubleKind::Unreadable, "{status}");
        assert!(trouble.why.as_str().contains("<!DOCTYPE html>"), "{trouble}");
        assert!(trouble.todo.as_str().contains("proxy"), "{trouble}");
    }
}

#[tokio::test]
async fn a14_rubbish_is_unreadable() {
    for body in ["", "null", "[1]", "{\"a\":", "\"text\"", "\u{0}\u{1}"] {
        assert_eq!(get_trouble(Canned::new(200, body)).await.kind, TroubleKind::Unreadable, "{body:?}");
    }
}

#[tokio::test]
async fn a12_server_errors_are_told_from_gateways_that_gave_up() {
    assert_eq!(write_trouble(Canned::status(500, "InternalError", "etcd")).await.kind, TroubleKind::Server);
    assert_eq!(write_trouble(Canned::status(504, "Timeout", "late")).await.kind, TroubleKind::Unanswered);
    assert_eq!(write_trouble(Canned::new(502, "bad gateway")).await.kind, TroubleKind::Unanswered);
}

#[tokio::test]
async fn absence_is_an_answer_to_reads_and_deletes_and_a_trouble_to_writes() {
    let gone = || Canned::status(404, "NotFound", "secrets \"a\" not found");
    let unserved = || Canned::new(404, "404 page not found\n");
    for answer in [gone(), unserved()] {
        let (_api, kube) = connected(vec![answer]).await;
        assert_eq!(kube.get(Kind::Backup, "ns", "a").await.unwrap(), None);
        assert_eq!(kube.list(Kind::Backup, "ns", "").await.unwrap(), Vec::<Value>::new());
        assert!(!kube.serves(Kind::Backup).await.unwrap());
        kube.delete(Kind::Backup, "ns", "a", "").await.unwrap();
        let trouble =
            kube.create(Kind::Backup, &json!({"metadata": {"namespace": "ns", "name": "a"}})).await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::NotFound);
    }
}

#[tokio::test]
async fn serves_asks_for_one_group_version() {
    let (api, kube) =
        connected(vec![Canned::new(200, json!({"kind": "APIResourceList", "resources": [{"name": "backups"}]}))]).await;
    assert!(kube.serves(Kind::Backup).await.unwrap());
    assert!(!kube.serves(Kind::Restore).await.unwrap());
    assert_eq!(api.asked()[0].path, "/apis/velero.io/v1");
}

#[tokio::test]
async fn writes_are_sent_as_the_api_server_wants_them() {
    let (api, kube) = connected(vec![Canned::new(200, json!({"kind": "Secret", "metadata": {"name": "a"}}))]).await;
    let object = json!({"metadata": {"namespace": "ns", "name": "a", "managedFields": [1]}, "data": {}});
    kube.create(Kind::Secret, &object).await.unwrap();
    kube.apply(Kind::Secret, &object).await.unwrap();
    kube.patch(Kind::Secret, "ns", "a", &json!({"data": null})).await.unwrap();
    kube.delete(Kind::Secret, "ns", "a", "uid-1").await.unwrap();
    let asked = api.asked();
    let lines: Vec<_> = asked.iter().map(|a| format!("{} {} {}", a.method, a.path, a.content)).collect();
    assert_eq!(
        lines,
        [
            "POST /api/v1/namespaces/ns/secrets?fieldManager=lifeboat application/json",
            "PATCH /api/v1/namespaces/ns/secrets/a?fieldManager=lifeboat&force=false application/apply-patch+yaml",
            "PATCH /api/v1/namespaces/ns/secrets/a?fieldManager=lifeboat application/merge-patch+json",
            "DELETE /api/v1/namespaces/ns/secrets/a application/json",
        ]
    );
    assert_eq!(
        asked[1].body,
        json!({"metadata": {"namespace": "ns", "name": "a"}, "data": {}, "apiVersion": "v1", "kind": "Secret"})
    );
    assert_eq!(asked[3].body["preconditions"], json!({"uid": "uid-1"}));
}

#[tokio::test]
async fn deleting_an_object_that_another_has_replaced_is_done_already() {
    let text = "Operation cannot be fulfilled on secrets \"a\": the UID in the precondition (x) does not match the UID in record (y). \
                The object might have been deleted and then recreated";
    let (_api, kube) = connected(vec![Canned::status(409, "Conflict", text)]).await;
    kube.delete(Kind::Secret, "ns", "a", "x").await.unwrap();
}

#[tokio::test]
async fn a15_pages_are_followed_and_items_get_their_kind() {
    let (api, kube) = connected(vec![
        Canned::new(200, json!({"metadata": {"continue": "a b"}, "items": [{"metadata": {"name": "1"}}]})),
        Canned::new(200, json!({"metadata": {"continue": "c"}, "items": null})),
        Canned::new(200, json!({"metadata": {}, "items": [{"metadata": {"name": "2"}}]})),
    ])
    .await;
    let pods = kube.list(Kind::Pod, "ns", "app=x,y!=z").await.unwrap();
    assert_eq!(pods.iter().map(|pod| pod["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["Pod", "Pod"]);
    let asked = api.asked();
    assert_eq!(asked[0].path, "/api/v1/namespaces/ns/pods?limit=500&labelSelector=app%3Dx%2Cy%21%3Dz");
    assert!(asked[1].path.ends_with("&continue=a%20b"), "{}", asked[1].path);
}

#[tokio::test]
async fn a15_a_list_that_never_ends_is_left() {
    let (api, kube) = connected(vec![Canned::new(200, json!({"metadata": {"continue": "same"}, "items": []}))]).await;
    let trouble = kube.list(Kind::Pod, "", "").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable);
    assert_eq!(api.asked().len(), 2);
}

#[tokio::test]
async fn a24_a_stale_continue_token_begins_the_list_anew() {
    let (_api, kube) = connected(vec![
        Canned::new(200, json!({"metadata": {"continue": "old"}, "items": [{"metadata": {"name": "1"}}]})),
        Canned::status(410, "Expired", "The provided continue parameter is too old"),
        Canned::new(200, json!({"metadata": {}, "items": [{"metadata": {"name": "1"}}]})),
    ])
    .await;
    assert_eq!(kube.list(Kind::Pod, "", "").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_is_minted_for_an_audience() {
    let (api, kube) = connected(vec![Canned::new(201, json!({"status": {"token": "eyJ.hunter2"}}))]).await;
    let token = kube.token("ns", "sa", "sts.amazonaws.com", 600).await.unwrap();
    assert!(!format!("{token:?}").contains("hunter2"));
    let asked = &api.asked()[0];
    assert_eq!(asked.path, "/api/v1/namespaces/ns/serviceaccounts/sa/token");
    assert_eq!(asked.body["spec"], json!({"expirationSeconds": 600, "audiences": ["sts.amazonaws.com"]}));
    let trouble = {
        let (_api, kube) = connected(vec![Canned::status(403, "Forbidden", "no")]).await;
        kube.token("ns", "sa", "", 600).await.unwrap_err()
    };
    assert!(trouble.todo.as_str().contains("serviceaccounts/token"), "{trouble}");
}
