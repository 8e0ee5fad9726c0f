package goherd

import (
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
	"github.com/goherd/goherd/rewrites"
)

// Rules is every rule that goherd knows, in the order in which they win
// conflicts: the bugs first.
var Rules = []*rule.Rule{
	rule.New(matchers.SharedVarRule, rewrites.SharedVar),
	rule.New(matchers.DeadCtxRule, rewrites.DeadCtx),
	rule.New(matchers.NestedLimitRule, rewrites.NestedLimit),
	rule.New(matchers.NoWaitRule, rewrites.NoWait),
	rule.New(matchers.StuckResultRule, rewrites.StuckResult),
	rule.New(matchers.LostGoErrRule, rewrites.LostGoErr),
	rule.New(matchers.UnboundedRule, rewrites.Unbounded),
	rule.New(matchers.SeqLoopRule, rewrites.SeqLoop),
	rule.New(matchers.SeqCallsRule, rewrites.SeqCalls),
}

// Ideas that were refused, and why:
//
//   - A bound that leaves on a cancelled context (`select` on the slot and
//     ctx.Done, then return) in a function that waits for its goroutines: items
//     would be missing from what it returns, where today each reports its own
//     error. The wait for a slot ends with the goroutines under way, and those
//     end with the context they are given.
//   - A bound for goroutines in tests: people start many there on purpose.
//   - Room for a channel that somebody gave room other than 1: it was a choice.
