package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// noSession: on one transaction or session calls go one after the other (hazards
// H1 to H4, H7).
func noSession(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	if in := inTransaction(pass, s.Place); in != "" {
		return rule.Quiet(s.First().Pos(), in+" runs this in a transaction, which may be in the context")
	}
	if at, what := sessionBefore(pass, s); at.IsValid() {
		return rule.Quiet(at, what+": a transaction may be in the context")
	}
	for _, l := range s.Calls {
		if x, why, _ := oneUser(pass, l.Call); x != nil {
			return rule.Quiet(x.Pos(), why)
		}
	}
	return rule.Holds(s.First().Pos(), "nothing that the calls work with is a transaction or has one user at a time")
}

// sessionBefore finds a transaction that the function has, or has begun, in front of the calls.
func sessionBefore(pass *rule.Pass, s *SeqCalls) (at token.Pos, what string) {
	ast.Inspect(s.Decl, func(n ast.Node) bool {
		if n == nil || n.Pos() >= s.First().Pos() || at.IsValid() {
			return false
		}
		switch n := n.(type) {
		case *ast.Ident:
			if v, ok := pass.Info.Defs[n].(*types.Var); ok {
				if t := namedOf(v.Type()); t != nil && (effects.LookupType(t.Obj()).Session || sessionLike(t.Obj().Name()) && !effects.IsContext(v.Type())) {
					at, what = n.Pos(), n.Name+" is a transaction or a session"
				}
			}
		case *ast.CallExpr:
			if words := wordsOf(lastPart(callName(n))); len(words) > 0 && (words[0] == "begin" || slices.Contains(words, "tx") || slices.Contains(words, "transaction")) && n.End() <= s.First().Pos() {
				at, what = n.Pos(), callName(n)+" is called before"
			}
		}
		return true
	})
	return at, what
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// callsUnderNoLock: a call that needs the lock would wait for its caller, and one that
// counts on it would be alone (hazard D1).
func callsUnderNoLock(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	held := heldAt(s.Body, s.First())
	for _, name := range sortedKeys(held) {
		return rule.Quiet(held[name], name+" is held while the calls are made")
	}
	if d, ok := s.Decl.(*ast.FuncDecl); ok && strings.HasSuffix(d.Name.Name, "Locked") {
		return rule.Quiet(s.First().Pos(), d.Name.Name+" is called with a lock held, as its name says")
	}
	return rule.Holds(s.First().Pos(), "no lock of this function is held while the calls are made")
}

// wantsOrder is how people say that calls must not be made at once.
var wantsOrder = regexp.MustCompile(`(?i)\b(rate.?limit\w*|throttl\w*|quota\w*|sequential\w*|in order|one at a time|one by one|serially|must (come|be|run|happen) (first|before|after)|do not parallel\w*|don't parallel\w*)\b`)

// noPacing: somebody holds the calls back on purpose (hazard E5).
func noPacing(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, c := range s.File.Comments {
		near := c.End() >= s.above() && c.Pos() <= s.Last().End()
		if doc := docOfFunc(s.Decl); near || c == doc && doc != nil {
			if said := wantsOrder.FindString(c.Text()); said != "" {
				return rule.Quiet(c.Pos(), "a comment says \""+said+"\"")
			}
		}
	}
	var v rule.Verdict
	found := false
	inspectOwn(s.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		fn := callee(pass.Info, call)
		if fn == nil || fn.Pkg() == nil {
			return true
		}
		path, name := fn.Pkg().Path(), fn.Name()
		if path == "time" && (name == "Sleep" || name == "After" || name == "Tick" || name == "NewTicker") || path == "golang.org/x/time/rate" || strings.Contains(strings.ToLower(name), "ratelimit") || strings.Contains(strings.ToLower(name), "throttle") {
			v, found = rule.Quiet(call.Pos(), callName(call)+" paces this function"), true
		}
		return !found
	})
	if found {
		return v
	}
	return rule.Holds(s.First().Pos(), "nothing here sleeps, limits a rate or asks for an order")
}

// above is where a comment above the first statement may start.
func (s *SeqCalls) above() token.Pos {
	if s.From > 0 {
		return s.List[s.From-1].End()
	}
	return s.Body.Lbrace
}

func docOfFunc(d ast.Decl) *ast.CommentGroup {
	if fn, ok := d.(*ast.FuncDecl); ok {
		return fn.Doc
	}
	return nil
}

// enoughConnections: calls on one database need a connection each (hazards D6, D7).
func enoughConnections(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, l := range s.Calls {
		if !usesPool(pass, l.Call) {
			continue
		}
		if what := closesWhat(pass, l.Call); what != "" {
			return rule.Refuse(l.Call.Pos(), fmt.Sprintf("the %s of %s holds a connection while the other calls ask for more: they could wait for each other", what, l.Name()))
		}
		if at := openRows(pass, s); at.IsValid() {
			return rule.Refuse(at, "a connection is held here while the calls ask for more: they could wait for each other")
		}
		if at := oneConnection(pass); at.IsValid() {
			return rule.Refuse(at, "SetMaxOpenConns(1): there is one connection, and each call would wait for it")
		}
	}
	return rule.Holds(s.First().Pos(), "nothing says that there are too few connections")
}

// usesPool tells whether a call goes to a pool of database connections, also by a
// function of the module.
func usesPool(pass *rule.Pass, call *ast.CallExpr) bool {
	for _, c := range callsOf(call) {
		if via := pass.Effects.Call(c).Via; strings.Contains(via, "sql.DB)") || strings.Contains(via, "sqlx.DB)") || strings.Contains(via, "pgxpool.Pool)") || strings.Contains(via, "gorm.DB)") {
			return true
		}
	}
	return false
}

// openRows finds rows, a transaction or a connection that the function has
// opened in front of the calls.
func openRows(pass *rule.Pass, s *SeqCalls) token.Pos {
	var at token.Pos
	inspectOwn(s.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || id.Pos() >= s.First().Pos() || pass.Info.Defs[id] == nil {
			return true
		}
		if n := namedOf(pass.Info.Defs[id].Type()); n != nil && (effects.LookupType(n.Obj()).Session || n.Obj().Name() == "Rows") {
			at = id.Pos()
		}
		return true
	})
	return at
}

// oneConnection finds SetMaxOpenConns(1) in the package.
func oneConnection(pass *rule.Pass) token.Pos {
	for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		fn := callee(pass.Info, call)
		n := 0
		if fn != nil && fn.Name() == "SetMaxOpenConns" && len(call.Args) == 1 && constInt(pass.Info, call.Args[0], &n) && n == 1 {
			return call.Pos()
		}
	}
	return token.NoPos
}

// ownThread: what belongs to a thread, or to the whole process, must not be
// changed around calls that may look at it elsewhere (hazards H5, E6).
func ownThread(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	var v rule.Verdict
	found := false
	inspectOwn(s.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		fn := callee(pass.Info, call)
		if fn == nil || fn.Pkg() == nil {
			return true
		}
		switch path, name := fn.Pkg().Path(), fn.Name(); {
		case path == "runtime" && name == "LockOSThread":
			v, found = rule.Quiet(call.Pos(), "the function keeps its thread"), true
		case path == "os" && (name == "Setenv" || name == "Unsetenv" || name == "Chdir" || name == "Clearenv"):
			v, found = rule.Quiet(call.Pos(), callName(call)+" changes the whole process"), true
		}
		return !found
	})
	if found {
		return v
	}
	return rule.Holds(s.First().Pos(), "the calls don't depend on their thread, and nothing here changes the process")
}
