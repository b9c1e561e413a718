"""Proves each adaptation of ministack.py against the running emulator.

    <cache>/venv/bin/python tests/peers/ministack_test.py
"""

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.hooks import HierarchicalEmitter as EventEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner

HERE = os.path.dirname(os.path.abspath(__file__))
ACCOUNT = "111122223333"
ISSUER = "https://oidc.eks.us-east-1.amazonaws.com/id/" + "0123456789ABCDEF" * 2
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER.removeprefix('https://')}"
SUBJECT = "system:serviceaccount:velero:velero-server"
ROOT_KEYS = {"aws_access_key_id": "AKIAROOTROOTROOTROOT", "aws_secret_access_key": "root-secret-key"}


def unsigned_jwt(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256'})}.{part(claims)}.{part({})}"


def token(issuer=ISSUER, audience=("sts.amazonaws.com",), subject=SUBJECT, expires=3600):
    return unsigned_jwt(iss=issuer, aud=list(audience), sub=subject, exp=int(time.time()) + expires)


class Emulator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with socket.create_server(("127.0.0.1", 0)) as free:
            cls.port = free.getsockname()[1]
        handle, cls.configuration = tempfile.mkstemp(suffix=".json")
        os.close(handle)
        cls.configure(foreign_buckets=["taken-by-another", {"name": "taken-elsewhere", "region": "eu-west-1"}])
        environment = {"PATH": os.environ["PATH"], "GATEWAY_PORT": str(cls.port),
                       "TMPDIR": tempfile.mkdtemp(),
                       "AWS_ACCESS_KEY_ID": ROOT_KEYS["aws_access_key_id"],
                       "AWS_SECRET_ACCESS_KEY": ROOT_KEYS["aws_secret_access_key"]}
        started = time.monotonic()
        cls.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "ministack.py"), cls.configuration],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
            stderr=None if os.environ.get("SHOW") else subprocess.DEVNULL)
        line = cls.process.stdout.readline()
        print(f"started in {time.monotonic() - started:.2f} s", file=sys.stderr)
        assert line == b"ready\n", line
        cls.iam, cls.s3, cls.kms, cls.sts, cls.eks = (
            cls.client(name) for name in ("iam", "s3", "kms", "sts", "eks"))
        cls.iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.process.stdin.close()
        ended = time.monotonic()
        cls.process.wait(5)
        print(f"ended with stdin in {time.monotonic() - ended:.2f} s", file=sys.stderr)
        cls.process.stdout.close()

    @classmethod
    def configure(cls, **data):
        with open(cls.configuration, "w") as file:
            json.dump(data, file)

    @classmethod
    def client(cls, name, region="us-east-1", **keys):
        return boto3.client(name, region_name=region, endpoint_url=f"http://127.0.0.1:{cls.port}",
                            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
                            **(keys or ROOT_KEYS))

    def refused(self, status, code, call, *arguments, **named):
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **named)
        answer = caught.exception.response
        self.assertEqual((answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]), (status, code))
        return answer["Error"].get("Message", "")

    def role(self, *statements, boundary=None):
        Emulator.count += 1
        name = f"r{Emulator.count}"
        host = ISSUER.removeprefix("https://")
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": SUBJECT}}}]}
        more = {"PermissionsBoundary": boundary} if boundary else {}
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **more)["Role"]["Arn"]
        self.allow(name, *statements)
        return name, arn

    def allow(self, name, *statements):
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": resource} | extra
                for action, resource, extra in ((s + ({},))[:3] for s in statements)]}))

    def exchange(self, arn, **claims):
        return self.sts.assume_role_with_web_identity(
            RoleArn=arn, RoleSessionName="S1", WebIdentityToken=token(**claims))["Credentials"]

    def as_role(self, service, arn, region="us-east-1"):
        keys = self.exchange(arn)
        return self.client(service, region, aws_access_key_id=keys["AccessKeyId"],
                           aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])

    # -- OIDC and the exchange --

    def test_audiences_of_a_provider_can_be_changed(self):
        self.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, ClientID="other")
        self.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, ClientID="other")
        read = self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
        self.assertEqual(read["ClientIDList"], ["sts.amazonaws.com", "other"])
        self.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, ClientID="other")
        read = self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
        self.assertEqual(read["ClientIDList"], ["sts.amazonaws.com"])
        self.refused(404, "NoSuchEntity", self.iam.add_client_id_to_open_id_connect_provider,
                     OpenIDConnectProviderArn=PROVIDER[:-1], ClientID="other")

    def test_the_exchange(self):
        _, arn = self.role(("s3:ListBucket", "*"))
        self.exchange(arn)
        other = ISSUER[:-1] + "0"
        self.assertEqual(self.refused(400, "InvalidIdentityToken", self.exchange, arn, issuer=other),
                         f"No OpenIDConnect provider found in your account for {other}")
        self.assertEqual(self.refused(400, "InvalidIdentityToken", self.exchange, arn, audience=["x"]),
                         "Incorrect token audience")
        self.refused(400, "ExpiredTokenException", self.exchange, arn, expires=-1)
        self.refused(403, "AccessDenied", self.exchange, arn, subject=SUBJECT + "x")
        self.refused(403, "AccessDenied", self.exchange, arn + "x")

    # -- EKS --

    def test_clusters_are_the_harness_s(self):
        role = self.iam.create_role(RoleName="cluster", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        network = {"subnetIds": []}
        mine = {"endpoint": "https://127.0.0.1:1234", "ca": "Y2E=", "issuer": ISSUER, "auth_token": "a" * 20}
        foreign = ["taken-by-another", {"name": "taken-elsewhere", "region": "eu-west-1"}]
        self.configure(clusters={"us-east-1/prod": mine}, foreign_buckets=foreign)
        made = self.eks.create_cluster(name="prod", roleArn=role, resourcesVpcConfig=network, version="1.34")["cluster"]
        self.assertEqual((made["endpoint"], made["certificateAuthority"]["data"], made["identity"]["oidc"]["issuer"]),
                         (mine["endpoint"], mine["ca"], mine["issuer"]))
        self.eks.create_cluster(name="late", roleArn=role, resourcesVpcConfig=network)
        self.configure(clusters={"us-east-1/prod": mine, "us-east-1/late": mine | {"endpoint": "https://late"}},
                       foreign_buckets=foreign)
        self.assertEqual(self.eks.describe_cluster(name="late")["cluster"]["endpoint"], "https://late")
        self.assertEqual(self.eks.describe_cluster(name="late")["cluster"]["status"], "ACTIVE")
        self.refused(404, "ResourceNotFoundException", self.client("eks", "eu-west-1").describe_cluster, name="prod")

    def test_pages_and_repeated_requests(self):
        role = self.iam.create_role(RoleName="paged", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        far = self.client("eks", "ap-south-1")
        for number in range(5):
            far.create_cluster(name=f"c{number}", roleArn=role, resourcesVpcConfig={"subnetIds": []})
        pages = list(far.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["clusters"]) for page in pages], [2, 2, 1])
        ask = {"clusterName": "c0", "namespace": "n", "serviceAccount": "s", "roleArn": role}
        made = [far.create_pod_identity_association(**ask, clientRequestToken="t")["association"]["associationId"]
                for _ in range(2)]
        self.assertEqual(made[0], made[1])
        self.refused(400, "InvalidParameterException", far.create_pod_identity_association,
                     **ask | {"namespace": "m"}, clientRequestToken="t")
        self.refused(409, "ResourceInUseException", far.create_pod_identity_association, **ask, clientRequestToken="u")

    def test_a_pod_s_credentials_by_its_association(self):
        statement = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
                     "Action": ["sts:AssumeRole", "sts:TagSession"],
                     "Condition": {"StringEquals": {
                         "aws:SourceAccount": ACCOUNT,
                         "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/agent",
                         "aws:RequestTag/kubernetes-namespace": "velero",
                         "aws:RequestTag/kubernetes-service-account": "velero-server"}}}
        deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        name, arn = self.role(("s3:CreateBucket", "*"))
        self.eks.create_cluster(name="agent", roleArn=arn, resourcesVpcConfig={"subnetIds": []})

        def ask(namespace="velero"):
            pod = {"cluster": "agent", "region": "us-east-1", "namespace": namespace,
                   "serviceAccount": "velero-server", "podName": "velero-0", "podUid": "0000"}
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}/_lifeboat/pod-identity", method="POST",
                                             data=json.dumps(pod).encode())
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as problem:
                with problem:
                    return problem.code, json.load(problem)["code"]

        def trust(*statements):
            self.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": statements}))
            return ask()

        self.assertEqual(ask(), (404, "ResourceNotFoundException"))
        self.eks.create_pod_identity_association(
            clusterName="agent", namespace="velero", serviceAccount="velero-server", roleArn=arn)
        self.assertEqual(ask("other"), (404, "ResourceNotFoundException"))
        refused = (403, "AccessDeniedException")
        self.assertEqual(ask(), refused)  # the trust names an OIDC provider only
        status, keys = trust(statement)
        self.assertEqual((status, keys["AccountId"]), (200, ACCOUNT))
        self.client("s3", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                    aws_session_token=keys["Token"]).create_bucket(Bucket="by-its-association")
        self.assertEqual(trust(statement | {"Action": "sts:AssumeRole"}), refused)
        self.assertEqual(trust(statement | {"Principal": {"Service": "eks.amazonaws.com"}}), refused)
        self.assertEqual(trust(statement | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}), refused)
        self.assertEqual(trust(statement, deny), refused)
        for key, value in {"aws:SourceAccount": "444455556666", "aws:RequestTag/kubernetes-namespace": "x"}.items():
            condition = {"StringEquals": statement["Condition"]["StringEquals"] | {key: value}}
            self.assertEqual(trust(statement | {"Condition": condition}), refused)

    def test_who_may_enter_a_cluster(self):
        issuer = {"endpoint": "https://x", "ca": "Y2E=", "issuer": ISSUER, "auth_token": "b" * 20}
        self.configure(clusters={"us-east-1/entered": issuer},
                       foreign_buckets=["taken-by-another", {"name": "taken-elsewhere", "region": "eu-west-1"}])
        role = self.iam.create_role(RoleName="entered", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        self.eks.create_cluster(name="entered", roleArn=role, resourcesVpcConfig={"subnetIds": []})
        _, arn = self.role(("eks:*", "*"))
        keys = self.exchange(arn)
        mine = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"],
                "aws_session_token": keys["SessionToken"]}
        self.assertEqual(self.groups("entered", ROOT_KEYS), ["system:authenticated", "system:masters"])
        self.assertIsNone(self.groups("entered", mine))
        self.eks.create_access_entry(clusterName="entered", principalArn=arn, kubernetesGroups=["team"])
        self.eks.associate_access_policy(
            clusterName="entered", principalArn=arn, accessScope={"type": "cluster"},
            policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy")
        self.assertEqual(self.groups("entered", mine),
                         ["system:authenticated", "team", "eks-access-policy:AmazonEKSViewPolicy"])
        self.assertIsNone(self.groups("prod", mine))

    def groups(self, cluster, keys):
        """The groups that an EKS token of these keys brings, as the API server asks for them."""
        emitter = EventEmitter()  # the signer holds it weakly
        credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"],
                                  keys.get("aws_session_token"))
        signer = RequestSigner(ServiceId("sts"), "us-east-1", "sts", "v4", credentials, emitter)
        url = signer.generate_presigned_url({
            "method": "GET", "body": {}, "headers": {"x-k8s-aws-id": cluster}, "context": {},
            "url": "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"},
            region_name="us-east-1", expires_in=60, operation_name="")
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {
            "token": "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).rstrip(b"=").decode()}}
        answer = json.load(urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/_ministack/eks-auth/{ACCOUNT}/us-east-1/{cluster}/{'b' * 20}",
            json.dumps(review).encode()))["status"]
        return answer["user"]["groups"] if answer["authenticated"] else None

    # -- S3 --

    def test_whose_bucket(self):
        self.s3.create_bucket(Bucket="mine-1")
        self.assertEqual(self.s3.head_bucket(Bucket="mine-1", ExpectedBucketOwner=ACCOUNT)["BucketRegion"], "us-east-1")
        self.refused(403, "403", self.s3.head_bucket, Bucket="mine-1", ExpectedBucketOwner="444455556666")
        self.refused(403, "AccessDenied", self.s3.put_object, Bucket="mine-1", Key="k",
                     ExpectedBucketOwner="444455556666")
        self.refused(404, "404", self.s3.head_bucket, Bucket="mine-0")
        for name in ("taken-by-another", "taken-elsewhere"):
            self.refused(403, "403", self.client(
                "s3", "eu-west-1" if "elsewhere" in name else "us-east-1").head_bucket, Bucket=name)
            self.refused(409, "BucketAlreadyExists", self.s3.create_bucket, Bucket=name)
        self.assertNotIn("taken-by-another", [b["Name"] for b in self.s3.list_buckets()["Buckets"]])

    def test_another_region_s_bucket_redirects(self):
        there = self.client("s3", "eu-central-1")
        there.create_bucket(Bucket="mine-eu", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.assertEqual(there.head_bucket(Bucket="mine-eu")["BucketRegion"], "eu-central-1")
        seen = {}
        here = self.client("s3")
        here.meta.events.register("before-parse.s3.HeadBucket", lambda response_dict, **_: seen.setdefault(
            "first", (response_dict["status_code"], response_dict["headers"].get("x-amz-bucket-region"))))
        here.head_bucket(Bucket="mine-eu")  # botocore follows the redirect
        self.assertEqual(seen["first"], (301, "eu-central-1"))
        for host, status in {"s3.us-east-1.amazonaws.com": 301, "s3.eu-central-1.amazonaws.com": 403}.items():
            unsigned = urllib.request.Request(f"http://127.0.0.1:{self.port}/mine-eu", method="HEAD",
                                              headers={"Host": host})
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(unsigned)
            self.assertEqual((caught.exception.code, caught.exception.headers["x-amz-bucket-region"]),
                             (status, "eu-central-1"))

    def test_a_policy_binds_root_and_says_whether_it_is_public(self):
        self.s3.create_bucket(Bucket="policed-1")
        self.refused(404, "NoSuchBucketPolicy", self.s3.get_bucket_policy_status, Bucket="policed-1")
        everything = {"Principal": "*", "Resource": ["arn:aws:s3:::policed-1", "arn:aws:s3:::policed-1/*"]}
        tls_only = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        self.s3.put_bucket_policy(Bucket="policed-1", Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [everything | tls_only]}))
        message = self.refused(403, "AccessDenied", self.s3.put_object, Bucket="policed-1", Key="k")
        self.assertIn("with an explicit deny in a resource-based policy", message)
        self.s3.get_bucket_policy(Bucket="policed-1")
        self.s3.delete_bucket_policy(Bucket="policed-1")
        self.s3.put_object(Bucket="policed-1", Key="k")
        self.s3.delete_public_access_block(Bucket="policed-1")
        for who, public in (({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False), ("*", True)):
            allow = everything | {"Effect": "Allow", "Action": "s3:GetObject", "Principal": who}
            self.s3.put_bucket_policy(Bucket="policed-1", Policy=json.dumps(
                {"Version": "2012-10-17", "Statement": [allow]}))
            status = self.s3.get_bucket_policy_status(Bucket="policed-1")["PolicyStatus"]
            self.assertEqual(status["IsPublic"], public)

    # -- IAM --

    def test_documents_have_sizes(self):
        def document(size):
            text = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::"}]})
            return text.replace(":::", ":::" + "a" * (size - len("".join(text.split()))))

        name, _ = self.role(("s3:GetObject", "*"))
        self.iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(2048))
        self.assertEqual(self.refused(409, "LimitExceeded", self.iam.update_assume_role_policy, RoleName=name,
                                      PolicyDocument=document(2049)), "Cannot exceed quota for ACLSizePerRole: 2048")
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(5240))
        self.iam.put_role_policy(RoleName=name, PolicyName="q", PolicyDocument=document(5000))
        self.iam.put_role_policy(RoleName=name, PolicyName="q", PolicyDocument=document(5000))
        self.refused(409, "LimitExceeded", self.iam.put_role_policy, RoleName=name, PolicyName="q",
                     PolicyDocument=document(5001))
        self.refused(409, "LimitExceeded", self.iam.create_policy, PolicyName="big", PolicyDocument=document(6145))

    # -- Permissions boundary --

    def test_a_boundary_must_allow_too(self):
        self.s3.create_bucket(Bucket="bound-1")
        boundary = self.iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}))["Policy"]["Arn"]
        everything = (["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::bound-1/*")
        _, free = self.role(everything)
        _, bound = self.role(everything, boundary=boundary)
        self.as_role("s3", free).put_object(Bucket="bound-1", Key="k", Body=b"1")
        s3 = self.as_role("s3", bound)
        s3.get_object(Bucket="bound-1", Key="k")
        message = self.refused(403, "AccessDenied", s3.put_object, Bucket="bound-1", Key="k")
        self.assertIn('s3:PutObject on resource: "arn:aws:s3:::bound-1/k" because no permissions boundary allows',
                      message)

    def test_a_refusal_names_the_resource(self):
        self.s3.create_bucket(Bucket="named-1")
        name, arn = self.role(("s3:GetObject", "arn:aws:s3:::named-1/*"))
        message = self.refused(403, "AccessDenied", self.as_role("s3", arn).put_object, Bucket="named-1", Key="k")
        self.assertEqual(message, f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/S1 is not authorized to perform: "
                         's3:PutObject on resource: "arn:aws:s3:::named-1/k" because no identity-based policy allows '
                         "the s3:PutObject action")
        message = self.refused(403, "AccessDenied", self.as_role("iam", arn).get_role, RoleName=name)
        self.assertIn(f"iam:GetRole on resource: arn:aws:iam::{ACCOUNT}:role/{name} because", message)

    # -- KMS --

    def encrypted(self, bucket, key):
        self.s3.create_bucket(Bucket=bucket)
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
            "BucketKeyEnabled": True}]})

    def test_an_encrypted_bucket_needs_its_key(self):
        key = self.kms.create_key()["KeyMetadata"]
        self.encrypted("kms-1", key["Arn"])
        objects = (["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::kms-1/*")
        via = {"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}
        name, arn = self.role(objects)
        s3 = self.as_role("s3", arn)
        put = {"Bucket": "kms-1", "Key": "k", "Body": b"1"}
        self.assertEqual(
            self.refused(403, "AccessDenied", s3.put_object, **put),
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/S1 is not authorized to perform: kms:GenerateDataKey "
            f"on resource: {key['Arn']} because no identity-based policy allows the kms:GenerateDataKey action")
        self.allow(name, objects, ("kms:GenerateDataKey", key["Arn"], via))
        self.assertEqual(s3.put_object(**put)["SSEKMSKeyId"], key["Arn"])
        self.assertIn("kms:Decrypt", self.refused(403, "AccessDenied", s3.get_object, Bucket="kms-1", Key="k"))
        self.allow(name, objects, (["kms:GenerateDataKey", "kms:Decrypt"], key["Arn"], via))
        self.assertEqual(s3.get_object(Bucket="kms-1", Key="k")["Body"].read(), b"1")
        elsewhere = {"Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
        self.allow(name, objects, (["kms:GenerateDataKey", "kms:Decrypt"], key["Arn"], elsewhere))
        self.refused(403, "AccessDenied", s3.put_object, **put)

        self.allow(name, objects, (["kms:GenerateDataKey", "kms:Decrypt"], key["Arn"]))
        self.key_policy(key, {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/someone"},
                              "Action": "kms:*", "Resource": "*"})
        self.assertIn("because no resource-based policy allows the kms:GenerateDataKey action",
                      self.refused(403, "AccessDenied", s3.put_object, **put))
        root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
                "Resource": "*"}
        self.key_policy(key, root, {"Effect": "Deny", "Principal": {"AWS": arn}, "Action": "kms:GenerateDataKey",
                                    "Resource": "*"})
        self.assertIn("with an explicit deny in a resource-based policy",
                      self.refused(403, "AccessDenied", s3.put_object, **put))
        self.key_policy(key, root)
        s3.put_object(**put)

    def key_policy(self, key, *statements):
        self.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))

    def test_a_key_that_cannot_be_used(self):
        key = self.kms.create_key()["KeyMetadata"]
        self.encrypted("kms-2", key["KeyId"])
        self.s3.put_object(Bucket="kms-2", Key="k", Body=b"1")
        self.kms.disable_key(KeyId=key["KeyId"])
        self.assertEqual(self.refused(400, "KMS.DisabledException", self.s3.put_object, Bucket="kms-2", Key="k"),
                         f"{key['Arn']} is disabled.")
        self.refused(400, "KMS.DisabledException", self.s3.get_object, Bucket="kms-2", Key="k")
        self.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        self.refused(400, "KMS.KMSInvalidStateException", self.s3.put_object, Bucket="kms-2", Key="k")
        self.encrypted("kms-3", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/none")
        self.refused(400, "KMS.NotFoundException", self.s3.put_object, Bucket="kms-3", Key="k")
        self.encrypted("kms-4", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/none")
        self.refused(400, "KMS.NotFoundException", self.s3.put_object, Bucket="kms-4", Key="k")

    def test_an_alias_and_parts(self):
        key = self.kms.create_key()["KeyMetadata"]
        self.kms.create_alias(AliasName="alias/backups", TargetKeyId=key["KeyId"])
        self.encrypted("kms-5", "alias/backups")
        objects = (["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::kms-5/*")
        name, arn = self.role(objects, ("kms:GenerateDataKey", key["Arn"]))
        s3 = self.as_role("s3", arn)
        upload = {"Bucket": "kms-5", "Key": "k"}
        upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
        self.refused(403, "AccessDenied", s3.upload_part, **upload, PartNumber=1, Body=b"1")
        self.allow(name, objects, (["kms:GenerateDataKey", "kms:Decrypt"], key["Arn"]))
        tag = s3.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
        s3.copy_object(Bucket="kms-5", Key="c", CopySource="kms-5/k")
        self.assertEqual(s3.get_object(Bucket="kms-5", Key="c")["Body"].read(), b"1")


if __name__ == "__main__":
    unittest.main()
