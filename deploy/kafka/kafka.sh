# shellcheck shell=bash disable=SC2034 # variables are used by the scripts that source this
# What the scripts of this folder share. Sourced, never run.

# shellcheck source=deploy/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

kafka_lib="$tools/kafka"

# Quick to start rather than quick for days; a broker of ours holds little.
jvm=(java -Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData
  -Djava.awt.headless=true -cp "$kafka_lib/*")

# Fetches the broker's jars, once. Several processes may ask at the same time.
fetch_kafka() {
  local wanted
  wanted=$(cksum <"$root/deploy/kafka/pom.xml")
  [[ $(cat "$kafka_lib/fetched" 2>/dev/null) == "$wanted" ]] && return
  command -v java >/dev/null || die "no java: run deploy/install --kafka"
  command -v mvn >/dev/null || die "no mvn: run deploy/install --kafka"
  mkdir -p "$tools"
  (
    flock 9
    [[ $(cat "$kafka_lib/fetched" 2>/dev/null) == "$wanted" ]] && exit
    say "fetching the Kafka broker by Maven into build/tools" >&2
    rm -rf "$kafka_lib"
    mvn -q -B -f "$root/deploy/kafka/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies \
      -DoutputDirectory="$kafka_lib" -DincludeScope=runtime >&2
    echo "$wanted" >"$kafka_lib/fetched"
  ) 9>"$tools/kafka.lock"
}

# The nodes of a data folder, one a line: 1, or 1 to 3.
nodes_of() { # data folder
  local properties
  for properties in "$1"/*/server.properties; do basename "$(dirname "$properties")"; done
}

# Whether the node's process is there. Its number may have gone to somebody else: then it is not ours.
running() { # node's folder
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$1/server.properties"
}

answers() { (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null; } # host:port
