#!/usr/bin/env python3
"""The shop day through the shipped programs and their real doors: a real carnetd in an empty folder, a till that syncs by
gRPC, web shop and Facebook channel that deliver signed over HTTP, a back office that imports a file and publishes.

    shop_day_test.py CARNETD CARNET [--write]

What comes out is compared with the files in expected/; --write replaces them instead: read the difference, the
figures in README.md are worked out by hand. Playing the day once more must change nothing.
"""
import collections
import difflib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DELIVERIES = ["web-shop.jsonl", "facebook.jsonl"]
MERCHANT = "maison-sen"
PATIENCE = 60  # seconds; a busy machine


class Shop:
    """carnet, against one carnetd."""

    def __init__(self, carnet, address, doors, folder):
        self._carnet = carnet
        self.doors = doors
        self.folder = folder
        self._environment = {**os.environ, "CARNET_ADDRESS": address, "CARNET_MERCHANT": MERCHANT, "TZ": "UTC"}

    def run(self, *words, expected_exit=0):
        run = subprocess.run([self._carnet, "--timeout", str(PATIENCE), *words], cwd=HERE, env=self._environment,
                             capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
        if run.returncode != expected_exit:
            sys.exit(f"carnet {' '.join(words)}: exit code {run.returncode}, not {expected_exit}\n{run.stderr}")
        return run.stdout

    def lines(self, *words, expected_exit=0):
        out = self.run("--output", "json", *words, expected_exit=expected_exit)
        return [json.loads(line) for line in out.splitlines()]

    def feed(self, *words):
        """Messages up to the first checkpoint: the end of all there is, of a day of less than 1,000 events."""
        follower = subprocess.Popen([self._carnet, "subscribe", *words], env=self._environment,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        messages = []
        for line in follower.stdout:
            messages.append(json.loads(line))
            if "checkpoint" in messages[-1]:
                break
        follower.terminate()
        _, told = follower.communicate(timeout=PATIENCE)
        cursor = int(messages[-1]["checkpoint"]["sequence"]) + 1
        if follower.returncode != 0 or f"--from {cursor} " not in told:
            sys.exit(f"an interrupted subscription should end well and tell its cursor, not {follower.returncode}: {told}")
        return messages


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- what comes out, as lines a person can compare ----------------------------------------------------------------


def outcomes(results, usual):
    """Counts by outcome, then each line that did not end as usual."""
    counts, others = collections.Counter(), []
    for where, words in results:
        counts[words] += 1
        if words != usual:
            others.append(f"{where} {words}")
    return [f"{count:4} {words}" for words, count in sorted(counts.items())] + [""] + others


def outcome_words(result):
    if "error" in result:
        info = next(d for d in result["error"]["details"] if d["@type"].endswith("ErrorInfo"))
        field = [v["field"] for d in result["error"]["details"] for v in d.get("field_violations", [])]
        return " ".join(["refused", info["reason"], *field])
    outcome = result["outcome"]
    words = [outcome["status"].removeprefix("OUTCOME_STATUS_")]
    if "first_status" in outcome:
        words += ["of", outcome["first_status"].removeprefix("OUTCOME_STATUS_")]
    return " ".join(words + [outcome.get("reason", "")] * ("reason" in outcome) + outcome.get("flags", []))


def customers(cards):
    lines = []
    for card in cards:
        seen_in = ", ".join(f"{r['channel']}/{r['source']}" for r in card["records"])
        owes = ", ".join(f"{b['receivable']} {b['unit']}" for b in card.get("balances", [])) or "no voucher"
        lines.append(f"{card['display_name']} | {seen_in} | {owes}")
    return sorted(lines)


def vouchers(newest_first):
    lines = []
    for voucher in reversed(newest_first):
        # Clocks gone wrong and set-debt count on the day of the test itself.
        today = voucher["effective_date"] == voucher["recorded_date"]
        amounts = [f"{voucher[name]['decimal']}" for name in ("total", "receivable", "balance_after")]
        tenders = "+".join(t["method"].removeprefix("TENDER_METHOD_").lower() for t in voucher.get("tenders", []))
        remarks = [tenders] if tenders else []
        remarks += [f"reversed by {voucher['reversed_by']}"] if "reversed_by" in voucher else []
        remarks += [f"reverses {voucher['reverses']}"] if "reverses" in voucher else []
        remarks += [f"due {voucher['due_date']}"] if "due_date" in voucher else []
        remarks += voucher.get("flags", [])
        assert sum(int(leg["amount"].get("minor", 0)) for leg in voucher["legs"]) == 0, voucher
        kind = voucher["kind"].removeprefix("VOUCHER_KIND_").lower()
        lines.append(" | ".join([
            "(today)" if today else voucher["effective_date"], f"{voucher['source']} {voucher['code']}", kind,
            f"{' '.join(amounts)} {voucher['total']['unit']}", ", ".join(remarks)]))
    return lines


def card(customer):
    """What the card shows, field by field, and where it came from."""
    lines = [customer["display_name"]]
    for origin in customer["origins"]:
        value = json.dumps(customer["contact"][origin["field"]], ensure_ascii=False, separators=(",", ":"))
        lines.append(f"{origin['field']} | {origin['channel']}/{origin['source']} by {origin.get('actor', 'nobody')} at "
                     f"{origin['occurred_at']} | {value}")
    for record in customer["records"]:
        lines.append(f"record | {record['channel']}/{record['source']} {record.get('external_id', '')}".rstrip())
    return lines


def events(messages):
    """How many of each kind; their sequences must have no gap."""
    kinds = collections.Counter()
    found = [message["event"] for message in messages if "event" in message]
    for number, event in enumerate(found, start=1):
        assert int(event["sequence"]) == number, event
        kinds[next(key for key in event if key not in
                   ("merchant", "epoch", "sequence", "change_number", "recorded_at"))] += 1
    return [f"{count:4} {kind}" for kind, count in sorted(kinds.items())]


# --- the test -----------------------------------------------------------------------------------------------------


def state_of(shop, position):
    after = ["--min-position", position]
    found = {"customers.txt": customers(shop.lines("customer", "list", *after)),
             "vouchers.txt": vouchers(shop.lines("vouchers", "--limit", "0", *after))}
    for name, key in (("card-camille.txt", ["--email", "CAMILLE.moreau@example.fr"]),
                      ("card-thu-ha.txt", ["--external-id", "meta/page-vn/page:100200300400:psid:7009"])):
        people = shop.lines("customer", "lookup", *key, *after)
        found[name] = [line for person in people for line in card(person)]
    found["dead-letters.txt"] = [letter["reason"] for letter in shop.lines("dead-letters", *after)]
    return found


def till(shop, queue):
    """What became of the till's lines; each time it is played it is another till, which knows nothing."""
    place = ["till", "--queue", f"{shop.folder}/{queue}"]
    shop.run(*place, "add", "pos.jsonl")
    shop.run(*place, "sync")
    numbers = {}
    for number, line in enumerate((HERE / "pos.jsonl").read_text(encoding="utf-8").splitlines(), start=1):
        change = json.loads(line)
        numbers.setdefault((change["id"], code_of(change)), number)
    entries = shop.lines(*place, "report", "--all", expected_exit=1)  # one line is bad on purpose
    summary = entries.pop()["summary"]
    assert summary == {"waiting": 0, "refused": 1, "counted": 49}, summary
    return [(f"pos.jsonl:{numbers[entry['change']['id'], code_of(entry['change'])]}", outcome_words(entry["result"]))
            for entry in entries]


def code_of(change):
    return change["body"].get("posting", {}).get("code", "")


def deliver(shop):
    run = subprocess.run([sys.executable, "-B", "deliver.py", shop.doors, MERCHANT, *DELIVERIES], cwd=HERE,
                         capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    if run.returncode != 0:
        sys.exit(f"deliveries were refused:\n{run.stdout}{run.stderr}")


def office(shop, publish_exit):
    """What became of the back office's rows and lines, and the position after which reads see all of the day."""
    rows = shop.lines("customer", "import", "office.csv", "--source", "office", expected_exit=1)  # a bad row
    results = [(f"office.csv:{row['row']}", import_words(row)) for row in rows]
    lines = shop.lines("publish", "--wait", "--results", "back-office.jsonl", expected_exit=publish_exit)
    position = lines.pop()["summary"]["positions"][0]["position"]
    results += [(f"back-office.jsonl:{line['line']}", outcome_words(line["result"])) for line in lines]
    return results, position


def import_words(row):
    words = [row["result"].removeprefix("IMPORT_RESULT_")]
    return " ".join(words + [f"{v['reason']} {v['field']}" for v in row.get("violations", [])])


def play(shop, queue, publish_exit):
    """(what became of everything that was answered one by one, the position after which reads see all of it)."""
    results = till(shop, queue)
    deliver(shop)
    more, position = office(shop, publish_exit)
    return results + more, position


def check(shop, write):
    first, position = play(shop, "till.jsonl", publish_exit=1)  # a conflict
    found = {"outcomes.txt": outcomes(first, "APPLIED"), **state_of(shop, position)}
    found["events.txt"] = events(shop.feed("--min-position", position))

    second, position = play(shop, "another-till.jsonl", publish_exit=0)  # no news
    found["outcomes-again.txt"] = outcomes(second, "DUPLICATE of APPLIED")
    for name, lines in state_of(shop, position).items():
        if lines != found[name]:
            sys.exit(difference(f"{name} changed when the day was played again", found[name], lines))

    failures = []
    for name, lines in found.items():
        if write:
            (HERE / "expected" / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        elif lines != expected(name):
            failures.append(difference(name, expected(name), lines))
    if failures:
        sys.exit("\n".join(failures))
    print(f"{len(found)} files as expected, and the day played twice is the day")


def expected(name):
    return (HERE / "expected" / name).read_text(encoding="utf-8").splitlines()


def difference(title, wanted, got):
    return "\n".join(difflib.unified_diff(wanted, got, f"{title}: expected", "found", lineterm="", n=1))


def main():
    carnetd, carnet = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    write = "--write" in sys.argv[3:]
    address, doors = (f"127.0.0.1:{free_port()}" for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/carnetd.log", "w+", encoding="utf-8") as log:
            endpoints = pathlib.Path(folder, "endpoints.toml")
            endpoints.touch(mode=0o600)
            endpoints.write_bytes((HERE / "endpoints.toml").read_bytes())
            server = subprocess.Popen([carnetd, "--data", f"{folder}/data", "--listen-addresses", address,
                                       "--listen-metrics", "", "--http-addresses", doors,
                                       "--http-endpoints-file", str(endpoints)], stderr=log)
            try:
                shop = Shop(carnet, address, doors, folder)
                shop.run("status", "--wait", str(PATIENCE))
                check(shop, write)
            except BaseException:
                server.kill()
                server.wait()
                log.seek(0)
                print(f"carnetd said:\n{log.read()}", file=sys.stderr)
                raise
            server.terminate()
            if server.wait(PATIENCE) != 0:
                sys.exit(f"carnetd ended with {server.returncode}")


main()
