"""The AWS of the test-bed: ministack, adapted where AWS is stricter.

    ministack.py [CONFIGURATION.json]

Set-ups under test must fail here where they would fail on AWS, so each
adaptation below closes one gap between the emulator and AWS; the gaps that
stay are listed in differences.toml. The configuration file may be absent, may
appear later and may change: it is read again whenever it changed.

    {"clusters": {"us-east-1/prod": {"endpoint": "https://127.0.0.1:6443",
                                     "ca": "<base64 of the PEM>",
                                     "issuer": "https://oidc.eks.us-east-1.amazonaws.com/id/<32 hex>",
                                     "auth_token": "<16 or more of A-Za-z0-9_->"}},
     "foreign_buckets": ["taken", {"name": "elsewhere", "region": "eu-west-1"}]}

Prints `ready` on stdout when it accepts connections, and exits when stdin
closes, so that it never outlives what started it.
"""

import contextvars
import json
import os
import socket
import sys
import threading
import time

# This file has the package's name: its own folder must not be searched for it.
sys.path = [path for path in sys.path if os.path.realpath(path or ".") != os.path.dirname(os.path.realpath(__file__))]

for name, value in {
    "BIND_HOST": "127.0.0.1",
    "MINISTACK_ACCOUNT_ID": "111122223333",
    "AUTH": "true",
    "SERVICES": "eks,iam,sts,s3,kms,ec2,account,tagging",
    "IOT_MTLS_ENABLED": "0",  # else it listens on every interface, port 8883
}.items():
    os.environ.setdefault(name, value)

from ministack import app  # noqa: E402  (reads the environment when imported)
from ministack.core import iam_actions, iam_evaluator  # noqa: E402
from ministack.core.responses import get_account_id, get_region, set_request_region  # noqa: E402
from ministack.core.router import extract_access_key_id  # noqa: E402
from ministack.services import eks, iam, kms, s3, sts  # noqa: E402

FOREIGN_ACCOUNT = "444455556666"


# --- The configuration -------------------------------------------------------


class Configuration:
    """What the harness says about clusters and other accounts."""

    def __init__(self, path):
        self.path = path
        self.stamp = None
        self.data = {}
        self.lock = threading.Lock()

    def read(self):
        if self.path is None:
            return self.data
        with self.lock:
            try:
                stat = os.stat(self.path)
                stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                if stamp != self.stamp:
                    with open(self.path, encoding="utf-8") as file:
                        self.data = json.load(file)
                    self.stamp = stamp
            except FileNotFoundError:
                self.data, self.stamp = {}, None
            except ValueError as problem:
                # Half-written: the earlier one stays until it reads whole.
                print(f"ministack.py: {self.path}: {problem}", file=sys.stderr)
            return self.data


configuration = Configuration(sys.argv[1] if len(sys.argv) > 1 else None)


# --- EKS: clusters are real API servers, started by the harness --------------

eks._get_docker = lambda: None
create_cluster, describe_cluster = eks._create_cluster, eks._describe_cluster


def adopt_cluster(name):
    cluster = eks._clusters.get(name)
    real = configuration.read().get("clusters", {}).get(f"{get_region()}/{name}")
    if cluster is None or real is None:
        return
    cluster["endpoint"] = real["endpoint"]
    cluster["certificateAuthority"] = {"data": real["ca"]}
    cluster["identity"] = {"oidc": {"issuer": real["issuer"]}}
    if real.get("auth_token"):
        cluster["_auth_token"] = real["auth_token"]


def create_real_cluster(body, creator_arn=None):
    response = create_cluster(body, creator_arn)
    if response[0] != 200:
        return response
    adopt_cluster(body.get("name", ""))
    return eks._json_resp(200, {"cluster": eks._sanitize(eks._clusters.get(body["name"]))})


def describe_real_cluster(name):
    adopt_cluster(name)
    return describe_cluster(name)


