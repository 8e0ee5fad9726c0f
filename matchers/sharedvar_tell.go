package matchers

import (
	"fmt"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// sharedVarMessage says who meets in what, and what comes of it.
func sharedVarMessage(pass *rule.Pass, s *SharedVar) string {
	v := s.Vars[0]
	p := v.worst()
	if s.Fix == CopyVariable {
		if p.head {
			return fmt.Sprintf("the rounds of the loop at line %d share %s, which the goroutine reads: it may see a later round's", line(pass, p.loop), s.names())
		}
		return fmt.Sprintf("the goroutine started at line %d reads %s, and line %d goes on to assign it", line(pass, p.l.stmt), v.Var.Name(), line(pass, p.b.at))
	}
	if p.l2 == nil && p.b.act != actHead {
		return fmt.Sprintf("the goroutine started at line %d %s %s while the function %s it at line %d: a data race",
			line(pass, p.l.stmt), verb(p.a), p.a.text(), verb(p.b), line(pass, p.b.at))
	}
	return fmt.Sprintf("%s %s", p.who(pass), s.does())
}

// worst is the pair that says most: two goroutines that write.
func (v *Shared) worst() *pair {
	best := v.pairs[0]
	for _, p := range v.pairs {
		if p.weight() > best.weight() {
			best = p
		}
	}
	return best
}

func (p *pair) weight() int {
	n := 0
	if p.a.writes() && p.b.writes() {
		n += 2
	}
	if p.l2 != nil {
		n++
	}
	return n
}

func verb(a *access) string {
	if a.writes() {
		return "writes"
	}
	return "reads"
}

func (p *pair) who(pass *rule.Pass) string {
	switch {
	case p.l.many != "" && p.l2 == p.l:
		return fmt.Sprintf("the goroutines of %s, which run this function,", p.l.many)
	case p.l2 == p.l && p.loop != nil:
		return fmt.Sprintf("the goroutines of the loop at line %d", line(pass, p.loop))
	case p.l.stmt == p.l2.stmt:
		return fmt.Sprintf("the goroutines started at line %d", line(pass, p.l.stmt))
	}
	return fmt.Sprintf("the goroutines started at lines %d and %d", line(pass, p.l.stmt), line(pass, p.l2.stmt))
}

func (s *SharedVar) does() string {
	if len(s.Vars) > 1 {
		return fmt.Sprintf("write %s at once: writes get lost", s.names())
	}
	v := s.Vars[0]
	a := v.worst().written()
	switch a.act {
	case actMapSet:
		return fmt.Sprintf("write the map %s at once, which ends the program", a.text())
	case actAppend:
		return fmt.Sprintf("append to %s at once: elements get lost", a.text())
	case actCount:
		return fmt.Sprintf("change %s at once: changes get lost", a.text())
	case actCallee:
		return a.says
	case actKeep:
		return fmt.Sprintf("set %s at once", a.text())
	case actMethod:
		return fmt.Sprintf("write to %s at once", a.text())
	}
	if a.path == "" && isErrorType(v.Var.Type()) {
		return fmt.Sprintf("all assign %s: one may return another's error, or lose its own", a.text())
	}
	return fmt.Sprintf("all assign %s: one may see another's value", a.text())
}

// names lists the variables: "a, b and c".
func (s *SharedVar) names() string {
	var names []string
	for _, v := range s.Vars {
		if s.Fix == CopyVariable {
			names = append(names, v.Var.Name())
		} else {
			names = append(names, v.worst().written().text())
		}
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return names[0]
}

func sharedVarChanges(pass *rule.Pass, s *SharedVar) []string {
	switch s.Fix {
	case OwnVariable:
		return []string{fmt.Sprintf("each goroutine has its own %s: none sees or overwrites another's", s.Vars[0].Var.Name())}
	case CopyVariable:
		if s.Copy.Body != nil {
			return []string{"each goroutine sees the values of its own round"}
		}
		return []string{fmt.Sprintf("the goroutine sees the %s that was there when it started", s.Vars[0].Var.Name())}
	}
	changes := []string{fmt.Sprintf("the goroutines take turns where they write %s; no write is lost", s.names())}
	for _, r := range s.Lock.Regions {
		if r.Hoist != nil {
			changes = append(changes, fmt.Sprintf("the work of line %d is done before the lock is taken", line(pass, r.First)))
		}
	}
	return changes
}
