package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// SharedVar writes what the matcher chose: a variable each, a lock, or a copy.
func SharedVar(pass *rule.Pass, s *matchers.SharedVar) (*patch.Patch, error) {
	title, edit := "Give each goroutine its own "+s.Vars[0].Var.Name(), ownVariable
	switch s.Fix {
	case matchers.Mutex:
		title, edit = "Put the writes under a lock", underMutex
	case matchers.CopyVariable:
		title, edit = "Give each goroutine a copy", copyVariable
	}
	return inDecl(pass, s.File, s.Decl, title, func(d *declaration) error { return edit(d, s) })
}

// ownVariable declares the variable in each goroutine.
//
//	g.Go(func() error { err = f(); return err })
//	=>
//	g.Go(func() error { err := f(); return err })
//
// or, where the same statement also assigns what they don't share:
//
//	g.Go(func() error { var err error; x, err = f(); return err })
func ownVariable(d *declaration, s *matchers.SharedVar) error {
	v := s.Vars[0].Var
	for _, own := range s.Own {
		for _, a := range own.Define {
			def, err := node[*dst.AssignStmt](d, a)
			if err != nil {
				return err
			}
			def.Tok = token.DEFINE
		}
		if own.Above != nil {
			if err := d.declareAbove(own.Above, v); err != nil {
				return err
			}
		}
		d.writeAnew(own.Lit, v)
	}
	if s.Drop != nil {
		return d.dropVar(s.Drop)
	}
	return nil
}

// declareAbove puts `var v T` above a statement.
func (d *declaration) declareAbove(above ast.Stmt, v *types.Var) error {
	at, err := node[dst.Stmt](d, above)
	if err != nil {
		return err
	}
	if isError := types.Identical(v.Type(), types.Universe.Lookup("error").Type()); isError && d.taken("error") {
		return refuse("F4", "error means something else here: there is no way to declare %s", v.Name())
	}
	if name := hiddenName(v.Type(), d.pass.Pkg); name != "" {
		return refuse("F3", "%s would have to be declared with the type %s, which has no name here", v.Name(), name)
	}
	typ, err := d.typeExpr(v.Type())
	if err != nil {
		return err
	}
	return d.insertBefore(at, varOf(v.Name(), typ))
}

// hiddenName finds a type in t that its package doesn't export; "" for none.
func hiddenName(t types.Type, from *types.Package) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if o := t.Obj(); o.Pkg() != nil && o.Pkg() != from && !o.Exported() {
			return o.Pkg().Name() + "." + o.Name()
		}
		for arg := range t.TypeArgs().Types() {
			if name := hiddenName(arg, from); name != "" {
				return name
			}
		}
	case *types.Map:
		if name := hiddenName(t.Key(), from); name != "" {
			return name
		}
		return hiddenName(t.Elem(), from)
	case interface{ Elem() types.Type }: // a pointer, a list, a channel
		return hiddenName(t.Elem(), from)
	}
	return ""
}

func varOf(name string, typ dst.Expr) dst.Stmt {
	spec := &dst.ValueSpec{Names: []*dst.Ident{ident(name)}, Type: typ}
	return &dst.DeclStmt{Decl: &dst.GenDecl{Tok: token.VAR, Specs: []dst.Spec{spec}}}
}

// writeAnew notes that v's name stands for a new variable below root.
func (d *declaration) writeAnew(root ast.Node, v *types.Var) {
	ast.Inspect(root, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && d.pass.Info.Uses[id] == types.Object(v) {
			d.anew = append(d.anew, id)
		}
		return true
	})
}

// dropVar takes a name out of its var declaration, and the declaration away when
// it was the last.
func (d *declaration) dropVar(def *ast.Ident) error {
	name, err := node[*dst.Ident](d, def)
	if err != nil {
		return err
	}
	for _, n := range d.nodes {
		stmt, ok := n.(*dst.DeclStmt)
		if !ok {
			continue
		}
		gen := stmt.Decl.(*dst.GenDecl)
		for i, spec := range gen.Specs {
			vs, ok := spec.(*dst.ValueSpec)
			if !ok || !slices.Contains(vs.Names, name) {
				continue
			}
			if len(vs.Names) > 1 {
				vs.Names = slices.DeleteFunc(vs.Names, func(id *dst.Ident) bool { return id == name })
				return nil
			}
			if hasComments(vs) || len(gen.Specs) == 1 && hasComments(stmt, gen) {
				return refuse("F13", "nothing but the goroutines uses %s, and there is a comment at its declaration", def.Name)
			}
			if len(gen.Specs) > 1 {
				gen.Specs = slices.Delete(gen.Specs, i, i+1)
				return nil
			}
			return d.remove(stmt)
		}
	}
	return refuse("F13", "the declaration of %s can't be found", def.Name)
}

