#!/usr/bin/env bash
# Installs AWS's own engines from Maven's repository, by exact version and out of sight of git; or says in one line why
# not, and exits 1.
set -euo pipefail
cache=$(cd "$(dirname "$0")/../.." && pwd)/.cache
copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

if ! command -v mvn >/dev/null; then
  echo 'mvn is not installed'
  exit 1
fi

# install GROUP ARTIFACT VERSION puts the artifact and all that it needs into one folder. The folder's name stands for
# just this version.
install() {
  local folder=$cache/$2-$3
  if [ -e "$folder/installed" ]; then
    return
  fi
  rm -rf "$folder" && mkdir -p "$folder"
  cat >"$folder/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>locksmith</groupId><artifactId>engines</artifactId><version>0</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>
  </dependencies>
</project>
POM
  if ! mvn -B -q -f "$folder/pom.xml" --strict-checksums "$copy" -DincludeScope=runtime \
    -DoutputDirectory="$folder/jars" >"$folder/mvn.log" 2>&1; then
    echo "mvn could not install $1:$2:$3: $(grep -m 1 ERROR "$folder/mvn.log" || true)"
    exit 1
  fi
  touch "$folder/installed"
}

install com.amazonaws DynamoDBLocal 2.6.1
install software.amazon.event.ruler event-ruler 2.0.1
