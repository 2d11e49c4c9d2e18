"""Unlocks buckets as a small function does that proves nothing. It makes the calls of lambdas/unlock, to measure what
a start costs in Python.

It has an easier task: there is no prover, no allow list, a ledger without guards and no notice worth the name. Clients
are made when they are first needed.
"""
import functools
import json
import os

import boto3
from botocore.exceptions import ClientError


@functools.cache
def client(service):
    return boto3.client(service)


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            handle(json.loads(record["body"])["detail"])
        except Exception as error:
            print(json.dumps({"messageId": record["messageId"], "error": repr(error)}))
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def handle(detail):
    parameters = detail["requestParameters"]
    if not locks(parameters["bucketPolicy"]):
        client("dynamodb").update_item(
            TableName=os.environ["LOCKSMITH_LEDGER_TABLE"],
            Key={"id": {"S": "resource#" + parameters["bucketName"]}},
            UpdateExpression="SET seen = :s",
            ExpressionAttributeValues={":s": {"S": detail["eventTime"]}},
        )
        return
    incident = "incident#" + detail["eventID"]
    note(incident, "claimed", "attribute_not_exists(id)")
    bucket = {"Bucket": parameters["bucketName"], "ExpectedBucketOwner": detail["resources"][0]["accountId"]}
    s3 = bucket_client(bucket["ExpectedBucketOwner"], detail["awsRegion"])
    policy = s3.get_bucket_policy(**bucket)["Policy"]
    if not locks(json.loads(policy)):
        return
    note(incident, "saved", "attribute_exists(id)", policy)
    if s3.get_bucket_policy(**bucket)["Policy"] != policy:
        return
    s3.delete_bucket_policy(**bucket)
    try:
        s3.get_bucket_policy(**bucket)
        raise RuntimeError("the policy is still there")
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
    note(incident, "settled", "attribute_exists(id)", policy)
    client("dynamodb").get_item(
        TableName=os.environ["LOCKSMITH_LEDGER_TABLE"], Key={"id": {"S": "good#" + bucket["Bucket"]}})
    for topic in ("LOCKSMITH_ALERTS_TOPIC", "LOCKSMITH_CHAT_TOPIC"):
        message = f"{bucket['Bucket']} is open again. The policy was:\n{policy}"
        client("sns").publish(TopicArn=os.environ[topic], Subject="unlocked", Message=message)
    note(incident, "closed", "attribute_exists(id)", policy)


def note(incident, state, condition, policy=""):
    """One write of the ledger: the incident, and who is busy with the resource."""
    table = os.environ["LOCKSMITH_LEDGER_TABLE"]
    item = {"id": {"S": incident}, "state": {"S": state}, "saved": {"S": policy}}
    client("dynamodb").transact_write_items(TransactItems=[
        {"Put": {"TableName": table, "Item": item, "ConditionExpression": condition}},
        {"Update": {
            "TableName": table,
            "Key": {"id": {"S": "lease"}},
            "UpdateExpression": "SET fence = :f",
            "ExpressionAttributeValues": {":f": {"N": "1"}},
        }},
    ])


def bucket_client(account, region):
    """An S3 client as root of the account, for the one task."""
    session = client("sts").assume_root(
        TargetPrincipal=account,
        TaskPolicyArn={"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"},
        DurationSeconds=300,
    )["Credentials"]
    client("dynamodb").put_item(
        TableName=os.environ["LOCKSMITH_LEDGER_TABLE"], Item={"id": {"S": "session#" + session["AccessKeyId"]}})
    return boto3.client(
        "s3",
        region_name=region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def locks(policy):
    """A Deny of everybody without a condition. Far from a proof."""
    return any(
        s["Effect"] == "Deny" and s.get("Principal") == "*" and "Condition" not in s for s in policy["Statement"]
    )
