# shellcheck shell=sh
# Stand-ins of Juju's hook tools, as their reference documents them: what they print, how they fail.
# Everything is a file below $JUJU_STATE.
set -u
state=${JUJU_STATE:?}
# Of those that print.
# shellcheck disable=SC2034
format=smart

fail() {
	printf 'ERROR %s\n' "$1" >&2
	exit "${2:-1}"
}

log_call() { printf '%s\n' "${0##*/} $*" >>"$state/calls"; }
