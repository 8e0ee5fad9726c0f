package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

// notReadAfter: what the goroutines leave in the variable must not reach anybody,
// or the function would see another value.
func notReadAfter(pass *rule.Pass, s *SharedVar) rule.Verdict {
	if s.Fix != OwnVariable {
		return rule.Holds(s.at.Pos(), "every variable stays where it is")
	}
	v := s.Vars[0].Var
	r := &reading{f: s.fan, info: pass.Info, v: v, own: s.Own, owner: ownerOf(s.Decl, v)}
	if at := r.elsewhere(); at.IsValid() {
		return rule.Refuse(at, fmt.Sprintf("%s is also looked at by a function literal, at line %d", v.Name(), pass.Line(at)))
	}
	if at := r.behind(); at.IsValid() {
		return rule.Refuse(at, fmt.Sprintf("%s is read at line %d, behind the goroutines: whose value that is, is chance", v.Name(), pass.Line(at)))
	}
	s.Drop = nil
	if r.onlyDeclared() {
		if spec, _ := specOf(pass.Info, s.Decl, v); spec == nil || len(spec.Values) > 0 {
			return rule.Refuse(v.Pos(), fmt.Sprintf("nothing but the goroutines uses %s: declare it in each of them", v.Name()))
		}
		s.Drop = r.defining()
	}
	return rule.Holds(s.at.Pos(), fmt.Sprintf("nothing behind the goroutines reads %s before it is assigned again", v.Name()))
}

// A reading looks for code that reads a variable after the goroutines have run.
type reading struct {
	f     *fanOut
	info  *types.Info
	v     *types.Var
	own   []OwnEdit      // the goroutines that get their own
	owner *ast.BlockStmt // of the function that the variable is a result of
}

func (r *reading) inLits(n ast.Node) bool {
	for _, own := range r.own {
		if within(n, own.Lit) {
			return true
		}
	}
	return false
}

// mentions gathers the uses of the variable outside the goroutines.
func (r *reading) mentions(root ast.Node) (list []*ast.Ident) {
	for _, id := range uses(r.info, root, r.v) {
		if !r.inLits(id) {
			list = append(list, id)
		}
	}
	return list
}

// elsewhere is a read in a literal that may run at any time, before that literal
// assigns the variable itself. A deferred function that looks at a result sees
// what is returned.
func (r *reading) elsewhere() token.Pos {
	named := r.isResult() && !r.bareReturn()
	at := token.NoPos
	ast.Inspect(r.f.Decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			if ids := r.mentions(n); len(ids) > 0 && !named && !at.IsValid() {
				at = ids[0].Pos()
			}
			return false
		case *ast.FuncLit:
			if n == r.f.Func || within(r.f.Func, n) {
				return true
			}
			if p, _ := r.list(n.Body.List); p.IsValid() && !at.IsValid() {
				at = p
			}
			return false
		}
		return !at.IsValid()
	})
	return at
}

func (r *reading) isResult() bool { return r.owner != nil }

// bareReturn tells whether the function returns its results by name.
func (r *reading) bareReturn() bool { return r.owner != nil && r.returnsIt(r.owner) }

// ownerOf is the body of the function that v is a result of, nil where it is none.
func ownerOf(decl ast.Node, v *types.Var) (body *ast.BlockStmt) {
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Type.Results != nil && within(posNode(v.Pos()), n.Type.Results) {
				body = n.Body
			}
		case *ast.FuncLit:
			if n.Type.Results != nil && within(posNode(v.Pos()), n.Type.Results) {
				body = n.Body
			}
		}
		return body == nil
	})
	return body
}

// behind is the first read that may see what a goroutine left.
func (r *reading) behind() token.Pos {
	for _, l := range r.f.launches {
		if !r.inLits(l.lit) {
			continue
		}
		if at := r.after(l); at.IsValid() {
			return at
		}
	}
	return token.NoPos
}

