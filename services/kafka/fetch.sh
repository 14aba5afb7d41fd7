#!/bin/sh
# Brings the jars that pom.xml names, and no other than jars.sha256 pins. Java knows no proxy variables, so Maven is told.
set -eu
proxy() {
    echo "$2" | sed -nE 's,^(https?://)?([^@/]*@)?([^:/@]+)(:([0-9]+))?/?$,\3 \5,p' | while read -r host port; do
        printf '%s ' "-D$1.proxyHost=$host" "-D$1.proxyPort=${port:-80}"
    done
}
hidden=$(echo "${NO_PROXY:-${no_proxy:-}}" | tr -d ' ' | sed 's/,\./,*./g; s/^\./*./; s/,/|/g')
options="$(proxy https "${HTTPS_PROXY:-${https_proxy:-}}") $(proxy http "${HTTP_PROXY:-${http_proxy:-}}")"
MAVEN_OPTS="$options -Dhttp.nonProxyHosts=${hidden:-localhost}" \
    mvn -q -B -ntp -f pom.xml dependency:copy-dependencies "-DoutputDirectory=$PWD/lib"
cd lib
sha256sum --quiet --strict --check ../jars.sha256
[ "$(ls | wc -l)" = "$(wc -l < ../jars.sha256)" ] || { echo "lib holds jars that jars.sha256 does not pin:"; ls; exit 1; }