def access_policy_group(cluster_name, principal_arn, policy_arn):
    """EKS judges access policies beside RBAC; here each is a group: the cluster
    admin's is Kubernetes' own, the others are for the harness to bind."""
    name = policy_arn.rsplit("/", 1)[-1]
    for (_account, _region, key), association in eks._access_policies.all_items():
        if key == eks._ap_key(cluster_name, principal_arn, policy_arn):
            scope = association.get("accessScope", {})
            if scope.get("type") == "namespace":
                return f"eks-access-policy:{name}:{','.join(scope.get('namespaces', []))}"
    return "system:masters" if name == "AmazonEKSClusterAdminPolicy" else f"eks-access-policy:{name}"


eks._access_policy_group = access_policy_group
eks._create_cluster = create_real_cluster
eks._describe_cluster = describe_real_cluster


# --- EKS: pages, and requests that may be repeated ---------------------------

list_clusters = eks._list_clusters
answered = {}  # what was answered to which request token


def list_clusters_in_pages(query):
    names = json.loads(list_clusters({"maxResults": 1_000_000})[2])["clusters"]
    start, size = int(query.get("nextToken", 0)), min(int(query.get("maxResults", 100)), 100)
    more = {"nextToken": str(start + size)} if start + size < len(names) else {}
    return eks._json_resp(200, {"clusters": names[start:start + size], **more})


def repeatable(create):
    def handle(*arguments):
        body = next(argument for argument in arguments if isinstance(argument, dict))
        token = body.get("clientRequestToken")
        request = (get_account_id(), get_region(), create.__name__, token)
        if token and request in answered:
            asked, response = answered[request]
            if asked != arguments:
                return eks._error(400, "InvalidParameterException",
                                  "The request token was used before, with other parameters.")
            return response
        response = create(*arguments)
        if token and response[0] == 200:
            answered[request] = (arguments, response)
        return response

    return handle


eks._list_clusters = list_clusters_in_pages
for name in ("_create_cluster", "_create_addon", "_create_access_entry", "_create_pod_identity_association"):
    setattr(eks, name, repeatable(getattr(eks, name)))


# --- EKS: a pod's credentials by its association ------------------------------

POD_IDENTITY = "pods.eks.amazonaws.com"
dispatch_service_request = app._dispatch_service_request


def trusting_statements(document):
    """What of a trust policy binds the service: ministack lets root stand for any service."""
    document = json.loads(document) if isinstance(document, str) else document
    statements = document.get("Statement", [])
    kept = []
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if (POD_IDENTITY in ([services] if isinstance(services, str) else services)
                or (principal == "*" and statement.get("Effect") == "Deny")):
            kept.append(statement)
    return document | {"Statement": kept}


