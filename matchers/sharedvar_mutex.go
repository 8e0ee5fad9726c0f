package matchers

import (
	"go/ast"

	"github.com/goherd/goherd/internal/rule"
)

// chooseMutex takes the lock that the other side holds, or one that the
// goroutines use already, or a new one.
func (s *SharedVar) chooseMutex(pass *rule.Pass) (why string) {
	held := map[string]heldLock{}
	for _, v := range s.Vars {
		for _, p := range v.pairs {
			for _, a := range []*access{p.a, p.b} {
				for _, l := range a.locks {
					held[l.text] = l
				}
			}
		}
	}
	switch len(held) {
	case 0:
	case 1:
		for _, l := range held {
			if l.x == nil || !s.seenByAll(pass, l.x) {
				return "the other side holds " + l.text + ", which is out of reach here"
			}
			s.Lock.Mutex = l.text
		}
		return ""
	default:
		return "different locks are held around it"
	}
	if s.Lock.Mutex = s.mutexInUse(pass); s.Lock.Mutex != "" {
		return ""
	}
	s.Lock.Above = s.aboveAll(pass)
	if s.Lock.Above == nil {
		return "there is no place for a lock that all of them would see"
	}
	return ""
}

// seenByAll tells whether a lock is one variable for all goroutines, of a name
// that means the same wherever it is needed.
func (s *SharedVar) seenByAll(pass *rule.Pass, x ast.Expr) bool {
	v, _, ok := locate(pass.Info, x)
	if !ok || !plain(x) || v.Parent() == nil {
		return false
	}
	for _, l := range s.fan.launches {
		for _, shared := range s.Vars {
			for _, loop := range append(l.loopsSharing(shared.Var), l.lit) {
				if within(posNode(v.Pos()), loop) {
					return false
				}
			}
		}
	}
	for _, r := range s.Lock.Regions {
		if !meansHere(pass, v.Name(), v, r.First.Pos()) {
			return false
		}
	}
	return true
}

// mutexInUse is a local mutex that the goroutines lock already.
func (s *SharedVar) mutexInUse(pass *rule.Pass) string {
	for _, l := range s.fan.launches {
		for _, a := range l.acts {
			for _, h := range a.locks {
				if h.x == nil || h.read || !s.seenByAll(pass, h.x) {
					continue
				}
				if v, path, ok := locate(pass.Info, h.x); ok && path == "" && within(posNode(v.Pos()), s.Body) {
					return h.text
				}
			}
		}
	}
	return ""
}

// aboveAll is the statement above which a mutex can be declared so that every
// region sees it and no round of a loop gets another one.
func (s *SharedVar) aboveAll(pass *rule.Pass) ast.Stmt {
	var above ast.Stmt
	ast.Inspect(s.Body, func(n ast.Node) bool {
		list := stmtsOf(n)
		if list == nil || !s.beforeVars(n) {
			return true
		}
		var first ast.Stmt
		inside := 0
		for _, st := range list {
			for _, r := range s.Lock.Regions {
				if within(r.First, st) {
					inside++
					if first == nil {
						first = st
					}
				}
			}
		}
		if inside == len(s.Lock.Regions) {
			above = first
			return above == nil || true
		}
		return true
	})
	return above
}

// beforeVars tells whether a statement list is no deeper than the declarations
// of what is shared, so that one lock goes with one variable.
func (s *SharedVar) beforeVars(n ast.Node) bool {
	for _, v := range s.Vars {
		for _, l := range s.fan.launches {
			for _, loop := range append(l.loopsSharing(v.Var), l.lit) {
				if within(n, loop) {
					return false
				}
			}
		}
	}
	return true
}
