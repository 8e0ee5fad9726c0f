#!/bin/sh
# campaign.sh FOLDER <REPOSITORIES
#
# Runs goherd apply over a clone of each repository, commits what it wrote on a branch,
# and prints a line for each: what came of it, and the repository. The repositories
# come from standard input, one a line; # begins a comment. Settings:
#
#   BRANCH   the branch to commit on (goherd)
#   SAFETY   what is written: safe or review (safe)
#   VERIFY   a command that has to pass in each clone, as in 'go test ./...' (none)
#
# FOLDER then holds for each repository NAME its clone, NAME.json (what goherd found)
# and NAME.log. Nothing is pushed: look first.
set -u
work=$1
branch=${BRANCH:-goherd}
mkdir -p "$work"

# one applies what there is to apply in the clone $1. No command may take the list
# of repositories for its input.
one() {
	set -- "$1" apply --quiet --format json --safety "${SAFETY:-safe}"
	dir=$1
	shift
	[ -z "${VERIFY:-}" ] || set -- "$@" --verify-cmd "$VERIFY"
	goherd "$@" -C "$dir" ./... >"$dir.json" 2>"$dir.log" </dev/null
}

while read -r url; do
	case $url in '' | '#'*) continue ;; esac
	dir=$work/$(basename "$url" .git)
	rm -rf "$dir"
	if ! git clone -q --depth 1 "$url" "$dir" 2>"$dir.log" </dev/null; then
		echo "no clone $url"
		continue
	fi
	one "$dir"
	code=$?
	case $code in
	0 | 1) ;; # 1: something was left or undone, and the rest is written
	2) echo "refused $url" && continue ;;
	3) echo "not analysed $url" && continue ;;
	4) echo "nothing passes $url" && continue ;;
	*) echo "failed ($code) $url" && continue ;;
	esac
	if git -C "$dir" diff --quiet; then
		[ $code = 0 ] && echo "nothing to do $url" || echo "left $url"
		continue
	fi
	git -C "$dir" checkout -q -b "$branch" &&
		git -C "$dir" commit -q -a -m "Concurrency: what goherd apply writes" &&
		echo "committed $url"
done
