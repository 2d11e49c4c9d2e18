"""A runtime for unlock.py: asks Lambda's runtime API for work and posts the answers.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""
import json
import os
import urllib.request

import unlock

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"

while True:
    with urllib.request.urlopen(API + "next") as reply:
        request, event = reply.headers["Lambda-Runtime-Aws-Request-Id"], json.load(reply)
    answer = json.dumps(unlock.handler(event, None)).encode()
    urllib.request.urlopen(urllib.request.Request(f"{API}{request}/response", data=answer)).close()