def pod_identity_credentials(pod):
    """What AssumeRoleForPodIdentity answers; the pod's token was judged by whoever asks."""
    cluster, region = pod["cluster"], pod["region"]
    set_request_region(region)
    account = get_account_id()
    association = next((found for found in eks._pod_identity_associations.values() if (
        found["clusterName"], found["namespace"], found["serviceAccount"]) == (
        cluster, pod["namespace"], pod["serviceAccount"])), None)
    if cluster not in eks._clusters or association is None:
        return eks._json_resp(404, {"code": "ResourceNotFoundException",
                                    "message": "No pod identity association was found for the pod's service account."})
    cluster_arn = f"arn:aws:eks:{region}:{account}:cluster/{cluster}"
    tags = {} if association.get("disableSessionTags") else {
        "eks-cluster-arn": cluster_arn, "eks-cluster-name": cluster, "kubernetes-namespace": pod["namespace"],
        "kubernetes-service-account": pod["serviceAccount"], "kubernetes-pod-name": pod["podName"],
        "kubernetes-pod-uid": pod["podUid"]}
    role_arn = association["roleArn"]
    role = iam._roles.get_scoped(role_arn.split(":")[4], None, role_arn.rsplit("/", 1)[-1])
    document = trusting_statements(role["AssumeRolePolicyDocument"]) if role else {"Statement": []}
    root = f"arn:aws:iam::{account}:root"
    for action in ("sts:AssumeRole", "sts:TagSession") if tags else ("sts:AssumeRole",):
        context = iam_evaluator.EvalContext(
            principal_arn=root, principal_type="AWSService", principal_account=account, action=action,
            resource_arn=role_arn, region=region, request_tags=tags, tag_keys=list(tags),
            service_context={"aws:sourceaccount": account, "aws:sourcearn": cluster_arn})
        if not iam_evaluator.evaluate_trust_policy(document, root, context):
            return eks._json_resp(403, {
                "code": "AccessDeniedException",
                "message": "Unauthorized Exception! EKS does not have permissions to assume the associated role."})
    key, secret, token = sts._gen_session_access_key(), sts._gen_secret(), sts._gen_session_token()
    name = f"eks-{cluster}-{pod['podName']}-{pod['podUid']}"[:64]
    arn, seconds = sts._assumed_role_arn(role_arn, name)[0], 6 * 3600
    expires = time.time() + seconds
    sts.register_session(key, {
        "Arn": arn, "UserId": f"{sts._role_id(role_arn)}:{name}", "SecretAccessKey": secret, "SessionToken": token,
        "Expiration": expires, "AccountId": role_arn.split(":")[4], "PrincipalType": "AssumedRole",
        "SourceAccessKeyId": "", "SourcePrincipalArn": root,
        "SessionTags": [{"Key": key, "Value": value} for key, value in tags.items()], "SessionPolicies": None})
    return eks._json_resp(200, {
        "AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "AccountId": account,
        "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))})


async def dispatch_with_pod_identity(method, path, headers, body, query_params, request_id):
    if method == "POST" and path == "/_lifeboat/pod-identity":
        return pod_identity_credentials(json.loads(body))
    return await dispatch_service_request(method, path, headers, body, query_params, request_id)


app._dispatch_service_request = dispatch_with_pod_identity


# --- IAM: the audiences of an OIDC provider can be changed -------------------


def change_audience(action, change):
    def handle(parameters):
        arn = iam._p(parameters, "OpenIDConnectProviderArn")
        provider = iam._oidc_providers.get(arn)
        if provider is None:
            return iam._error(404, "NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", ns="iam")
        change(provider["ClientIDList"], iam._p(parameters, "ClientID"))
        return iam._xml(200, f"{action}Response", "", ns="iam")

    return handle


def add_audience(audiences, audience):
    if audience not in audiences:
        audiences.append(audience)


def remove_audience(audiences, audience):
    if audience in audiences:
        audiences.remove(audience)


for action, change in {
    "AddClientIDToOpenIDConnectProvider": add_audience,
    "RemoveClientIDFromOpenIDConnectProvider": remove_audience,
}.items():
    iam._IAM_HANDLERS[action] = change_audience(action, change)


# --- IAM: documents have sizes -----------------------------------------------


def compact(document):
    return "".join(document.split())


def limited(action, document, quota, size, others=lambda parameters: 0):
    handle = iam._IAM_HANDLERS[action]

    def check(parameters):
        if others(parameters) + len(compact(iam._p(parameters, document) or "")) > size:
            return iam._error(409, "LimitExceeded", f"Cannot exceed quota for {quota}: {size}", ns="iam")
        return handle(parameters)

    iam._IAM_HANDLERS[action] = check


def other_inline_policies(parameters):
    role = iam._roles.get(iam._p(parameters, "RoleName")) or {}
    return sum(len(compact(text if isinstance(text, str) else json.dumps(text)))
               for name, text in (role.get("InlinePolicies") or {}).items()
               if name != iam._p(parameters, "PolicyName"))


limited("CreateRole", "AssumeRolePolicyDocument", "ACLSizePerRole", 2048)
limited("UpdateAssumeRolePolicy", "PolicyDocument", "ACLSizePerRole", 2048)
limited("PutRolePolicy", "PolicyDocument", "PolicySize", 10240, other_inline_policies)
limited("CreatePolicy", "PolicyDocument", "PolicySize", 6144)
limited("CreatePolicyVersion", "PolicyDocument", "PolicySize", 6144)


# --- STS: a web identity token must come from a registered provider ----------

web_identity_principal, web_identity_trust_denied = sts._web_identity_principal, sts._web_identity_trust_denied


def unwrap_one(value):
    """Kubernetes writes `aud` as a list; a list never equals a string."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def web_identity_principal_of_lists(token, provider_id, role_arn):
    principal, keys = web_identity_principal(token, provider_id, role_arn)
    return principal, {key: unwrap_one(value) for key, value in keys.items()}


def token_claims(token):
    from ministack.services.cognito import _decode_id_token_unverified

    try:
        claims = _decode_id_token_unverified(token)
    except (ValueError, TypeError):
        return None
    return claims if isinstance(claims, dict) else None


def invalid_token(message, use_json, code="InvalidIdentityToken"):
    if use_json:
        return sts.error_response_json(code, message, 400)
    return sts._error(400, code, message, ns="sts")


def web_identity_refused(role_arn, parameters, use_json):
    claims = token_claims(sts._p(parameters, "WebIdentityToken"))
    if claims is None or not isinstance(claims.get("iss"), str):
        return invalid_token("The ID Token provided is not a valid JWT. (You may see this error if you sent an "
                             "Access Token)", use_json)
    issuer = claims["iss"]
    host = issuer.split("://", 1)[-1].rstrip("/")
    account = role_arn.split(":")[4]
    provider = iam._oidc_providers.get_scoped(account, None, f"arn:aws:iam::{account}:oidc-provider/{host}")
    if provider is None:
        return invalid_token(f"No OpenIDConnect provider found in your account for {issuer}", use_json)
    expires = claims.get("exp")
    if isinstance(expires, (int, float)) and expires < time.time():
        return invalid_token(f"Token expired: current date/time {int(time.time())} must be before the expiration "
                             f"date/time {int(expires)}", use_json, "ExpiredTokenException")
    audiences = claims.get("aud")
    audiences = audiences if isinstance(audiences, list) else [audiences]
    if not set(audiences) & set(provider["ClientIDList"]):
        return invalid_token("Incorrect token audience", use_json)
    return web_identity_trust_denied(role_arn, parameters, use_json)


sts._web_identity_principal = web_identity_principal_of_lists
sts._web_identity_trust_denied = web_identity_refused


# --- S3: who owns a bucket ---------------------------------------------------

# The access key of the request in hand, for the KMS checks further in.
caller_key = contextvars.ContextVar("lifeboat_caller_key", default="")
bucket_owner_account, apply_bucket_scope = s3._bucket_owner_account, s3._apply_bucket_scope


def bucket_owner_with_foreigners(name):
    for foreign in configuration.read().get("foreign_buckets", []):
        if isinstance(foreign, str):
            foreign = {"name": foreign}
        if foreign["name"] == name and bucket_owner_account(name) is None:
            s3._buckets.set_scoped(FOREIGN_ACCOUNT, None, name, {
                "created": s3.now_iso(), "objects": {}, "region": foreign.get("region", "us-east-1")})
    return bucket_owner_account(name)


def home_region(name):
    owner = bucket_owner_with_foreigners(name)
    return s3._buckets.get_scoped(owner, None, name).get("region") if owner else None


def apply_bucket_scope_and_owner(method, bucket, key, headers, query_params, body=b"", internal=False):
    caller_key.set(extract_access_key_id(headers, query_params) or "")
    refused = apply_bucket_scope(method, bucket, key, headers, query_params, body, internal)
    if refused is not None:
        if method == "HEAD" and not key and (region := home_region(bucket)):
            # Whoever asks learns the region; from another region's endpoint, by a redirect.
            status = 301 if s3._host_region(headers) not in (None, region) else refused[0]
            refused = (status, refused[1] | {"x-amz-bucket-region": region}, b"")
        return refused
    for header, name in {
        "x-amz-expected-bucket-owner": bucket,
        "x-amz-source-expected-bucket-owner": headers.get("x-amz-copy-source", "").lstrip("/").partition("/")[0],
    }.items():
        owner = bucket_owner_with_foreigners(name) if name else None
        if owner is not None and headers.get(header, owner) != owner:
            return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}" if key else f"/{bucket}")
    return None


s3._bucket_owner_account = bucket_owner_with_foreigners
s3._apply_bucket_scope = apply_bucket_scope_and_owner


# --- S3: whether a bucket's policy makes it public ---------------------------

dispatch = s3._dispatch


def dispatch_policy_status(method, bucket, key, headers, body, query_params):
    if method != "GET" or not bucket or key or "policyStatus" not in query_params:
        return dispatch(method, bucket, key, headers, body, query_params)
    status, answer_headers, policy = s3._get_bucket_policy(bucket)
    if status != 200:
        return status, answer_headers, policy
    public = s3._policy_is_public(policy if isinstance(policy, str) else policy.decode())
    root = s3.Element("PolicyStatus", xmlns=s3.S3_NS)
    s3.SubElement(root, "IsPublic").text = str(public).lower()
    return 200, {"Content-Type": "application/xml"}, s3._xml_body(root)


s3._dispatch = dispatch_policy_status


# --- S3 with KMS: the caller needs the key too -------------------------------

resolve_sse_write_headers, get_object = s3._resolve_sse_write_headers, s3._get_object
copy_object, upload_part, upload_part_copy = s3._copy_object, s3._upload_part, s3._upload_part_copy
KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def find_key(reference, region):
    """A key's record and ARN, from its id, ARN or alias, as S3 in `region` sees it."""
    account, name = get_account_id(), reference
    if reference.startswith("arn:"):
        parts = reference.split(":", 5)
        if len(parts) < 6 or parts[3] != region:
            return None, reference
        account, name = parts[4], parts[5]
    name = name.removeprefix("key/")
    if name.startswith("alias/"):
        name = kms._aliases.get_scoped(account, region, f"arn:aws:kms:{region}:{account}:{name}") or name
    record = kms._keys.get_scoped(account, region, name)
    return record, record["Arn"] if record else f"arn:aws:kms:{region}:{account}:key/{name}"


def key_refused(action, reference, bucket, key=""):
    """The refusal of S3's call to KMS in the caller's name, or None."""
    region = s3.bucket_region(bucket) or get_region()
    record, arn = find_key(reference, region)
    if record is None:
        message = (f"Invalid arn {region}" if arn.startswith("arn:") and f":{region}:" not in arn
                   else f"Key '{arn}' does not exist")
        return s3._error("KMS.NotFoundException", message, 400)

    principal = iam_evaluator.resolve_principal(caller_key.get(), get_account_id()) if caller_key.get() else None
    if principal is None or isinstance(principal, iam_evaluator.AuthError):
        return s3._error("AccessDenied", "Access Denied", 403)
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn, principal_type=principal.type, principal_account=principal.account,
        action=action, resource_arn=arn, region=region, principal_keys=principal.keys,
        service_context={
            "kms:viaservice": f"s3.{region}.amazonaws.com",
            "kms:calleraccount": principal.account,
            "kms:encryptioncontext:aws:s3:arn": f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}",
        })
    policy, owner = record.get("Policy") or "", arn.split(":")[4]
    if principal.policies is None:
        # Even the account's root needs the key policy to allow it.
        decided = iam_evaluator.evaluate_resource_policy(policy, context)
        why = ("with an explicit deny in a resource-based policy" if decided.decision == "Deny"
               else f"because no resource-based policy allows the {action} action")
    else:
        identity = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
        decided = iam_evaluator.combine_resource_policy(
            identity, context, policy, owner, required=True, limits=principal.limits)
        if identity.decision == "Deny":
            why = "with an explicit deny in an identity-based policy"
        elif decided.decision == "Deny":
            why = "with an explicit deny in a resource-based policy"
        elif identity.decision == "Allow":
            why = f"because no resource-based policy allows the {action} action"
        elif identity.reason == OUTSIDE_BOUNDARY:
            why = f"because no permissions boundary allows the {action} action"
        else:
            why = f"because no identity-based policy allows the {action} action"
    if decided.decision != "Allow":
        return s3._error("AccessDenied", f"User: {principal.arn} is not authorized to perform: {action} "
                         f"on resource: {arn} {why}", 403)

    state = record.get("KeyState", "Enabled")
    if state == "Disabled":
        return s3._error("KMS.DisabledException", f"{arn} is disabled.", 400)
    if state != "Enabled":
        words = {"PendingDeletion": "pending deletion", "PendingImport": "pending import"}.get(state, state)
        return s3._error("KMS.KMSInvalidStateException", f"{arn} is {words}.", 400)
    return None


