package effects

import (
	"go/ast"
	"go/token"
	"go/types"
)

// joinApart adds what a callee does apart from waiting.
func (o *Oracle) joinApart(s *Summary, c *Call, callee *Summary) {
	fn, pos := c.Fn.Origin(), c.pos()
	name := ""
	if callee.Trust == Table {
		name = callee.Via
	}
	verb, asks, trust := o.verbAt(c, callee)
	if callee.Writes {
		s.Writes = true
	}
	if verb != s.Apart || verb != Pure || trust < s.VerbBy.Trust {
		g := callee.VerbBy.through(fn, pos, name)
		g.Trust = trust
		if g.Via == "" {
			g.Via = Name(fn, nil)
		}
		s.joinVerb(verb, o.hintAt(c, callee), g)
	}
	if !asks.none() {
		if s.Asks.none() && s.Apart.Harmless() {
			trust := min(s.VerbBy.Trust, callee.VerbBy.Trust)
			s.VerbBy = callee.VerbBy.through(fn, pos, name)
			s.VerbBy.Trust = trust
		}
		s.Asks = s.Asks.or(asks)
	}
	if callee.Exits != No {
		s.joinExit(callee.Exits, callee.ExitsBy.through(fn, pos, name))
	}
	if callee.Global != No {
		s.joinGlobal(callee.Global, callee.GlobalBy.through(fn, pos, name))
	}
	if callee.Spawns != SpawnNone {
		s.joinSpawn(callee.Spawns, callee.SpawnsBy.through(fn, pos, name))
	}
	o.joinHanded(s, c, callee)
}

// hintAt is what the name of an opaque callee suggests, or what it suggests itself.
func (o *Oracle) hintAt(c *Call, callee *Summary) Hint {
	if callee.Apart == VerbUnknown {
		return callee.Likely
	}
	return NoHint
}

// addOpaque adds that a function value is called into which nobody can look, or
// that a loop runs over one.
func (o *Oracle) addOpaque(s *Summary, r *Region) {
	if r.opaque != "" {
		s.blind(Ground{Via: r.opaque, step: step{pos: r.opaqueAt}})
	}
	if r.iterates != nil {
		s.blind(Ground{Via: types.ExprString(r.iterates), step: step{pos: r.iterates.Pos()}})
	}
}

// addApart is add for what runs beside: nothing here waits for it.
func (o *Oracle) addApart(s *Summary, r *Region) {
	o.addOpaque(s, r)
	for i := range r.Calls {
		o.joinApart(s, &r.Calls[i], o.ofCall(&r.Calls[i]))
	}
	for _, sub := range r.started {
		o.addApart(s, sub)
	}
}

// addPanics adds the panics of a region, and of the goroutines that it starts,
// less those that a deferred function recovers: it covers what stands behind its
// defer statement, on this goroutine.
func (o *Oracle) addPanics(s *Summary, r *Region) {
	from := r.recovers
	if !from.IsValid() {
		for _, fn := range r.guards {
			if o.helping[fn] {
				from = r.guardAt
			}
		}
	}
	covered := func(pos token.Pos) bool { return from.IsValid() && pos > from }
	explicit := func(pos token.Pos) {
		s.joinPanic(PanicExplicit, Ground{Trust: Proved, Via: "panic", step: step{pos: pos}})
	}
	if r.panics.IsValid() && !covered(r.panics) {
		explicit(r.panics)
	}
	if r.again.IsValid() {
		explicit(r.again)
	}
	if r.opaque != "" && !covered(r.opaqueAt) {
		s.joinPanic(PanicUnknown, Ground{Via: r.opaque, step: step{pos: r.opaqueAt}})
	}
	unknown := func(x ast.Expr) {
		if !covered(x.Pos()) {
			s.joinPanic(PanicUnknown, Ground{Via: types.ExprString(x), step: step{pos: x.Pos()}})
		}
	}
	if r.iterates != nil {
		unknown(r.iterates)
	}
	var join func(c *Call)
	join = func(c *Call) {
		callee := o.ofCall(c)
		if callee.Panics != PanicNo && (c.later || !covered(c.pos())) {
			name := ""
			if callee.Trust == Table {
				name = Name(c.Fn, o.pkg)
			}
			s.joinPanic(callee.Panics, callee.PanicsBy.through(c.Fn.Origin(), c.pos(), name))
		}
		calls, opaque := o.handed(c, callee)
		for _, h := range calls {
			join(h)
		}
		if opaque != nil {
			unknown(opaque)
		}
	}
	for i := range r.Calls {
		join(&r.Calls[i])
	}
	for _, sub := range r.started {
		o.addPanics(s, sub)
	}
}

// pos is where a message points for the call: at the name that is called.
func (c *Call) pos() token.Pos {
	if sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr); ok {
		return sel.Sel.Pos()
	}
	return c.Expr.Pos()
}

// summarise fills in the summary of a function that the table knows.
func (k *Known) summarise(fn *types.Func, name string) {
	s, sig := &k.Summary, fn.Signature()
	by := Ground{Trust: Table, Via: name}
	s.Sure, s.calls = k.Block, k.Calls
	s.Apart = k.Verb
	switch k.Verb {
	case BySQL:
		s.Apart, s.Asks.Statements = Pure, arg(k.Text)
	case ByHTTP:
		s.Apart = Pure
		if !buildsRequest(fn) { // to build one sends nothing
			s.Asks.Methods = arg(k.Text)
		}
	}
	if sendsRequest(fn) {
		s.Apart, s.Asks.Requests = Pure, arg(0)
	}
	s.Writes = k.Verb == Write
	s.settle()
	s.Likely = NoHint
	if s.Apart == VerbUnknown {
		s.Likely = HintOf(fn)
	}
	s.Panics, s.Exits, s.Spawns, s.Global = PanicNo, k.Exits, SpawnNone, k.Global
	if k.Panics != No {
		s.Panics = PanicByTable
		if NeverReturns(fn) {
			s.Panics = PanicExplicit
		}
	} else if NeverReturns(fn) {
		s.Exits = Yes
	}
	s.Ctx = CtxNone
	if ContextParam(sig) >= 0 {
		s.Ctx = CtxPolled
	}
	s.Closes, s.Errs = k.Closes, No
	if returnsError(sig) {
		s.Errs = Yes
	}
	s.Keeps, s.Through = said, k.Keeps
	if !k.Keeps.Empty() {
		for i := range sig.Results().Len() {
			if !isError(sig.Results().At(i).Type()) {
				s.Keeps |= place(i)
			}
		}
	}
	s.VerbBy, s.PanicsBy, s.ExitsBy, s.GlobalBy, s.SpawnsBy, s.CtxBy, s.ClosesBy, s.KeepsBy, s.ErrsBy = by, by, by, by, by, by, by, by, by
}

// buildsRequest tells whether fn is net/http's NewRequest or NewRequestWithContext.
func buildsRequest(fn *types.Func) bool {
	return fn.Pkg() != nil && fn.Pkg().Path() == "net/http" && (fn.Name() == "NewRequest" || fn.Name() == "NewRequestWithContext")
}

// sendsRequest tells whether calling fn sends the request that is its argument.
func sendsRequest(fn *types.Func) bool {
	if fn.Pkg() == nil || fn.Pkg().Path() != "net/http" {
		return false
	}
	switch Symbol(fn) {
	case "Client.Do", "Transport.RoundTrip", "RoundTripper.RoundTrip":
		return true
	}
	return false
}
