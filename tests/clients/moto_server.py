"""An S3 server by moto with a user, buckets and objects; runs in an environment of its own.

Prints the address and the keys as JSON, then serves until its standard input ends. From then on it
checks keys and signatures as Amazon does. Usage: moto_server.py FOLDER, whose files it stores.
"""

import json
import sys
from pathlib import Path

import boto3
from moto.core import enable_iam_authentication
from moto.server import ThreadedMotoServer

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [
                f"arn:aws:s3:::{name}" for name in ("lake", "lake/*", "missing", "missing/*")
            ],
        }
    ],
}


def main() -> None:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    options = {
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    s3, iam = boto3.client("s3", **options), boto3.client("iam", **options)
    folder = Path(sys.argv[1])
    for bucket in ("lake", "locked"):
        s3.create_bucket(Bucket=bucket)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            key = str(path.relative_to(folder))
            s3.put_object(Bucket="lake", Key=key, Body=path.read_bytes())
    s3.put_object(Bucket="locked", Key="orders.csv", Body=b"id\n1\n")
    for number in range(1_050):
        s3.put_object(Bucket="lake", Key=f"many/{number:05}.txt", Body=b"x")
    s3.put_object(Bucket="lake", Key="many/last.csv", Body=b"id\n1\n")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    answer = {"endpoint": endpoint, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    with enable_iam_authentication():
        print(json.dumps(answer), flush=True)
        sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