def key_of(headers):
    """The key named by the headers stored with an object."""
    if headers.get("x-amz-server-side-encryption") in ("aws:kms", "aws:kms:dsse"):
        return headers.get(KEY_HEADER)
    return None


def write_with_key(headers, bucket):
    stored, refused = resolve_sse_write_headers(headers, bucket)
    if refused is None and (reference := key_of(stored)):
        refused = key_refused("kms:GenerateDataKey", reference, bucket)
        record, arn = find_key(reference, s3.bucket_region(bucket) or get_region())
        if record is not None:
            stored[KEY_HEADER] = arn  # S3 answers the key's ARN, whatever named it
    return (None, refused) if refused is not None else (stored, None)


def read_with_key(bucket, key, version=""):
    record = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key)
    if version and version != "null":
        record = next((v for v in s3._object_versions.get((bucket, key), []) if v["version_id"] == version), None)
    reference = key_of(record.get("preserved_headers", {})) if record and not record.get("is_delete_marker") else None
    return key_refused("kms:Decrypt", reference, bucket, key) if reference else None


def read_source_with_key(headers):
    path, _, query = headers.get("x-amz-copy-source", "").lstrip("/").partition("?")
    bucket, _, key = s3.url_unquote(path).partition("/")
    return read_with_key(bucket, key, query.removeprefix("versionId="))


