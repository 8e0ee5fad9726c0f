package effects

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// summarise joins what a region does itself with what its callees do.
func (o *Oracle) summarise(r *Region) Summary {
	s := *bottom(o.fset)
	s.Loops = r.loops
	o.add(&s, r, []*Region{r})
	o.addSpawns(&s, r)
	if s.Block > None {
		s.Sure = min(o.sure(r.path, r), s.Block)
	}
	o.addPanics(&s, r)
	s.settle()
	return s
}

// summariseFunc is summarise for the whole of a function, of which more can be said.
func (o *Oracle) summariseFunc(fn *types.Func, r *Region) Summary {
	s := o.summarise(r)
	o.addContext(&s, fn, r)
	o.addResults(&s, fn, r)
	o.keepPromise(fn, &s)
	return s
}

// add joins in what a region does. owners are the regions whose variables
// nobody else can have: to wait on one of those is to meet nobody.
func (o *Oracle) add(s *Summary, r *Region, owners []*Region) {
	if r.endless != "" && s.Ends != No {
		s.Ends, s.EndsWhy = No, r.endless
	}
	if r.opaque != "" {
		s.doubt(r.opaque)
	}
	if r.peer != "" && s.Block < Network {
		s.Block, s.Via, s.Trust, s.waits = Network, r.peer, Guessed, step{pos: r.opaqueAt}
	}
	for _, op := range r.Chans {
		o.joinChan(s, owners, op)
	}
	o.addOpaque(s, r)
	for i := range r.Calls {
		o.joinCall(s, owners, &r.Calls[i])
	}
	waits := o.waitsForOwn(r)
	for _, sub := range r.started {
		if waits {
			s.Loops = max(s.Loops, sub.loops)
			o.add(s, sub, append(slices.Clip(owners), sub))
		} else {
			o.addApart(s, sub)
		}
	}
}

// waitsForOwn tells whether a region waits for goroutines that it started
// itself: it receives from a channel of its own, or calls Wait on a group of
// its own. It then lasts as long as they do.
func (o *Oracle) waitsForOwn(r *Region) bool {
	if len(r.started) == 0 {
		return false
	}
	for _, op := range r.Chans {
		if (op.Kind == Recv || op.Kind == Range) && !op.Default && r.declares(o.info, op.Chan) {
			return true
		}
	}
	for _, c := range r.Calls {
		if sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr); ok && sel.Sel.Name == "Wait" && r.declares(o.info, sel.X) {
			return true
		}
	}
	return false
}

// join adds what a callee does, but for whom it meets: that depends on whose
// the channel is.
func (s *Summary) join(sub *Summary) {
	if sub.Block > s.Block {
		s.Block, s.Via, s.Trust, s.Limit, s.Near, s.waits = sub.Block, sub.Via, sub.Trust, sub.Limit, sub.Near, sub.waits
	}
	if s.Opaque == "" {
		s.Opaque = sub.Opaque
	}
	switch {
	case sub.Ends == No && s.Ends != No:
		s.Ends, s.EndsWhy = No, sub.EndsWhy
	case sub.Ends == Unknown && s.Ends == Yes:
		s.Ends = Unknown
	}
	s.Loops, s.Dear, s.Turns = max(s.Loops, sub.Loops), s.Dear || sub.Dear, s.Turns || sub.Turns
}

// doubt records that something could not be looked into.
func (s *Summary) doubt(opaque string) {
	if s.Opaque == "" {
		s.Opaque = opaque
	}
	if s.Ends == Yes {
		s.Ends = Unknown
	}
	if s.Meets == No {
		s.Meets = Unknown
	}
}

func (s *Summary) meet(why string) {
	if s.Meets != Yes {
		s.Meets, s.MeetsWhy = Yes, why
	}
}

func (o *Oracle) joinChan(s *Summary, owners []*Region, op ChanOp) {
	if op.Kind == Close || op.Default {
		return
	}
	if s.Block < Chan {
		s.Block, s.Via, s.Trust, s.waits = Chan, types.ExprString(op.Chan), Proved, step{pos: op.Pos}
	}
	if op.Kind != Send && IsSignal(o.info, op.Chan) {
		if isDone(o.info, op.Chan) && !op.Choice && s.Ends != No {
			s.Ends, s.EndsWhy = No, "it waits for its context to end"
		}
		return
	}
	if !declared(owners, o.info, op.Chan) {
		s.meet("channel " + types.ExprString(op.Chan))
	}
}

