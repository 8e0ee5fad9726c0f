package main

import "github.com/spf13/cobra"

// topics are pages of help that belong to no command: goherd help exit-codes.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "exit-codes",
			Short: "what goherd's exit codes mean",
			Long: `The exit codes are the same in every format:

    0  nothing to report, or all of the chosen safety was applied
    1  findings are shown, or a patch of the chosen safety was not applied or was undone
    2  wrong usage or configuration; for apply also files with uncommitted changes, and
       a --verify-cmd that fails without any fix or changes files. Nothing was written
    3  nothing could be analysed, goherd was interrupted, or goherd itself is at fault
    4  no set of fixes passed --verify-cmd, or writing failed: all that was written has
       been put back

--exit-zero turns 1 into 0. goherd explain exits with 0 whether there is a finding or
not. What goherd prints on standard output is the same from run to run.`,
		},
		{
			Use:   "configuration",
			Short: "what .goherd.yaml may say, and which flags win",
			Long: `Goherd reads one .goherd.yaml a run: the first at the root of the module (or
workspace) of the working directory, or above, up to the root of the repository.
--config FILE names another, --no-config reads none.

    # yaml-language-server: $schema=` + schemaURL + `
    rules: [seqcalls, unbounded]   # these only; all names every rule
    skip: [lostgoerr]              # not these
    safety: review                 # safe, review or advice; apply takes none from a file
    limit: 4                       # the bound written where the code offers none
    form: auto                     # auto, ordered, errgroup or pool
    tests: false                   # leave test files out
    tags: [integration]            # build tags
    rounds: 1                      # how often to match, and rewrite what came out
    since: origin/main             # only what touches lines changed since the merge base with this
    baseline: known.json           # not what this file records; relative to this file's folder
    reads: ["**.Repo.Get*"]        # it is to be taken that these functions only read
    writes: ["**.Repo.GetOrNew"]   # and that these write; where both fit, they write

A pattern is import/path.Func or import/path.Type.Method. * is any part of a name or
of one element of the path, ** any number of elements. Flags win, and --rules sets
the file's skip aside as well. go vet and go fix read no file: they have flags only.

In the code, //goherd:ignore RULE reason silences a rule on its line, on the line
below or for the declaration below; //goherd:read on a function promises that it only
reads.`,
		},
		{
			Use:   "drivers",
			Short: "goherd under go vet, go fix, golangci-lint, nogo and pre-commit",
			Long: `The program is a tool of go vet and go fix:

    go vet -vettool=$(which goherd) ./...
    go fix -fixtool=$(which goherd) -diff ./...

Its settings there are -goherd.rules, -goherd.skip, -goherd.safety, -goherd.limit,
-goherd.form, -goherd.reads and -goherd.writes. go vet reports what goherd shows, at
the same safety or a lower one; go fix writes what is safe, and nothing else.

The module github.com/goherd/goherd/drivers/golangci is a plugin of golangci-lint;
goherd.Analyzer is for nogo and every other driver of go/analysis. Their examples, and
how goherd runs over many repositories, are in docs/drivers.md and docs/campaigns.md
of ` + home + `.`,
		},
	}
}

const (
	home      = "https://github.com/goherd/goherd"
	schemaURL = "https://raw.githubusercontent.com/goherd/goherd/HEAD/docs/schema/config.json"
)