def get_object_with_key(bucket, key, headers, query_params=None):
    version = s3._qp(query_params or {}, "versionId", "")
    return read_with_key(bucket, key, version) or get_object(bucket, key, headers, query_params)


def copy_object_with_key(bucket, key, headers):
    return read_source_with_key(headers) or copy_object(bucket, key, headers)


def part_with_key(query_params):
    upload = s3._multipart_uploads.get(s3._qp(query_params, "uploadId")) or {}
    reference = key_of(upload.get("preserved_headers", {}))
    return key_refused("kms:Decrypt", reference, upload["bucket"], upload["key"]) if reference else None


def upload_part_with_key(bucket, key, body, query_params, headers):
    return part_with_key(query_params) or upload_part(bucket, key, body, query_params, headers)


def upload_part_copy_with_key(bucket, key, query_params, headers):
    return (read_source_with_key(headers) or part_with_key(query_params)
            or upload_part_copy(bucket, key, query_params, headers))


s3._resolve_sse_write_headers = write_with_key
s3._get_object = get_object_with_key
s3._copy_object = copy_object_with_key
s3._upload_part = upload_part_with_key
s3._upload_part_copy = upload_part_copy_with_key


# --- IAM: refusals say which resource and which kind of policy ----------------

OUTSIDE_BOUNDARY = "No permissions boundary or session policy allows it"
refusal_reason = contextvars.ContextVar("lifeboat_refusal_reason", default="")
evaluate, enforce = iam_evaluator.evaluate, iam_evaluator.enforce
access_denied_response, enforce_data_plane = iam_actions.access_denied_response, app._enforce_data_plane