func (o *Oracle) joinCall(s *Summary, owners []*Region, c *Call) {
	callee := o.ofCall(c)
	o.joinApart(s, c, callee)
	block := s.Block
	s.join(callee)
	s.Loops = max(s.Loops, min(c.Depth+callee.Loops, maxLoops))
	if s.Block > block {
		s.waits = step{c.Fn.Origin(), c.pos()}
	}
	if sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr); ok && callee.Meets == Yes && declared(owners, o.info, sel.X) {
		return // it waits for what was started here
	}
	for _, a := range c.Expr.Args {
		if callee.Meets == Yes && isChannel(o.info.TypeOf(a)) && declared(owners, o.info, a) {
			return // on a channel of our own
		}
	}
	switch {
	case callee.Meets == Yes:
		s.meet(callee.MeetsWhy)
	case callee.Meets == Unknown && s.Meets == No:
		s.Meets = Unknown
	}
}

func isChannel(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

// ofCall is Of the callee, by the type that it is called on where the table
// knows that: hash.Hash's Write is io.Writer's, and writes no file. What it
// returns must not be changed.
func (o *Oracle) ofCall(c *Call) *Summary {
	if c.outside != nil {
		return c.outside
	}
	fn := c.Fn.Origin()
	if s := o.of[fn]; s != nil {
		return s
	}
	if sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr); ok {
		if n, ok := types.Unalias(o.info.TypeOf(sel.X)).(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg() != c.Fn.Pkg() {
			if k, ok := LookupAs(n.Obj().Pkg().Path(), n.Obj().Name()+"."+c.Fn.Name(), c.Fn); ok {
				o.keepPromise(fn, &k.Summary)
				c.outside = &k.Summary
				return c.outside
			}
		}
	}
	c.outside = o.fromOutside(fn)
	return c.outside
}

func declared(owners []*Region, info *types.Info, x ast.Expr) bool {
	for _, r := range owners {
		if r.declares(info, x) {
			return true
		}
	}
	return false
}

// declares tells whether the variable at the root of x is declared inside the
// region: nobody outside can have it unless the region hands it over.
func (r *Region) declares(info *types.Info, x ast.Expr) bool {
	obj := Root(info, x)
	return obj != nil && r.node.Pos() <= obj.Pos() && obj.Pos() < r.node.End()
}

// Root is the variable that an expression starts from: `s` in s.mu, `(*p).x[i]`
// gives p; nil where it starts from a call or a literal. A package-qualified
// name gives the package's variable.
func Root(info *types.Info, x ast.Expr) types.Object {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			if v, ok := info.ObjectOf(e).(*types.Var); ok {
				return v
			}
			return nil
		case *ast.SelectorExpr:
			if id, ok := e.X.(*ast.Ident); ok {
				if _, isPkg := info.Uses[id].(*types.PkgName); isPkg {
					x = e.Sel
					continue
				}
			}
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.UnaryExpr:
			if e.Op != token.AND {
				return nil
			}
			x = e.X
		default:
			return nil
		}
	}
}

// isDone tells whether x is ctx.Done().
func isDone(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Done" && info.TypeOf(sel.X) != nil
}

// rise keeps the words that were there as long as the answer is the same: two
// functions that call each other must not trade words for ever.
func (s Summary) rise(old Summary) Summary {
	if s.Block == old.Block && old.Via != "" {
		s.Via, s.Trust, s.Limit, s.Near, s.waits = old.Via, old.Trust, old.Limit, old.Near, old.waits
	}
	if old.Opaque != "" {
		s.Opaque = old.Opaque
	}
	if s.Ends == old.Ends {
		s.EndsWhy = old.EndsWhy
	}
	if s.Meets == old.Meets {
		s.MeetsWhy = old.MeetsWhy
	}
	if s.Apart == old.Apart && old.VerbBy.step.pos.IsValid() {
		trust := min(s.VerbBy.Trust, old.VerbBy.Trust)
		s.VerbBy = old.VerbBy
		s.VerbBy.Trust = trust
	}
	if s.Panics == old.Panics {
		s.PanicsBy = old.PanicsBy
	}
	if s.Exits == old.Exits {
		s.ExitsBy = old.ExitsBy
	}
	if s.Global == old.Global {
		s.GlobalBy = old.GlobalBy
	}
	if s.Spawns == old.Spawns {
		s.SpawnsBy = old.SpawnsBy
	}
	if s.Ctx == old.Ctx {
		s.CtxBy = old.CtxBy
	}
	if s.Closes == old.Closes {
		s.ClosesBy = old.ClosesBy
	}
	if s.Keeps == old.Keeps {
		s.KeepsBy = old.KeepsBy
	}
	if s.Errs == old.Errs {
		s.ErrsBy = old.ErrsBy
	}
	return s
}