// after follows the code behind one launch, list by list outwards; in a loop
// also from its start.
func (r *reading) after(l *launch) token.Pos {
	from := l.stmt.End()
	for c := range l.cur.Enclosing() {
		n := c.Node()
		switch n := n.(type) {
		case *ast.ForStmt:
			for _, x := range []ast.Node{n.Cond, n.Post} {
				if at := r.firstMention(x); at.IsValid() {
					return at
				}
			}
		case *ast.FuncDecl:
			return token.NoPos
		case *ast.FuncLit:
			if within(posNode(r.v.Pos()), n) {
				return token.NoPos
			}
			if at, _ := r.list(n.Body.List); at.IsValid() { // it may be called again
				return at
			}
		}
		list := stmtsOf(n)
		var rest []ast.Stmt
		for _, s := range list {
			if s.Pos() >= from {
				rest = append(rest, s)
			}
		}
		at, done := r.list(rest)
		if at.IsValid() || done {
			return at
		}
		if r.isLoopBody(c.Parent().Node(), n) {
			if at, _ := r.list(list); at.IsValid() {
				return at
			}
		}
		if list != nil {
			from = n.End()
		}
	}
	return token.NoPos
}

func (r *reading) isLoopBody(parent, n ast.Node) bool {
	switch p := parent.(type) {
	case *ast.ForStmt:
		return n == ast.Node(p.Body)
	case *ast.RangeStmt:
		return n == ast.Node(p.Body)
	}
	return false
}

func stmtsOf(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		for _, s := range n.List {
			switch s.(type) {
			case *ast.CaseClause, *ast.CommClause:
				return nil // one of them runs
			}
		}
		return n.List
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
}

func (r *reading) firstMention(n ast.Node) token.Pos {
	if n == nil {
		return token.NoPos
	}
	if ids := r.mentions(n); len(ids) > 0 {
		return ids[0].Pos()
	}
	return token.NoPos
}

// list looks through statements that may run: at is a read, done tells that the
// variable has been assigned for whatever follows.
func (r *reading) list(list []ast.Stmt) (at token.Pos, done bool) {
	jumps := false
	for _, s := range list {
		if len(r.mentions(s)) == 0 && !r.returnsIt(s) {
			jumps = jumps || r.jumps(s)
			continue
		}
		if assignsFirst(r.info, s, r.v) {
			return token.NoPos, !jumps
		}
		if at := r.inside(s); at.IsValid() {
			return at, false
		}
		jumps = jumps || r.jumps(s)
	}
	return token.NoPos, false
}

// inside looks into one statement that doesn't assign the variable first.
func (r *reading) inside(s ast.Stmt) token.Pos {
	lists := listsIn(s)
	if lists == nil {
		if ids := r.mentions(s); len(ids) > 0 {
			return ids[0].Pos()
		}
		return s.Pos() // a bare return
	}
	for _, id := range r.mentions(s) {
		inList := false
		for _, list := range lists {
			for _, inner := range list {
				inList = inList || within(id, inner)
			}
		}
		if !inList {
			return id.Pos() // in the head
		}
	}
	for _, list := range lists {
		if at, _ := r.list(list); at.IsValid() {
			return at
		}
	}
	return token.NoPos
}

// listsIn gives the statement lists right inside a statement.
func listsIn(s ast.Stmt) (lists [][]ast.Stmt) {
	switch s := s.(type) {
	case *ast.TypeSwitchStmt:
		for _, c := range s.Body.List {
			lists = append(lists, c.(*ast.CaseClause).Body)
		}
	case *ast.SelectStmt:
		for _, c := range s.Body.List {
			cc := c.(*ast.CommClause)
			list := cc.Body
			if cc.Comm != nil {
				list = append([]ast.Stmt{cc.Comm}, list...)
			}
			lists = append(lists, list)
		}
	default:
		return blocksOf(s)
	}
	return lists
}

// returnsIt tells whether a statement holds a bare return of the function that
// the variable is a result of.
func (r *reading) returnsIt(s ast.Stmt) bool {
	found := false
	if r.owner != nil {
		inspectOwn(r.owner, func(n ast.Node) bool {
			ret, ok := n.(*ast.ReturnStmt)
			found = found || ok && len(ret.Results) == 0 && within(ret, s)
			return !found
		})
	}
	return found
}

func (r *reading) jumps(s ast.Stmt) bool {
	found := false
	inspectOwn(s, func(n ast.Node) bool {
		_, ok := n.(*ast.BranchStmt)
		found = found || ok
		return !found
	})
	return found
}

// onlyDeclared tells whether nothing but the goroutines and the declaration
// mentions the variable.
func (r *reading) onlyDeclared() bool {
	if r.isResult() {
		return false
	}
	for _, id := range r.mentions(r.f.Decl) {
		if r.info.Defs[id] == nil {
			return false
		}
	}
	return true
}

func (r *reading) defining() *ast.Ident {
	for _, id := range uses(r.info, r.f.Decl, r.v) {
		if r.info.Defs[id] != nil {
			return id
		}
	}
	return nil
}