def evaluate_with_reason(context, policies, *limits):
    result = evaluate(context, policies, *limits)
    if result.decision == "ImplicitDeny" and limits and evaluate(context, policies).decision == "Allow":
        result.reason = OUTSIDE_BOUNDARY
    return result


def root_refused(iam_action, service, region, resource_arn, service_context):
    """A bucket policy's Deny binds the account's root too, except for the policy itself."""
    found = iam_evaluator._resource_policy(service, resource_arn) if service == "s3" else None
    if not found or iam_action in ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
        return None
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{get_account_id()}:root", principal_type="Root",
        principal_account=get_account_id(), action=iam_action, resource_arn=resource_arn, region=region,
        service_context={name.lower(): value for name, value in (service_context or {}).items()})
    decided = iam_evaluator.evaluate_resource_policy(found[0], context)
    if decided.decision != "Deny":
        return None
    decided.resource_policy_arn = resource_arn
    return decided


def enforce_with_reason(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
    refused = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
    if refused is None and access_key_id and iam_evaluator.is_root_access_key(access_key_id):
        refused = root_refused(iam_action, service, region, resource_arn, service_context)
    refusal_reason.set(getattr(refused, "reason", "") or "")
    return refused


def explained_refusal(service, action, principal_arn, request_id, *, error_code="", message="", headers=None,
                      resource_arn="*", explicit_deny=False, resource_policy_arn=""):
    by_identity = not error_code and not message and not (explicit_deny and resource_policy_arn)
    if by_identity and action:
        resource = f'"{resource_arn}"' if service == "s3" else resource_arn
        message = iam_actions.identity_denial_message(action, principal_arn, resource, explicit_deny)
    if message and refusal_reason.get() == OUTSIDE_BOUNDARY and not explicit_deny:
        message = message.replace("no identity-based policy", "no permissions boundary")
    return access_denied_response(
        service, action, principal_arn, request_id, error_code=error_code, message=message, headers=headers,
        resource_arn=resource_arn, explicit_deny=explicit_deny, resource_policy_arn=resource_policy_arn)


def enforce_data_plane_with_resource(service, iam_action, headers, query_params, request_id, resource_arn="*",
                                     service_context=None, auth_error_response=None, named_resource=""):
    if service == "s3" and not named_resource:
        named_resource = f'"{resource_arn}"'
    return enforce_data_plane(service, iam_action, headers, query_params, request_id, resource_arn=resource_arn,
                              service_context=service_context, auth_error_response=auth_error_response,
                              named_resource=named_resource)


iam_evaluator.evaluate = evaluate_with_reason
iam_evaluator.enforce = enforce_with_reason
iam_actions.access_denied_response = explained_refusal
app._enforce_data_plane = enforce_data_plane_with_resource


# --- Start and end -----------------------------------------------------------

app._port_is_bindable = lambda *_: False  # with TLS it would also take port 443


def leave_with_stdin():
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    os._exit(0)


def say_ready(port):
    while True:
        try:
            socket.create_connection((os.environ["BIND_HOST"], port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.02)
    print("ready", flush=True)


if __name__ == "__main__":
    for needed in ("GATEWAY_PORT", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not os.environ.get(needed):
            sys.exit(f"ministack.py: {needed} is not set")
    sys.argv = sys.argv[:1]
    threading.Thread(target=leave_with_stdin, daemon=True).start()
    threading.Thread(target=say_ready, args=(int(os.environ["GATEWAY_PORT"]),), daemon=True).start()
    app.main()
