#!/usr/bin/env python3
"""Figures of the identity rules over labelled streams.

    figures.py CARNET STREAM...

CARNET is the binary `carnet`; a STREAM is a folder with events.jsonl (as `carnet identity try` reads it) and truth.csv
(index,person,record). Prints one JSON line a stream. The unit is the source record: one that was told of a hundred times
counts once. Recall and precision are over pairs of records of one merchant.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict


def pairs(count):
    return count * (count - 1) // 2


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def clusters_of(carnet, events, folder):
    clusters, suggestions = os.path.join(folder, "clusters.csv"), os.path.join(folder, "suggestions.csv")
    subprocess.run([carnet, "identity", "try", events, "--clusters", clusters, "--suggestions", suggestions],
                   check=True, stdout=subprocess.DEVNULL)
    return {row["index"]: row["cluster"] for row in read(clusters)}, read(suggestions)


def figures(carnet, stream):
    with tempfile.TemporaryDirectory() as folder:
        cluster_of, suggestions = clusters_of(carnet, os.path.join(stream, "events.jsonl"), folder)
    person, cluster = {}, {}
    for row in read(os.path.join(stream, "truth.csv")):
        person[row["record"]], cluster[row["record"]] = row["person"], cluster_of[row["index"]]
    people = defaultdict(Counter)
    for record, where in cluster.items():
        people[where][person[record]] += 1
    right = sum(pairs(n) for counts in people.values() for n in counts.values())
    found = sum(pairs(sum(counts.values())) for counts in people.values())
    true = sum(pairs(n) for n in Counter(person.values()).values())
    owner = {where: min(counts, key=lambda p: (-counts[p], p)) for where, counts in people.items()}

    def precision_from(least):
        those = [s for s in suggestions if float(s["score"]) >= least]
        good = sum(owner[s["cluster"]] == owner[s["other"]] for s in those)
        return round(good / len(those), 4) if those else None

    return {"stream": os.path.basename(os.path.normpath(stream)), "records": len(person), "customers": len(people),
            "precision": round(right / found, 4) if found else None, "recall": round(right / true, 4) if true else None,
            "customers_of_several_people": sum(len(counts) > 1 for counts in people.values()),
            "people_in_the_worst": max(map(len, people.values())), "suggestions": len(suggestions),
            "suggestions_precision_from_9": precision_from(9), "suggestions_precision_from_7": precision_from(7)}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for stream in sys.argv[2:]:
        print(json.dumps(figures(sys.argv[1], stream)), flush=True)


if __name__ == "__main__":
    main()
