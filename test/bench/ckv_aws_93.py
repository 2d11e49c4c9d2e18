"""Asks checkov's check CKV_AWS_93 about bucket policies.

Reads JSON lines {"id", "resource", "policy"} from standard input and writes, in order, {"id", "answer",
"microseconds"}: the check alone, on the policy's text, without checkov's start and without reading Terraform. The
argument is the number of rounds; a tenth of them is for warming up. The check knows buckets only.
"""

import json
import sys
import time

from checkov.common.models.enums import CheckResult
from checkov.terraform.checks.resource.aws.S3ProtectAgainstPolicyLockout import check

rounds = int(sys.argv[1])


def locked(text):
    return check.scan_resource_conf({"policy": [json.loads(text)]}) == CheckResult.FAILED


for line in sys.stdin:
    case = json.loads(line)
    if not case["resource"].startswith("arn:aws:s3:"):
        print(json.dumps({"id": case["id"], "answer": "no answer", "microseconds": 0}))
        continue
    text = json.dumps(case["policy"])
    answer = locked(text)
    for _ in range(rounds // 10):
        locked(text)
    start = time.perf_counter()
    for _ in range(rounds):
        locked(text)
    spent = time.perf_counter() - start
    said = "locked" if answer else "not locked"
    print(json.dumps({"id": case["id"], "answer": said, "microseconds": spent / rounds * 1e6}))
