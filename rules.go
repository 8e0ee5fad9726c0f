package goherd

import "github.com/goherd/goherd/internal/rule"

// Rules is every rule that goherd knows, in the order in which they win
// conflicts: the bugs first.
var Rules = []*rule.Rule{}