func hasComments(nodes ...dst.Node) bool {
	found := false
	for _, root := range nodes {
		decs := root.Decorations()
		found = found || len(decs.Start) > 0 || len(decs.End) > 0
	}
	return found
}

// remove takes a statement out of its list; a blank line above it stays.
func (d *declaration) remove(s dst.Stmt) error {
	list, at := d.list(s)
	if at < 0 {
		return refuse("F13", "the statement to remove can't be found")
	}
	if at+1 < len(*list) {
		next := (*list)[at+1].Decorations()
		if at == 0 {
			next.Before = dst.NewLine
		} else if s.Decorations().Before == dst.EmptyLine {
			next.Before = dst.EmptyLine
		}
	}
	*list = slices.Delete(*list, at, at+1)
	return nil
}

// underMutex puts each write between Lock and Unlock.
//
//	m[k] = v
//	=>
//	mu.Lock()
//	m[k] = v
//	mu.Unlock()
func underMutex(d *declaration, s *matchers.SharedVar) error {
	mu := s.Lock.Mutex
	if mu == "" {
		mu = d.fresh("mu", "lock")
		if err := d.declareMutex(s, mu); err != nil {
			return err
		}
	}
	given := map[string]bool{}
	for _, r := range s.Lock.Regions {
		name := "v"
		for i := 2; r.Hoist != nil && (given[name] || d.fresh(name) != name); i++ {
			name = "v" + strconv.Itoa(i)
		}
		given[name] = r.Hoist != nil
		if err := d.lockAround(r, mu, name); err != nil {
			return err
		}
	}
	return nil
}

func (d *declaration) declareMutex(s *matchers.SharedVar, mu string) error {
	above, err := node[dst.Stmt](d, s.Lock.Above)
	if err != nil {
		return err
	}
	pkg, err := d.use("sync", "sync", s.Lock.Above.Pos())
	if err != nil {
		return err
	}
	return d.insertBefore(above, varOf(mu, selector(pkg, "Mutex")))
}

// lockAround locks one row of statements. Work that may take its time is done
// before:
//
//	m[k] = f()
//	=>
//	v := f()
//	mu.Lock()
//	m[k] = v
//	mu.Unlock()
func (d *declaration) lockAround(r *matchers.Region, mu, name string) error {
	first, err := node[dst.Stmt](d, r.First)
	if err != nil {
		return err
	}
	last, err := node[dst.Stmt](d, r.Last)
	if err != nil {
		return err
	}
	method := func(name string) (dst.Stmt, error) {
		x, err := parseExpr(mu + "." + name + "()")
		return &dst.ExprStmt{X: x}, err
	}
	lock, err := method("Lock")
	if err != nil {
		return err
	}
	unlock, err := method("Unlock")
	if err != nil {
		return err
	}
	news := []dst.Stmt{lock}
	if r.Hoist != nil {
		before, err := d.hoist(first.(*dst.AssignStmt), r.Hoist, name)
		if err != nil {
			return err
		}
		news = []dst.Stmt{before, lock}
	}
	if first.Decorations().Before == dst.None { // `func() { n++ }` on one line
		first.Decorations().Before, last.Decorations().After = dst.NewLine, dst.NewLine
	}
	if err := d.insertBefore(first, news...); err != nil {
		return err
	}
	return d.insertAfter(last, unlock)
}

// hoist takes an operand out of an assignment and gives the statement that works
// it out.
func (d *declaration) hoist(s *dst.AssignStmt, x ast.Expr, name string) (dst.Stmt, error) {
	old, err := node[dst.Expr](d, x)
	if err != nil {
		return nil, err
	}
	if s.Rhs[0] == old {
		s.Rhs[0] = ident(name)
	} else {
		args := s.Rhs[0].(*dst.CallExpr).Args
		args[slices.Index(args, old)] = ident(name)
	}
	return define(name, old), nil
}

// copyVariable gives each round of a loop its own variables,
//
//	for i, x := range xs { go func() { f(i, x) }() }
//	=>
//	for i, x := range xs { i, x := i, x; go func() { f(i, x) }() }
//
// or a goroutine its own, above its start.
func copyVariable(d *declaration, s *matchers.SharedVar) error {
	same := &dst.AssignStmt{Tok: token.DEFINE}
	for _, v := range s.Vars {
		same.Lhs = append(same.Lhs, ident(v.Var.Name()))
		same.Rhs = append(same.Rhs, ident(v.Var.Name()))
	}
	root, above := ast.Node(s.Copy.Body), s.Copy.Above
	if above != nil {
		root = above
	}
	for _, v := range s.Vars {
		d.writeAnew(root, v.Var)
	}
	if above != nil {
		at, err := node[dst.Stmt](d, above)
		if err != nil {
			return err
		}
		return d.insertBefore(at, same)
	}
	body, err := node[*dst.BlockStmt](d, s.Copy.Body)
	if err != nil {
		return err
	}
	prepend(body, 0, same)
	return nil
}
