#!/usr/bin/env python3
"""Plays recorded deliveries of channels over HTTP, signed as their senders sign them.

    deliver.py ADDRESS MERCHANT FILE…

A line of a file is one delivery: {"channel": …, "source": …, "topic": …, "body": …}. Bodies are sent as compact JSON
(a text as it is), signed with the secrets of endpoints.toml beside this file. Prints a line for each delivery that is not
answered with 200, and the count; ends with 1 if there was any.
"""
import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent


def secrets(merchant):
    endpoints = tomllib.loads((HERE / "endpoints.toml").read_text(encoding="utf-8"))["endpoint"]
    return {(one["channel"], one["source"]): one["secrets"][0] for one in endpoints if one["merchant"] == merchant}


def headers(delivery, body, secret):
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    if delivery["channel"] == "woocommerce":
        if "topic" not in delivery:  # a ping: a form, and unsigned
            return {"Content-Type": "application/x-www-form-urlencoded"}
        return {"Content-Type": "application/json", "X-WC-Webhook-Topic": delivery["topic"],
                "X-WC-Webhook-Signature": base64.b64encode(digest).decode()}
    if delivery["channel"] == "meta":
        return {"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + digest.hex()}
    return {"Content-Type": "application/json", "X-Hub-Signature": digest.hex()}  # kiotviet


def bytes_of(delivery):
    body = delivery["body"]
    if isinstance(body, str):
        return body.encode()
    # Meta sends its bodies escaped; the others in UTF-8.
    return json.dumps(body, ensure_ascii=delivery["channel"] == "meta", separators=(",", ":")).encode()


def main():
    address, merchant, *files = sys.argv[1:]
    keys = secrets(merchant)
    connection = http.client.HTTPConnection(address, timeout=60)
    count = refused = 0
    for name in files:
        for number, line in enumerate(pathlib.Path(name).read_text(encoding="utf-8").splitlines(), start=1):
            delivery = json.loads(line)
            body = bytes_of(delivery)
            channel, source = delivery["channel"], delivery["source"]
            connection.request("POST", f"/v1/{merchant}/{channel}/{source}", body,
                               headers(delivery, body, keys[channel, source]))
            response = connection.getresponse()
            said = response.read().decode()
            count += 1
            if response.status != 200:
                refused += 1
                print(f"{pathlib.Path(name).name}:{number} {response.status} {said}".rstrip())
    print(f"{count} deliveries, {refused} refused")
    return 1 if refused else 0


sys.exit(main())
