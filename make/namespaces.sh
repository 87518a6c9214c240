#!/usr/bin/env bash
# Whether this machine lets us make the namespaces of the Istio lab; says so when it does not.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

if unshare --net --pid --mount --mount-proc --fork sh -ec 'mount -t tmpfs tmpfs /mnt' 2>/dev/null; then exit 0; fi
say "The lab of real Istio needs root and network namespaces, which are not to be had here: its scenarios are left out."
exit 1
